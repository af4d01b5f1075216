"""The API as documents, `/openapi.json`, `/openrpc.json`, `/asyncapi.json`, `/gateway.schema.json`, and
`/docs/api`, a page that shows them.

They hold no secrets and are open.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from openclaw_rpc import __version__
from openclaw_rpc.dialects.rest import RestDialect
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.table import METHODS
from openclaw_rpc.threads import in_thread
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.replies import whole
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route
from openclaw_rpc.transports.ws.codes import CLOSE_CODES

FOLDER = "docs"
MOST = 16
"""Documents that are kept: four for each name that the gateway is called by."""


Render = Callable[[], Any]


class OpenApiDoor:
    """The documents' routes and the page's. Each is made when it is first asked for."""

    def __init__(self, dialects: Sequence[RestDialect], *, version: str = __version__) -> None:
        self._dialects = dialects
        self._version = version
        self._documents: dict[str, bytes] = {}
        self._page: tuple[bytes, str] | None = None

    def routes(self) -> Iterable[Route]:
        """The documents, and `/docs/api`."""
        yield Route("GET", "/openapi.json", self.openapi, open=True)
        yield Route("GET", "/openrpc.json", self.openrpc, open=True)
        yield Route("GET", "/asyncapi.json", self.asyncapi, open=True)
        yield Route("GET", "/gateway.schema.json", self.settings, open=True)
        yield Route("GET", "/docs/api", self.page, open=True)

    async def openapi(self, request: HttpRequest) -> web.Response:
        """HTTP (OpenAPI 3.1); with ``?methods=memory.search,file.read`` one endpoint for each of these, as tools.

        Raises:
            InvalidRequest: there is no such method, or none over HTTP that answers at once.
        """
        named = request.query.get("methods", "")
        methods = list(dict.fromkeys(filter(None, (name.strip() for name in named.split(",")))))
        known = {each.calls[0].name for dialect in self._dialects for each in dialect.endpoints if not each.streams}
        missing = [name for name in methods if name not in known]
        if missing:
            reason = f"there is no endpoint for {', '.join(missing)[:200]}"
            raise InvalidRequest(reason, field="methods", reason="unknown")

        def render() -> Any:
            from openclaw_rpc.dialects.openapi import openapi

            document = openapi(self._dialects, self._version, methods)
            return document | {"servers": [{"url": f"{request.seen.prefix}/"}]}

        if methods:
            # There are too many of these to be kept.
            document = msgspec.json.encode(await in_thread(render))
            return whole(document, request, {"Cache-Control": "no-cache"})
        return await self._document(request, render)

    async def openrpc(self, request: HttpRequest) -> web.Response:
        """The methods (OpenRPC 1.3.2), as `rpc.discover` answers them."""

        def render() -> Any:
            from openclaw_rpc.dialects.openrpc import openrpc

            return openrpc(METHODS, self._version, url=_socket(request))

        return await self._document(request, render)

    async def asyncapi(self, request: HttpRequest) -> web.Response:
        """The WebSocket (AsyncAPI 3.0), with the codes that it is closed with."""

        def render() -> Any:
            from openclaw_rpc.dialects.asyncapi import asyncapi

            codes = [code._asdict() for code in CLOSE_CODES]
            document: dict[str, Any] = asyncapi(METHODS, self._version, host=request.host)
            server: dict[str, Any] = document["servers"]["gateway"]
            if request.seen.secure:
                server["protocol"] = "wss"
            if request.seen.prefix:
                server["pathname"] = request.seen.prefix
            return document | {"x-close-codes": codes}

        return await self._document(request, render)

    async def settings(self, request: HttpRequest) -> web.Response:
        """`gateway.yaml` (JSON Schema), for editors."""

        def render() -> Any:
            from openclaw_rpc.config.schema import file_schema

            return file_schema(self._version)

        return await self._document(request, render)

    async def _document(self, request: HttpRequest, render: Render) -> web.Response:
        key = f"{request.bare_path} {request.host} {request.seen}"
        document = self._documents.get(key)
        if document is None:
            # Some tens of ms, not in the loop.
            document = msgspec.json.encode(await in_thread(render))
            if len(self._documents) < MOST:
                self._documents[key] = document
        return whole(document, request, {"Cache-Control": "no-cache"})

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
    parts = ("page.html", "page.css", "socket.js", "page.js")
    page, style, socket, script = (folder.joinpath(name).read_text("utf-8") for name in parts)
    script = f"{socket}\n{script}"
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


def _socket(request: HttpRequest) -> str:
    """The WebSocket's address, by the name that the client calls us by."""
    return f"{'wss' if request.seen.secure else 'ws'}://{request.host}{request.seen.prefix}/"


def _digest(text: str) -> str:
    """What names an inline element in a policy (CSP 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
