"""`/docs`: the pages of `openclaw_rpc/docs` for a browser, as they stand in the repository.

They hold no secrets, are open, run nothing and load nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.threads import in_thread
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import whole
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

if TYPE_CHECKING:
    from markdown_it.token import Token

PAGES: Final = (
    "start", "models", "agents", "safety", "channels", "webhooks", "websocket", "clients", "openclaw-apps",
    "running", "processes", "upgrading", "configuration", "methods", "errors",
)  # fmt: skip
"""In the order in which one reads them; the last three are made by `make gen`."""
_COMMENT: Final = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]")


class Manual:
    """The pages' routes. Each is made when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], bytes] = {}

    def routes(self) -> Iterable[Route]:
        """`/docs`, which is the first page, and each page."""
        yield Route("GET", "/docs", self.page, open=True)
        yield Route("GET", "/docs/{page}", self.page, open=True)

    async def page(self, request: HttpRequest) -> web.Response:
        """A page.

        Raises:
            NotFound: there is none of that name.
        """
        named = request.path_params.get("page")
        name = PAGES[0] if named is None else named.removesuffix(".md")
        if name not in PAGES:
            raise NotFound(f"there is no page {name[:100]!r}: /docs lists them", resource="page")
        # Relative, so that the pages work below a proxy's path that nobody told us of.
        base = "docs" if named is None else "."
        page = self._made.get((name, base))
        if page is None:
            page = self._made[name, base] = await in_thread(rendered, name, base)
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-cache",
            "Content-Security-Policy": _policy(_style()),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return whole(page, request, headers)


def rendered(name: str, base: str) -> bytes:
    """A page as HTML; ``base`` is where the pages are, from it."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(_COMMENT.sub("", text_of(name)))
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(tokens[at + 1].content))
        for inner in token.children or ():
            if inner.type == "link_open":
                _lead(inner, base)
    body: str = reader.renderer.render(tokens, reader.options, {})
    links = "\n".join(
        f'<a href="{base}/{page}"{" aria-current=page" if page == name else ""}>{html.escape(title_of(page))}</a>'
        for page in PAGES
    )
    parts = "\n".join(
        f'<a href="#{anchor(words)}">{html.escape(words.replace("`", ""))}</a>' for words in _sections(tokens)
    )
    filled = _FRAME.replace("{title}", html.escape(title_of(name))).replace("{style}", _style())
    for place, value in (("{base}", base), ("{links}", links), ("{parts}", parts), ("{body}", body)):
        filled = filled.replace(place, value)
    return filled.encode()


@cache
def text_of(page: str) -> str:
    """What a page's file holds."""
    return files("openclaw_rpc").joinpath("docs", f"{page}.md").read_text("utf-8")


def title_of(page: str) -> str:
    """A page's first heading."""
    return next(line[2:] for line in text_of(page).splitlines() if line.startswith("# ")).replace("`", "")


def anchor(heading: str) -> str:
    """A heading's name in an address, as repositories' hosts make it."""
    return _NOT_IN_ANCHORS.sub("", heading.strip().lower()).replace(" ", "-")


def _sections(tokens: Sequence[Token]) -> list[str]:
    return [tokens[at + 1].content for at, each in enumerate(tokens) if (each.type, each.tag) == ("heading_open", "h2")]


def _lead(link: Token, base: str) -> None:
    """Have a link between files lead to the page; what is in the repository alone is no link here."""
    href = str(link.attrGet("href") or "")
    if "://" in href or href.startswith("#"):
        return
    file, _, part = href.partition("#")
    if file.startswith("../"):
        link.attrs.pop("href")
    else:
        link.attrSet("href", f"{base}/{file.removesuffix('.md')}" + (f"#{part}" if part else ""))


@cache
def _style() -> str:
    return files("openclaw_rpc.transports.http").joinpath("docs", "manual.css").read_text("utf-8")


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


_FRAME: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · openclaw_rpc</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header>
<a class="name" href="{base}/start">openclaw_rpc</a>
<a href="{base}/api">Try the API</a> <a href="{base}/../">Dashboard</a>
</header>
<div class="columns">
<nav aria-label="Pages">{links}</nav>
<main>{body}</main>
<aside><nav aria-label="On this page">{parts}</nav></aside>
</div>
</body>
</html>
"""
