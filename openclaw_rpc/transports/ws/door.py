"""The WebSocket door: who comes in, in which dialect, and what it is told when it is closed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from openclaw_rpc import __version__
from openclaw_rpc.dialects.jsonrpc import JsonRpc
from openclaw_rpc.domain.auth import Authenticator, Credentials, Principal
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.streams import Topics
from openclaw_rpc.protocol.errors import GatewayError, RateLimited, Unauthorized, Unavailable
from openclaw_rpc.protocol.event import ConnectedEvent, HeartbeatEvent, auth_success, connected, heartbeat
from openclaw_rpc.rpc.connection import Connection
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.transports.cookie import Trusts, held
from openclaw_rpc.transports.places import RETRY_SECONDS, Places
from openclaw_rpc.transports.ws.codes import AUTH_TIMEOUT, REVOKED, SILENT, SLOW, TOO_MANY, UNAUTHORIZED, CloseCode
from openclaw_rpc.transports.ws.server_glue import WebSocketServer
from openclaw_rpc.transports.ws.socket import Socket

_log = logging.getLogger(__name__)

JSONRPC = Subprotocol("jsonrpc")
PATHS = ("/", "/ws")
PING_SECONDS = 20


class SocketSettings(Protocol):
    """What of `gateway` is needed here. Read for every connection, so that changes apply to the next one."""

    @property
    def heartbeat_seconds(self) -> float:
        """How often `heartbeat` is sent."""
        ...

    @property
    def auth_timeout_seconds(self) -> float:
        """How long a socket on `/ws` may be silent before it proves who it is."""
        ...

    @property
    def max_in_flight(self) -> int:
        """Calls of one socket that may be under way."""
        ...

    @property
    def outbox_bytes(self) -> int:
        """What may wait for a slow peer."""
        ...

    @property
    def max_message_bytes(self) -> int:
        """The largest message."""
        ...

    @property
    def compression(self) -> bool:
        """Whether permessage-deflate is offered."""
        ...


class AuthFrame(msgspec.Struct):
    """The first message on `/ws` of a client that could not set headers (references 000 and 001)."""

    type: str
    token: str | None = None
    password: str | None = None


class SocketDoor:
    """Everybody who is connected by WebSocket."""

    def __init__(
        self,
        settings: Callable[[], SocketSettings],
        authenticator: Authenticator,
        dispatcher: Dispatcher,
        topics: Topics,
        places: Places,
        capabilities: Sequence[str],
        trusts: Trusts = lambda origins, hosts: False,
    ) -> None:
        self._trusts = trusts
        self.slow_peers = 0
        self.opened = 0
        self._settings = settings
        self._authenticator = authenticator
        self._dispatcher = dispatcher
        self._topics = topics
        self._capabilities = list(capabilities)
        self._frames = JsonRpc()
        self._notifications = JsonRpc(notifications=True)
        self._auth = msgspec.json.Decoder(AuthFrame)
        self._members: dict[Socket, Member] = {}
        self.stopping = False
        """Whether the gateway stops: nobody is let in any more."""
        self._places = places
        self.server = WebSocketServer(
            self._serve,
            process_request=self._judge,
            select_subprotocol=lambda _, offered: JSONRPC if JSONRPC in offered else None,
            create_connection=Socket,
            max_size=settings().max_message_bytes,
            compression="deflate" if settings().compression else None,
            # One sweep for all sockets, below, instead of a task and a timer for each.
            ping_interval=None,
        )

    def apply(self) -> None:
        """Take what changed in the settings and is not read for each connection; close whom they let in no more."""
        settings = self._settings()
        self.server.apply(settings.max_message_bytes, "deflate" if settings.compression else None)
        self.close_invalid()

    @property
    def open(self) -> int:
        """How many are connected."""
        return len(self._members)

    async def _judge(self, socket: Socket, request: Request) -> Response | None:
        """Authenticate the handshake, or put it off where `/ws` allows it."""
        path = urlsplit(request.path)
        if path.path not in PATHS:
            return _refuse(HTTPStatus.NOT_FOUND, "not_found", f"WebSockets are served at {' and '.join(PATHS)}")
        query = parse_qs(path.query)
        credentials = Credentials.from_headers(
            request.headers.get("Authorization"),
            request.headers.get("X-OpenClaw-Password"),
            next(iter(query.get("token", ())), None),
            next(iter(query.get("password", ())), None),
            self._cookie(request.headers),
        )
        if self.stopping:
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "service_unavailable", "the gateway is stopping")
        member = Member(path.path == "/ws")
        socket.member = member
        if member.late and not credentials.given and self._authenticator.settings.enabled:
            return None
        try:
            member.principal = self._authenticator.identify(credentials)
            self._places.check(member.principal)
        except GatewayError as error:
            return _refuse(HTTPStatus(error.status), error.code, error.message)
        return None

    def _cookie(self, headers: Headers) -> str | None:
        """What the dashboard's cookie holds, on a socket of a page that it counts for."""
        cookie, origins = held(headers.get_all("Cookie")), headers.get_all("Origin")
        return cookie if cookie and self._trusts(origins, headers.get_all("Host")) else None

    async def _serve(self, socket: Socket) -> None:
        principal = socket.member.principal or await self._authenticate(socket)
        if principal is None:
            return
        try:
            with self._places.taken(principal):
                await self._converse(socket, principal)
        except (RateLimited, Unavailable):
            # Others came in between.
            socket.close_soon(TOO_MANY.code, TOO_MANY.reason)

    async def _converse(self, socket: Socket, principal: Principal) -> None:
        member = socket.member
        settings = self._settings()
        codec = self._notifications if socket.subprotocol == JSONRPC else self._frames
        connection = Connection(
            principal,
            self._dispatcher,
            codec,
            socket,
            self._topics,
            max_in_flight=settings.max_in_flight,
            outbox_bytes=settings.outbox_bytes,
            cut=lambda: self._cut(socket),
        )
        member.principal, member.connection = principal, connection
        socket.caught_up = connection.resumed
        socket.stalled = connection.fell_behind
        self._members[socket] = member
        self.opened += 1
        try:
            self._greet(member, connection)
            receive, recv = connection.receive, socket.recv
            while True:
                receive(await recv(decode=False))
        except ConnectionClosed:
            pass
        finally:
            del self._members[socket]
            connection.close()
            socket.caught_up = None

    async def _authenticate(self, socket: Socket) -> Principal | None:
        """Wait for the first message of a socket on `/ws`, which must say who it is."""
        try:
            async with asyncio.timeout(self._settings().auth_timeout_seconds):
                data = await socket.recv(decode=False)
        except TimeoutError:
            socket.close_soon(AUTH_TIMEOUT.code, AUTH_TIMEOUT.reason)
            return None
        except ConnectionClosed:
            return None
        code: CloseCode = UNAUTHORIZED
        try:
            principal = self._authenticator.identify(self._credentials(data))
            code = TOO_MANY
            self._places.check(principal)
        except GatewayError as error:
            body = {"type": "error", "code": error.code, "message": error.message}
            socket.write([msgspec.json.encode(body)])
            socket.close_soon(code.code, code.reason)
            return None
        return principal

    def _credentials(self, data: bytes) -> Credentials:
        try:
            frame = self._auth.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            frame = None
        if frame is None or frame.type != "auth":
            raise Unauthorized('the first message must be {"type": "auth", "token": "…"}')
        bearer = f"Bearer {frame.token}" if frame.token is not None else None
        return Credentials.from_headers(bearer, frame.password, None, None)

    def _greet(self, member: Member, connection: Connection) -> None:
        principal = connection.principal
        row = auth_success if member.late else connected
        greeting = ConnectedEvent(
            client_id=new_id("c"),
            gateway_version=__version__,
            capabilities=self._capabilities,
            user=principal.user,
            scopes=sorted(principal.scopes),
        )
        connection.send(row.name, greeting)

    def _cut(self, socket: Socket) -> None:
        self.slow_peers += 1
        self._close(socket, SLOW)

    def _close(self, socket: Socket, code: CloseCode) -> None:
        """Begin to close; nothing that the peer still sends is done, and what waits for it is dropped."""
        connection: Connection | None = socket.member.connection
        if connection is not None:
            connection.flush()
            connection.close()
        socket.close_soon(code.code, code.reason)

    async def beat(self) -> None:
        """Send heartbeats until cancelled."""
        while True:
            await asyncio.sleep(self._settings().heartbeat_seconds)
            event = HeartbeatEvent(timestamp=int(time.time() * 1000), status="ok")
            frames = {codec: codec.event(heartbeat.name, event) for codec in (self._frames, self._notifications)}
            for socket, member in list(self._members.items()):
                codec = self._notifications if socket.subprotocol == JSONRPC else self._frames
                if member.connection is not None:
                    member.connection.send_frame(frames[codec])

    async def probe(self) -> None:
        """Ping every peer at intervals until cancelled; close those that have been silent for two of them."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            silent_since = asyncio.get_running_loop().time() - 2 * PING_SECONDS
            for socket in list(self._members):
                if socket.heard < silent_since:
                    self._close(socket, SILENT)
                else:
                    socket.probe()

    async def keep_valid(self) -> None:
        """Close sockets whose token does not hold any more, at intervals until cancelled.

        Raises:
            Unavailable: the tokens can't be read; all sockets stay open.
        """
        while True:
            await asyncio.sleep(self._settings().heartbeat_seconds)
            self._check_tokens()

    def close_invalid(self) -> None:
        """Close the sockets whose token was revoked or has expired; where that can't be told, they stay open."""
        try:
            self._check_tokens()
        except GatewayError as error:
            _log.error("sockets stay open, since their tokens can't be checked: %s", error.message)

    def _check_tokens(self) -> None:
        for socket, member in list(self._members.items()):
            if member.principal is not None and not self._authenticator.valid(member.principal):
                self._close(socket, REVOKED)


class Member:
    """What the door knows of a socket: ``late`` where it may prove who it is after the handshake."""

    __slots__ = ("connection", "late", "principal")

    def __init__(self, late: bool) -> None:
        self.late = late
        self.principal: Principal | None = None
        self.connection: Connection | None = None


def _refuse(status: HTTPStatus, code: str, message: str) -> Response:
    kind = "client_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    body = msgspec.json.encode({"error": {"code": code, "message": message, "type": kind, "param": None}})
    headers: dict[str, Any] = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="openclaw"'
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Response(status.value, status.phrase, Headers(headers), body)
