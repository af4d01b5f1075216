"""The one port: reads the head of every connection, judges it, and hands the socket to WebSockets or to HTTP."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, cast

from openclaw_rpc.aiohttp_private import let_go
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, Timeout, Unavailable
from openclaw_rpc.transports.head import (
    HeadJudge,
    HeadTooLarge,
    Refusal,
    claimed_path,
    default_refusal,
    http_refusal,
    no_http,
    parse_head,
)
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.sockets import addresses, bind

_log = logging.getLogger(__name__)

_END = b"\r\n\r\n"
_MOST_BLANK = 16
_HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\n"
# SETTINGS, then GOAWAY with HTTP_1_1_REQUIRED (RFC 9113, 6.5, 6.8, 7): a client falls back, or says why it cannot.
_HTTP2_GOODBYE = (
    b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    + b"\x00\x00\x08\x07\x00\x00\x00\x00\x00"
    + b"\x00\x00\x00\x00\x00\x00\x00\x0d"
)
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 1 << 20
_RESERVE = 64
"""How many connections over the limit are still heard out, so that they are refused in their dialect."""


class WebSocketDoor(Protocol):
    """What the listener needs of the WebSocket side."""

    def connection(self) -> asyncio.Protocol:
        """A fresh protocol, ready for ``connection_made`` and the whole request."""
        ...

    @property
    def connection_count(self) -> int:
        """How many sockets it holds, those in their handshake included."""
        ...

    async def close(self, code: int = 1001, reason: str = "", *, timeout: float = 10) -> None:
        """Close every connection with ``code``; return when all are gone, at most ``timeout`` s later."""
        ...


class HttpSide(Protocol):
    """What the listener needs of the HTTP side; aiohttp's ``web.Server`` is one."""

    def __call__(self) -> asyncio.Protocol:
        """A fresh protocol, ready for ``connection_made``."""
        ...

    @property
    def connections(self) -> Sequence[object]:
        """The connections that are open."""
        ...

    def pre_shutdown(self) -> None:
        """Answer what has been asked, take no further request."""
        ...

    async def shutdown(self, timeout: float | None = None) -> None:
        """Wait for the requests in progress, cancel what is left, close every connection."""
        ...


class Listener:
    """Owns the listening sockets, and every connection until it is known what it speaks.

    ``judge`` checks Host and Origin of the first request of a connection; HTTP checks those that follow.
    ``head_bytes`` and ``head_seconds`` bound the head (431, 408), ``max_connections`` how many connections are open
    at a time (503). ``refusal`` spells the body of such an answer. ``refused`` counts them by status.
    """

    def __init__(
        self,
        *,
        websockets: WebSocketDoor,
        http: HttpSide,
        judge: HeadJudge,
        max_connections: Callable[[], int],
        head_bytes: int = 32 * 1024,
        head_seconds: float = 10,
        tls: ssl.SSLContext | None = None,
        refusal: Refusal = default_refusal,
    ) -> None:
        self.websockets = websockets
        self.http = http
        self.judge = judge
        self.head_bytes = head_bytes
        self.head_seconds = head_seconds
        self.refusal = refusal
        self.refused: dict[int, int] = {}
        self.stopping = False
        self.undecided: set[HeadReader] = set()
        self._max_connections = max_connections
        self._tls = tls
        self._servers: list[asyncio.Server] = []

    @property
    def connection_count(self) -> int:
        """How many connections are open, of any kind."""
        return len(self.undecided) + self.websockets.connection_count + len(self.http.connections)

    def is_over_limit(self, reserve: int = 0) -> bool:
        """Whether more connections are open than ``max_connections`` and ``reserve`` allow."""
        return self.connection_count > self._max_connections() + reserve

    async def start(
        self,
        host: str,
        port: int,
        *,
        reuse_port: bool = False,
        backlog: int = 1024,
        sockets: Sequence[socket.socket] = (),
    ) -> list[tuple[str, int]]:
        """Listen at ``host`` and ``port``, or on ``sockets`` that are bound already. Answers where: host, port.

        Raises:
            CannotListenError: the address could not be had.
        """
        bound = list(sockets) or bind(host, port, reuse_port=reuse_port)
        found = addresses(bound)
        # Known before the first connection arrives.
        self.judge.listening(found[0][0] if sockets else host, found[0][1])
        loop = asyncio.get_running_loop()
        try:
            for sock in bound:
                server = await loop.create_server(
                    partial(HeadReader, self),
                    sock=sock,
                    backlog=backlog,
                    ssl=self._tls,
                    ssl_handshake_timeout=self.head_seconds if self._tls else None,
                    ssl_shutdown_timeout=_LINGER_SECONDS if self._tls else None,
                )
                self._servers.append(server)
        except BaseException:
            self.close_sockets()
            for sock in bound:
                sock.close()
            raise
        return found

    async def stop(self, grace: float, *, code: int = 1001, reason: str = "the gateway is stopping") -> None:
        """Stop: the sockets, undecided connections, idle HTTP, WebSockets, then HTTP; within ``grace`` s."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        self.stopping = True
        self.close_sockets()
        for reader in list(self.undecided):
            reader.turn_away()
        self.http.pre_shutdown()
        await self.websockets.close(code, reason, timeout=grace)
        # aiohttp grants its timeout twice: for the handlers to end, and for their connections.
        await self.http.shutdown(max(deadline - loop.time(), 0.1) / 2)
        for reader in list(self.undecided):
            reader.abort()

    def close_sockets(self) -> None:
        """Take no further connection. Of sockets that another process holds as well, they wait there."""
        for server in self._servers:
            server.close()
        self._servers.clear()


class HeadReader(asyncio.Protocol):
    """One connection, until its head is read: then another protocol takes its place, or it is refused."""

    __slots__ = ("_begun", "_blank", "_buffer", "_discarded", "_listener", "_refused", "_timer", "_transport")

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._buffer = bytearray()
        self._begun = False
        self._refused = False
        self._discarded = 0
        self._blank = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the head, or refuse at once what comes far over the limit."""
        self._transport = cast(asyncio.Transport, transport)
        listener = self._listener
        listener.undecided.add(self)
        self._timer = asyncio.get_running_loop().call_later(listener.head_seconds, self._out_of_time)
        if listener.is_over_limit(2 * _RESERVE):
            self._transport.abort()
        elif listener.stopping or listener.is_over_limit(_RESERVE):
            self.turn_away()

    def data_received(self, data: bytes) -> None:
        """Collect the head; decide when it is whole."""
        buffer = self._buffer
        if self._refused:
            # What still comes is read, not kept: closing over unread bytes would take the answer back (RFC 9112, 9.6).
            self._discarded += len(data)
            if self._discarded > _LINGER_BYTES:
                self._transport.abort()
            return
        searched = len(buffer)
        buffer += data
        if not self._begun:
            # Empty lines before a request are to be ignored (RFC 9112, 2.2).
            # A few: whoever sends nothing else would hold the connection for ever.
            while buffer.startswith(b"\r\n") and self._blank < _MOST_BLANK:
                del buffer[:2]
                self._blank += 1
                searched = 0
            if self._blank >= _MOST_BLANK:
                self._refuse(InvalidRequest("empty lines stand in the place of a request"))
                return
            if len(buffer) == 1 and buffer.startswith(b"\r"):
                return
        end = buffer.find(_END, max(searched - len(_END) + 1, 0))
        size = end + len(_END) if end >= 0 else len(buffer)
        if not self._begun and (fault := no_http(buffer)) is not None:
            self._refuse(InvalidRequest(fault))
        elif size > self._listener.head_bytes:
            self._refuse(HeadTooLarge(f"the request's head is larger than {self._listener.head_bytes} bytes"))
        elif end >= 0:
            self._decide(bytes(buffer[:size]))
        else:
            self._begun = b"\n" in buffer

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._timer.cancel()
        self._listener.undecided.discard(self)

    def turn_away(self) -> None:
        """Refuse with 503: too many connections, or the gateway stops."""
        if self._listener.stopping:
            if not self._buffer:
                self._transport.close()
                return
            self._refuse(Unavailable("the gateway is stopping", retryAfter=5))
        else:
            self._refuse(Unavailable("the gateway has too many connections", retryAfter=5))

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def _decide(self, raw: bytes) -> None:
        listener = self._listener
        if raw == _HTTP2_PREFACE:
            self._end_with(_HTTP2_GOODBYE, 505)
            return
        try:
            head = parse_head(raw)
            listener.judge.judge(head)
        except GatewayError as error:
            self._refuse(error)
            return
        if listener.is_over_limit():
            self.turn_away()
            return
        self._timer.cancel()
        listener.undecided.discard(self)
        successor = listener.websockets.connection() if head.is_upgrade else listener.http()
        take_over(self._transport, successor, bytes(self._buffer))

    def _out_of_time(self) -> None:
        if self._refused or not self._buffer:
            # Browsers open connections ahead of need: no answer to no question.
            self._transport.abort()
        else:
            seconds = self._listener.head_seconds
            self._refuse(Timeout(f"the request's head did not arrive within {seconds:g} s"))

    def _refuse(self, error: GatewayError) -> None:
        path = claimed_path(self._buffer)
        body = self._listener.refusal(path, error.status, error.code, error.message)
        headers = [("Retry-After", str(after))] if (after := error.details.get("retryAfter")) else []
        _log.debug("refused a connection: %s %s", error.status, error.message)
        if self._buffer.startswith(b"HEAD "):
            body = b""
        self._end_with(http_refusal(error, body, headers), error.status)

    def _end_with(self, answer: bytes, status: int) -> None:
        """Answer, and let the peer finish for a moment before the socket is closed."""
        self._listener.refused[status] = self._listener.refused.get(status, 0) + 1
        self._refused = True
        self._buffer = bytearray()
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._out_of_time)
        self._transport.write(answer)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            # TLS has no half-closed state; what was written goes out first.
            self._transport.close()


def take_over(
    transport: asyncio.Transport, successor: asyncio.Protocol, received: bytes, *, paused: bool = False
) -> None:
    """Make ``successor`` the protocol of ``transport``, as if it had been there from the start.

    ``paused`` says that the transport's write buffer is full, and that the last protocol has been told so.
    """
    transport.set_protocol(successor)
    successor.connection_made(transport)
    if paused:
        successor.pause_writing()
    successor.data_received(received)


def hand_over(request: web.BaseRequest, websockets: WebSocketDoor) -> web.StreamResponse:
    """Give the socket of an upgrade that aiohttp received, on a reused connection, to the WebSocket side.

    To be called by a request's handler, which then returns what this returns; it is never sent.

    Raises:
        InvalidRequest: the upgrade has a body.
        ConnectionResetError: the client is gone.
    """
    if request.body_exists:
        raise InvalidRequest("a WebSocket's opening request has no body")
    fields = b"".join(b"%b: %b\r\n" % field for field in request.raw_headers)
    head = f"{request.method} {request.raw_path} HTTP/1.1\r\n".encode("utf-8", "surrogateescape") + fields + b"\r\n"
    transport, read, paused = let_go(request.protocol)
    take_over(transport, websockets.connection(), head + read, paused=paused)
    return web.StreamResponse(status=101)
