"""OpenClaw's Control UI, which is not ours: its files where the user has them, and what the page asks of a gateway."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from openclaw_rpc import __version__
from openclaw_rpc.domain.principals import Credentials, Principal
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.threads import in_thread
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import JSON, takes_gzip, whole
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route

CONFIG: Final = "control-ui-config.json"
PAGE: Final = "index.html"
MEDIA: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_SAFE: Final = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
_INLINE: Final = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_RELATIVE: Final = re.compile(r"""(\s(?:href|src)=["'])\./""")
_HTML: Final = re.compile(r"<html(?=[\s>])", re.IGNORECASE)


class ControlUiDoor:
    """The page below ``base_path`` and its configuration, which is at `/` too, for a page that another program serves.

    ``find`` tells where the page's files lie, or None; ``of_device`` knows the tokens of devices.
    """

    def __init__(
        self,
        base_path: str,
        find: Callable[[], Path | None],
        identify: Callable[[Credentials], Awaitable[Principal]],
        of_device: Callable[[str], Awaitable[Principal | None]],
    ) -> None:
        self._base = base_path
        self._find = find
        self._identify = identify
        self._of_device = of_device

    def routes(self) -> Iterable[Route]:
        """The page is open, since it holds no secrets; its configuration is for whoever shows a token."""
        yield Route("GET", f"/{CONFIG}", partial(self.config, base_path=""), open=True)
        yield Route("GET", f"{self._base}/{CONFIG}", partial(self.config, base_path=self._base), open=True)
        yield Route("GET", self._base, self.moved, open=True)
        yield Route("GET", f"{self._base}/", self.page, open=True)
        yield Route("GET", f"{self._base}/{{path:path}}", self.file, open=True)

    async def config(self, request: HttpRequest, base_path: str) -> web.Response:
        """What the page is told before it connects.

        Raises:
            Unauthorized: whoever asks shows no token that is valid, a device's included.
        """
        shown = Credentials.from_headers(
            request.headers.get("Authorization"), request.headers.get("X-OpenClaw-Password")
        )
        if shown.bearer is None or await self._of_device(shown.bearer) is None:
            await self._identify(shown)
        told = {
            "basePath": base_path,
            "assistantName": "OpenClaw",
            "assistantAvatar": "",
            "assistantAgentId": "main",
            "serverVersion": __version__,
        }
        headers = {"Content-Type": JSON, "Cache-Control": "no-store"}
        return web.Response(body=msgspec.json.encode(told), headers=headers)

    async def moved(self, request: HttpRequest) -> web.Response:
        """The page's own address ends in a slash."""
        return web.Response(status=308, headers={"Location": f"{self._base}/"})

    async def page(self, request: HttpRequest) -> web.Response:
        """The page, for each of its views.

        Raises:
            NotFound: the user has none, or named none.
        """
        root = await self._root()
        text = (await in_thread((root / PAGE).read_bytes)).decode()
        text = _HTML.sub(f'<html data-openclaw-control-ui-base-path="{self._base}"', text, count=1)
        text = _RELATIVE.sub(rf"\g<1>{self._base}/", text)
        headers = {
            "Content-Type": MEDIA[".html"],
            "Cache-Control": "no-cache",
            "Content-Security-Policy": policy(text),
            "Referrer-Policy": "same-origin",
            **_SAFE,
        }
        return whole(text.encode(), request, headers)

    async def file(self, request: HttpRequest) -> web.Response:
        """A file of the page; what is no file is one of its views.

        Raises:
            NotFound: there is no such file.
        """
        root, name = await self._root(), request.path_params["path"]
        path = await in_thread(partial(_inside, root, name))
        if path is None:
            if name.startswith("assets/") or Path(name).suffix in MEDIA:
                raise NotFound("there is no such file", field="path")
            return await self.page(request)
        if path.name == PAGE:
            return await self.page(request)
        hashed = name.startswith("assets/")
        cached = "public, max-age=31536000, immutable" if hashed else "no-cache"
        headers = {"Content-Type": MEDIA[path.suffix], "Cache-Control": cached, **_SAFE}
        if path.suffix == ".svg":
            headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        if not hashed:
            return whole(await in_thread(path.read_bytes), request, headers)
        body, coding = await in_thread(partial(_packed, path, request.headers.get("Accept-Encoding", "")))
        packed = {"Content-Encoding": coding} if coding else {}
        return web.Response(body=body, headers={**headers, "Vary": "Accept-Encoding", **packed})

    async def _root(self) -> Path:
        root = await in_thread(self._find)
        if root is None:
            raise NotFound(
                "there is no Control UI here: set gateway.control_ui.root to auto, or to the folder dist/control-ui of "
                "npm's package openclaw",
                field="path",
            )
        return root


def policy(page: str) -> str:
    """A Content-Security-Policy that lets the page run, and nothing that it does not hold itself."""
    found = (hashlib.sha256(script.encode()).digest() for script in _INLINE.findall(page))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in found)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            # Its icons are fetched from data: addresses.
            "connect-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _inside(root: Path, name: str) -> Path | None:
    """The file of that name, where it is one of the kinds that a page has and lies in the folder."""
    try:
        path = (root / name).resolve()
        inside = path.suffix in MEDIA and path.is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if inside else None


def _packed(path: Path, accepted: str) -> tuple[bytes, str | None]:
    """A file's content, as it was compressed when it was built where the browser takes that."""
    codings = {part.partition(";")[0].strip().lower() for part in accepted.split(",")}
    wanted = [("br", ".br")] if "br" in codings else []
    wanted += [("gzip", ".gz")] if takes_gzip(accepted) else []
    for coding, suffix in wanted:
        packed = path.with_name(path.name + suffix)
        if packed.is_file():
            return packed.read_bytes(), coding
    return path.read_bytes(), None
