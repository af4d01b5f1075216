"""The HTTP door: routes, request ids, limits, CORS, and one place where an exception becomes an answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, cast

from openclaw_rpc.aiohttp_private import AbstractStreamWriter, RawRequestMessage, RequestHandler, StreamReader
from openclaw_rpc.domain.principals import Credentials, Principal
from openclaw_rpc.domain.tracing import INCOMING
from openclaw_rpc.protocol.errors import (
    Forbidden,
    GatewayError,
    InternalError,
    InvalidRequest,
    RateLimited,
    Timeout,
    Unauthorized,
    Unavailable,
    interrupted,
)
from openclaw_rpc.transports.cookie import counted, held
from openclaw_rpc.transports.head import HeadJudge, asks_for_websocket, default_refusal
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest, UnsupportedType
from openclaw_rpc.transports.http.routing import MethodNotAllowed, Route, Router
from openclaw_rpc.transports.http.tracing import Trace, child_of
from openclaw_rpc.transports.proxies import Seen, client_of, seen_through
from openclaw_rpc.transports.stalled import StallWatch

_log = logging.getLogger(__name__)

LAST_SECONDS = 0.5
"""How long a request that is interrupted has to be answered so."""
EXPOSED = ", ".join(
    (
        "X-Request-Id",
        "Retry-After",
        "ETag",
        "Location",
        "traceresponse",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
        "retry-after-ms",
        "x-should-retry",
        "X-RateLimit-Limit-Requests",
        "X-RateLimit-Remaining-Requests",
        "X-RateLimit-Reset-Requests",
        "X-Should-Retry",
        "Retry-After-Ms",
        "OpenAI-Processing-Ms",
    )
)
"""What a page of another origin may read of an answer, besides what it always may (Fetch, 3.2.3)."""
Identify = Callable[[Credentials], Awaitable[Principal]]
"""Who showed these credentials; raises Unauthorized."""
Spell = Callable[[str, GatewayError], bytes]
"""The body of an error in the dialect of a path: path, error → JSON."""
HandOver = Callable[[web.BaseRequest], web.StreamResponse]
"""Takes the socket of an upgrade that came on a reused connection; `listener.hand_over` with its WebSocket side."""


def default_spell(path: str, error: GatewayError) -> bytes:
    """An error as reference 003 spells it."""
    return default_refusal(path, error.status, error.code, error.message)


SOCKET_PATH: Final = "/ws"


class UpgradeRequired(InvalidRequest):
    """The path takes WebSockets alone."""

    status = 426


class HttpDoor:
    """Answers requests by its routes. ``server`` is what the listener hands connections to.

    Args:
        routes: what is answered; more can be added by `add` before the first request.
        judge: checks Host and Origin of every request, also on reused connections.
        identify: who asks, on routes that are not open.
        hand_over: takes upgrades that arrive on reused connections; None refuses them.
        spell: the body of an error.
        body_bytes: the largest body (413), decompressed.
        request_seconds: how long a request may take (408), as it is at that moment.
        keepalive_seconds: how long an idle connection is kept, which also bounds a slow head on it.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        judge: HeadJudge,
        identify: Identify,
        hand_over: HandOver | None = None,
        spell: Spell = default_spell,
        body_bytes: Callable[[], int] = lambda: 10 * 1024 * 1024,
        request_seconds: Callable[[], float] = lambda: 300.0,
        keepalive_seconds: float = 75,
    ) -> None:
        self._router = Router(routes)
        self._judge = judge
        self._identify = identify
        self._hand_over = hand_over
        self._spell = spell
        self._body_bytes = body_bytes
        self._request_seconds = request_seconds
        self._keepalive_seconds = keepalive_seconds
        self.responses: dict[int, int] = {}
        self._limits: dict[asyncio.Timeout, HttpRequest] = {}
        self._settled: asyncio.Event | None = None
        self.stalled_peers = 0
        """How many connections were cut since their peer had stopped to read."""

    def add(self, routes: Iterable[Route]) -> None:
        """Add routes.

        Raises:
            ValueError: one clashes with another.
        """
        for route in routes:
            self._router.add(route)

    def server(self) -> web.Server:
        """The HTTP server, for the listener. To be called once, in the running loop."""
        return _HttpServer(
            cast(Any, self._answer),
            self._refuse,
            self._request,
            self._count_stalled,
            access_log=None,
            keepalive_timeout=self._keepalive_seconds,
            lingering_time=5.0,
            max_line_size=16 * 1024,
            max_field_size=16 * 1024,
        )

    def _count_stalled(self) -> None:
        self.stalled_peers += 1

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> HttpRequest:
        loop = asyncio.get_running_loop()
        return HttpRequest(message, payload, protocol, writer, task, loop=loop, body_bytes=self._body_bytes())

    async def _answer(self, request: HttpRequest) -> web.StreamResponse:
        """Answer a request, whatever happens; only a cancellation (the client is gone) passes through."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        said = request.headers.get("traceparent")
        trace = child_of(said)
        INCOMING.set(said if trace is not None else None)
        if trace is not None:
            request.extra["traceresponse"] = trace.header
        try:
            response = await self._routed(request)
        except GatewayError as error:
            response = self._refuse(request, error)
        except web.HTTPException as error:
            # aiohttp's own; handlers raise the table's errors.
            response = self._refuse(request, _translated(error))
        except Exception as error:
            if isinstance(error, ConnectionError) and (request.transport is None or request.transport.is_closing()):
                # The client is gone; what is returned reaches nobody.
                return web.Response(status=499)
            _log.exception(
                "request %s failed: %s %s%s", request.id, request.method, request.bare_path, _of_trace(trace)
            )
            response = self._refuse(request, InternalError(f"something went wrong; see the log for {request.id}"))
        if request.content.exception() is not None:
            # aiohttp would read a body that can't be unpacked to its end, and log each time that it can't.
            request.content.feed_eof()
        self.responses[response.status] = self.responses.get(response.status, 0) + 1
        if _log.isEnabledFor(logging.DEBUG):
            took = (loop.time() - start) * 1000
            said = (request.id, request.method, request.bare_path, took, response.status, _of_trace(trace))
            _log.debug("%s %s %s %.1f ms %s%s", *said)
        return response

    async def _routed(self, request: HttpRequest) -> web.StreamResponse:
        headers = request.headers
        origins = headers.getall("Origin", [])
        self._judge.check(headers.getall("Host", []), origins, host_required=request.version.minor > 0)
        if origins:
            _let_read(request, origins[0], self._judge.trusts(origins, headers.getall("Host", [])))
        if self._judge.rules.trusted_proxies:
            request.seen = self._seen(request)
        if request.method == "OPTIONS":
            return self._options(request)
        if request.method == "GET" and (upgraded := self._upgraded(request)) is not None:
            return upgraded
        route, request.path_params = self._router.find(request.method, request.bare_path)
        if not route.open:
            request.principal = await self._identify(self._shown(request))
        seconds = self._request_seconds() if route.timeout == -1 else route.timeout
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                self._limits[limit] = request
                return await route.handler(request)
        except TimeoutError as error:
            if not limit.expired():
                raise
            if request.revoked:
                raise Unauthorized("the token is no longer valid", reason="revoked") from None
            if self._settled is not None:
                raise interrupted() from None
            raise Timeout(f"the request took longer than {seconds:g} s") from error
        finally:
            self._limits.pop(limit, None)
            if self._settled is not None and not self._limits:
                self._settled.set()

    def _upgraded(self, request: HttpRequest) -> web.StreamResponse | None:
        """What becomes of a request for a WebSocket that came on a connection of HTTP's; None for any other.

        Raises:
            InvalidRequest: it is of HTTP/1.0. UpgradeRequired: the path takes WebSockets alone, and it asks for none.
        """
        upgrade, connection = request.headers.getall("Upgrade", []), request.headers.getall("Connection", [])
        if asks_for_websocket(upgrade, connection):
            if request.version < (1, 1):
                raise InvalidRequest("a WebSocket needs HTTP/1.1", field="version", reason="HTTP/1.0")
            if self._hand_over is None:
                raise InvalidRequest("open a WebSocket on a connection of its own")
            return self._hand_over(request)
        if request.bare_path != SOCKET_PATH and "Sec-WebSocket-Key" not in request.headers:
            return None
        said = {"Upgrade: websocket": upgrade, "Connection: Upgrade": connection}
        missing = [line for line, values in said.items() if line.split()[1].lower() not in ",".join(values).lower()]
        request.extra["Upgrade"] = "websocket"
        lines = " and no ".join(missing)
        raise UpgradeRequired(
            f"this takes a WebSocket, and the request has no {lines}; a proxy may have taken that away",
            field=missing[0].partition(":")[0],
            reason="not an upgrade",
        )

    async def settle(self, seconds: float) -> None:
        """Let the requests that are being answered end for so long; what is left is interrupted, and answered so."""
        self._settled = asyncio.Event()
        for wait in (seconds, LAST_SECONDS):
            if not self._limits:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._settled.wait()
            for limit in self._limits:
                if not limit.expired():
                    limit.reschedule(0)

    def close_invalid(self, valid: Callable[[Principal], bool]) -> None:
        """End the requests and streams of those whose token was revoked or has expired."""
        for limit, request in list(self._limits.items()):
            if request.identified and not request.revoked and not valid(request.principal):
                request.revoked = True
                limit.reschedule(0)

    def _shown(self, request: HttpRequest) -> Credentials:
        """What the client showed; its cookie, where it said nothing else and the cookie counts."""
        credentials = request.credentials
        if not credentials.given:
            return Credentials(cookie=self.cookie(request))
        if not request.headers.getall("Origin", []) and request.headers.get("Sec-Fetch-Site") == "cross-site":
            # Before it is counted: no page of others can lock its reader out.
            raise Forbidden("a page of another site may not send credentials", reason="cross_site")
        return replace(credentials, address=self.address(request))

    def _seen(self, request: HttpRequest) -> Seen:
        said, trusted = request.headers.getall, self._judge.rules.trusted_proxies
        proto, prefix = said("X-Forwarded-Proto", []), said("X-Forwarded-Prefix", [])
        seen = seen_through(request.remote or "", trusted, proto, said("Forwarded", []), prefix)
        return Seen(seen.secure or request.secure, seen.prefix)

    def address(self, request: HttpRequest) -> str:
        """Where a request came from, by what the proxies say that are trusted."""
        said = request.headers.getall
        trusted = self._judge.rules.trusted_proxies
        return client_of(request.remote or "", trusted, said("X-Forwarded-For", []), said("Forwarded", []))

    def cookie(self, request: HttpRequest) -> str | None:
        """What the dashboard's cookie holds, where it counts; see `cookie.counted`."""
        headers = request.headers
        return counted(
            held(headers.getall("Cookie", [])),
            request.method,
            headers.getall("Origin", []),
            headers.getall("Host", []),
            headers.get("Sec-Fetch-Site"),
            self._judge.trusts,
        )

    def _options(self, request: HttpRequest) -> web.Response:
        """Say which methods a path answers; to a browser's preflight, which the judge let pass, also that it may."""
        allowed = (
            ["GET", "HEAD", "OPTIONS"] if request.rel_url.raw_path == "*" else self._router.allowed(request.bare_path)
        )
        if not allowed:
            self._router.find("GET", request.bare_path)
        response = web.Response(status=204, headers={"Allow": ", ".join(allowed)})
        if "Origin" in request.headers and "Access-Control-Request-Method" in request.headers:
            response.headers["Access-Control-Allow-Methods"] = ", ".join(allowed)
            response.headers["Access-Control-Max-Age"] = "600"
            if asked := request.headers.get("Access-Control-Request-Headers"):
                # `*` would not cover Authorization (Fetch, 4.9).
                response.headers["Access-Control-Allow-Headers"] = asked
        return response

    def _refuse(self, request: HttpRequest, error: GatewayError) -> web.StreamResponse:
        if request.started:
            # Half an answer is out: only the end of the connection can say that it is not whole.
            request.protocol.force_close()
            return web.Response(status=error.status)
        headers: dict[str, str] = {}
        if (after := error.details.get("retryAfter")) is not None and isinstance(error, RateLimited | Unavailable):
            headers["Retry-After"] = str(after)
        if isinstance(error, Unauthorized):
            headers["WWW-Authenticate"] = 'Bearer realm="openclaw"'
        if isinstance(error, MethodNotAllowed):
            headers["Allow"] = ", ".join(cast("list[str]", error.details["allow"]))
        response = web.Response(
            status=error.status,
            body=self._spell(request.bare_path, error),
            content_type="application/json",
            charset="utf-8",
            headers=headers,
        )
        if request.body_exists and not request.content.at_eof():
            # The client still sends what nobody will read.
            response.force_close()
        return response


class _HttpServer(web.Server):
    """aiohttp's server, whose own refusals (a request that cannot be parsed) are spelled like all others."""

    def __init__(
        self,
        handler: Any,
        refuse: Callable[[HttpRequest, GatewayError], web.StreamResponse],
        request_factory: Any,
        stalled: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(handler, request_factory=request_factory, handler_cancellation=True)
        self._refuse = refuse
        self._stalled = stalled
        self._options = options

    def __call__(self) -> RequestHandler:
        return _ServerConnection(self, self._refuse, self._stalled, loop=asyncio.get_running_loop(), **self._options)


class _ServerConnection(RequestHandler):
    __slots__ = ("_refuse", "_stalled", "_watch")

    def __init__(
        self,
        server: _HttpServer,
        refuse: Callable[[HttpRequest, GatewayError], web.StreamResponse],
        stalled: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(server, **options)
        self._refuse = refuse
        self._stalled = stalled
        self._watch: StallWatch | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ours: called by the transport."""
        super().connection_made(transport)
        line = cast(asyncio.Transport, transport)
        # It is told as soon as anything waits: a connection that is closed lives on until all of it is read.
        line.set_write_buffer_limits(high=1, low=0)
        self._watch = StallWatch(line, self._cut)

    def pause_writing(self) -> None:
        """The peer is behind: called by the transport."""
        super().pause_writing()
        if self._watch is not None:
            self._watch.full()

    def resume_writing(self) -> None:
        """The peer has read enough: called by the transport."""
        super().resume_writing()
        if self._watch is not None:
            self._watch.free()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The peer is gone, or the socket somebody else's: called by the transport."""
        if self._watch is not None:
            self._watch.free()
            self._watch = None
        super().connection_lost(exc)

    def _cut(self) -> None:
        """Nobody reads the answer: its connection ends, and with that its handler is cancelled."""
        if self._watch is not None:
            self._stalled()
            self._watch.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Called by aiohttp for a request that is no HTTP, and for what nobody caught."""
        if status < 500:
            _log.debug("a malformed request on a reused connection: %s", exc)
            error: GatewayError = InvalidRequest("the request is not well-formed HTTP")
            if "content-encoding" in f"{exc} {message}".lower():
                error = UnsupportedType("the body is encoded in a way that is not read here", field="Content-Encoding")
        else:
            _log.error("a request failed outside its handler", exc_info=exc)
            error = InternalError("something went wrong")
        response = self._refuse(cast(HttpRequest, request), error)
        response.force_close()
        return response


def _let_read(request: HttpRequest, origin: str, trusted: bool) -> None:
    """Let the page, whose origin is allowed, read the answer (Fetch, 3.2); with its cookie, where that counts."""
    request.extra["Access-Control-Allow-Origin"] = origin
    if trusted:
        request.extra["Access-Control-Allow-Credentials"] = "true"
    request.extra["Access-Control-Expose-Headers"] = EXPOSED
    request.extra.add("Vary", "Origin")


def _of_trace(trace: Trace | None) -> str:
    return f" trace={trace.trace_id} span={trace.span_id}" if trace is not None else ""


def _translated(error: web.HTTPException) -> GatewayError:
    return InternalError("something went wrong") if error.status >= 500 else InvalidRequest(error.reason)
