"""`/openapi.json`, the HTTP API as a document, and `/docs`, a page that shows it. Both hold no secrets and are open."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from openclaw_rpc import __version__
from openclaw_rpc.dialects.rest import Dialect
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import whole
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

FOLDER = "docs"


class OpenApiDoor:
    """The two routes. Document and page are made when they are first asked for."""

    def __init__(self, dialects: Sequence[Dialect], *, version: str = __version__) -> None:
        self._dialects = dialects
        self._version = version
        self._document: bytes | None = None
        self._page: tuple[bytes, str] | None = None

    def routes(self) -> Iterable[Route]:
        """`/openapi.json` and `/docs`."""
        yield Route("GET", "/openapi.json", self.document, open=True)
        yield Route("GET", "/docs", self.page, open=True)

    async def document(self, request: HttpRequest) -> web.Response:
        """The document (OpenAPI 3.1)."""
        if self._document is None:
            from openclaw_rpc.dialects.openapi import openapi

            self._document = msgspec.json.encode(openapi(self._dialects, self._version))
        return whole(self._document, request, {"Cache-Control": "no-cache"})

    async def page(self, request: HttpRequest) -> web.Response:
        """The page. It runs its own script, loads nothing from elsewhere, and can't be framed."""
        if self._page is None:
            self._page = assembled()
        page, policy = self._page
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-cache",
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return whole(page, request, headers)


def assembled() -> tuple[bytes, str]:
    """The page, its style and script in it, and the policy that lets these two pass and nothing else."""
    from importlib.resources import files

    folder = files("openclaw_rpc.transports.http").joinpath(FOLDER)
    page, style, script = (folder.joinpath(name).read_text("utf-8") for name in ("page.html", "page.css", "page.js"))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    return page.replace("{css}", style).replace("{js}", script).encode(), policy


def _digest(text: str) -> str:
    """What names an inline element in a policy (CSP 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
