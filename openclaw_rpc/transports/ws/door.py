"""The WebSocket door: who comes in, in which dialect, and what it is told when it is closed."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from openclaw_rpc import __version__
from openclaw_rpc.dialects.sockets.base import Choose, Device, OpeningRequest, Proof, SocketDialect, Welcome, choose
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.devices import Devices, Visit
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.guessing import KINDS
from openclaw_rpc.domain.principals import Credentials, Principal
from openclaw_rpc.protocol.errors import GatewayError, RateLimited, Unauthorized, Unavailable
from openclaw_rpc.protocol.event import ConnectedEvent, HeartbeatEvent, heartbeat
from openclaw_rpc.rpc.connection import Connection
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.rpc.outbox import Frames
from openclaw_rpc.transports.cookie import Trusts, held
from openclaw_rpc.transports.places import RETRY_SECONDS, Places
from openclaw_rpc.transports.proxies import client_of
from openclaw_rpc.transports.ws.codes import (
    AUTH_TIMEOUT,
    BAD_DATA,
    REVOKED,
    SILENT,
    SLOW,
    TOO_MANY,
    UNAUTHORIZED,
    CloseCode,
)
from openclaw_rpc.transports.ws.server_glue import WebSocketServer
from openclaw_rpc.transports.ws.socket import Socket

_log = logging.getLogger(__name__)

PING_SECONDS = 20
HTTP_ALONE = ("/v1/responses",)


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
    def trusted_proxies(self) -> Sequence[str]:
        """Addresses and networks whose word about a client's address counts."""
        ...

    @property
    def compression(self) -> bool:
        """Whether permessage-deflate is offered."""
        ...


class SocketDoor:
    """Everybody who is connected by WebSocket."""

    def __init__(
        self,
        settings: Callable[[], SocketSettings],
        devices: Devices,
        dispatcher: Dispatcher,
        bus: Bus,
        places: Places,
        capabilities: Sequence[str],
        dialects: Sequence[Choose],
        trusts: Trusts = lambda origins, hosts: False,
    ) -> None:
        self._trusts = trusts
        self.slow_peers = 0
        self._began = time.monotonic()
        self.opened = 0
        self._settings = settings
        self._authenticator = devices.authenticator
        self._devices = devices
        self._dispatcher = dispatcher
        self._bus = bus
        self._capabilities = list(capabilities)
        self._dialects = dialects
        self._members: dict[Socket, Member] = {}
        self.stopping = False
        """Whether the gateway stops: nobody is let in any more."""
        self._places = places
        self.server = WebSocketServer(
            self._serve,
            process_request=self._judge,
            select_subprotocol=lambda socket, _: socket.member.dialect.subprotocol,
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

    def hear(self, event: Published) -> None:
        """A token or a device was taken back: what it opened is closed."""
        self.close_invalid()

    @property
    def open(self) -> int:
        """How many are connected."""
        return len(self._members)

    async def _judge(self, socket: Socket, request: Request) -> Response | None:
        """Authenticate the handshake, or put it off where `/ws` allows it."""
        path = urlsplit(request.path)
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
        enabled = self._authenticator.settings.enabled
        proven = credentials.given or credentials.cookie is not None
        head = _head(path.path, request.headers, credential=proven, everybody=not enabled)
        dialect = choose(head, self._dialects)
        if dialect is None and path.path.rstrip("/") in HTTP_ALONE:
            # Codex tries a WebSocket first, and goes on over HTTP at once where it is told so.
            return _refuse(HTTPStatus.UPGRADE_REQUIRED, "upgrade_required", f"{path.path} is served only over HTTP")
        if dialect is None:
            return _refuse(HTTPStatus.NOT_FOUND, "not_found", f"there is no WebSocket at {path.path}; try / or /ws")
        member = socket.member = Member(dialect)
        if dialect.first_frame or (dialect.late and not credentials.given and enabled):
            socket.bound(dialect.bounds.first_bytes)
            return None
        if credentials.given and _crosses(request.headers):
            return _refuse(HTTPStatus.FORBIDDEN, "forbidden", "a page of another site may not send credentials")
        try:
            member.principal = await self._authenticator.recognise(replace(credentials, address=self._address(socket)))
            self._places.check(member.principal)
        except GatewayError as error:
            return _refuse(HTTPStatus(error.status), error.code, error.message, error.details.get("retryAfter"))
        return None

    def _address(self, socket: Socket) -> str:
        """Where a socket came from, by what the proxies say that are trusted."""
        headers = socket.request.headers if socket.request is not None else Headers()
        peer = socket.remote_address
        return client_of(
            str(peer[0]) if peer else "",
            self._settings().trusted_proxies,
            headers.get_all("X-Forwarded-For"),
            headers.get_all("Forwarded"),
        )

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
            self._close(socket, TOO_MANY)

    async def _converse(self, socket: Socket, principal: Principal) -> None:
        member = socket.member
        settings = self._settings()
        dialect, device = member.dialect, member.device
        granted = dataclasses.replace(principal, scopes=dialect.grant(principal.scopes))
        device_token = await self._devices.met(granted, Visit(*device)) if device is not None else None
        connection = Connection(
            principal if dialect.guards else granted,
            self._dispatcher,
            dialect,
            socket,
            self._bus,
            max_in_flight=settings.max_in_flight,
            outbox_bytes=settings.outbox_bytes,
            cut=lambda: self._cut(socket),
        )
        socket.bound(dialect.bounds.bytes or settings.max_message_bytes)
        member.principal, member.connection = principal, connection
        socket.caught_up = connection.resumed
        socket.stalled = connection.fell_behind
        self._members[socket] = member
        self.opened += 1
        try:
            socket.write(Frames(dialect.greet(self._welcome(granted, device_token))))
            receive, recv = connection.receive, socket.recv
            while True:
                data = await recv(decode=False)
                if not is_utf8(data):
                    self._close(socket, BAD_DATA)
                    return
                receive(data)
        except ConnectionClosed:
            pass
        finally:
            del self._members[socket]
            connection.close()
            socket.caught_up = None

    async def _authenticate(self, socket: Socket) -> Principal | None:
        """Say what the dialect says first, and wait for the frame that says who is there."""
        dialect = socket.member.dialect
        socket.write(Frames(dialect.open()))
        try:
            async with asyncio.timeout(dialect.bounds.seconds or self._settings().auth_timeout_seconds):
                data = await socket.recv(decode=False)
        except TimeoutError:
            self._close(socket, AUTH_TIMEOUT)
            return None
        except ConnectionClosed:
            return None
        if not is_utf8(data):
            self._close(socket, BAD_DATA)
            return None
        code: CloseCode = UNAUTHORIZED
        try:
            proof = dialect.proof(data)
            principal = await self._identify(proof, self._address(socket))
            socket.member.device = proof.device
            code = TOO_MANY
            self._places.check(principal)
        except GatewayError as error:
            socket.write(Frames(dialect.turn_away(error)))
            self._close(socket, code)
            return None
        return principal

    async def _identify(self, proof: Proof, address: str) -> Principal:
        """Who a first frame says is there.

        Raises:
            Unauthorized, Unavailable: as `Authenticator.recognise`.
        """
        if not proof.either:
            bearer = f"Bearer {proof.token}" if proof.token is not None else None
            shown = Credentials.from_headers(bearer, proof.password, None, None)
            return await self._authenticator.recognise(replace(shown, address=address))
        # Each secret is tried as a token and as a password; what fails as both is counted once.
        for kind in KINDS:
            self._authenticator.guesses.check(address, kind)
        secrets = [secret for secret in (proof.token, proof.password) if secret]
        if proof.device is not None:
            for secret in secrets:
                if (principal := await self._devices.recognise(secret, proof.device.id)) is not None:
                    return principal
        tries = [Credentials(bearer=secret) for secret in secrets] + [
            Credentials(password=secret) for secret in secrets
        ]
        for credentials in tries[:-1]:
            try:
                return await self._authenticator.recognise(credentials)
            except Unauthorized:
                continue
        last = tries[-1] if tries else Credentials()
        return await self._authenticator.recognise(replace(last, address=address))

    def _welcome(self, principal: Principal, device_token: str | None) -> Welcome:
        settings = self._settings()
        return Welcome(
            self._greeting(principal),
            settings.max_message_bytes,
            settings.outbox_bytes,
            settings.heartbeat_seconds,
            time.monotonic() - self._began,
            device_token,
        )

    def _greeting(self, principal: Principal) -> ConnectedEvent:
        return ConnectedEvent(
            client_id=new_id("c"),
            gateway_version=__version__,
            capabilities=self._capabilities,
            user=principal.user,
            scopes=sorted(principal.scopes),
            max_message_bytes=self._settings().max_message_bytes,
        )

    def _cut(self, socket: Socket) -> None:
        self.slow_peers += 1
        self._close(socket, SLOW)

    def _close(self, socket: Socket, code: CloseCode) -> None:
        """Begin to close; nothing that the peer still sends is done, and what waits for it is dropped."""
        connection: Connection | None = socket.member.connection
        if connection is not None:
            connection.flush()
            connection.close()
        socket.close_soon(socket.member.dialect.close_codes.get(code.code, code.code), code.reason)

    async def beat(self) -> None:
        """Send heartbeats until cancelled."""
        while True:
            await asyncio.sleep(self._settings().heartbeat_seconds)
            beat = HeartbeatEvent(timestamp=int(time.time() * 1000), status="ok")
            event = Published(heartbeat, beat, user="")
            for member in list(self._members.values()):
                if member.connection is not None:
                    member.connection.push(event)

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
            who, device = member.principal, member.device
            if who is None:
                continue
            gone = device is not None and not self._devices.stands(who.user, device.id)
            if gone or not self._authenticator.valid(who):
                self._close(socket, REVOKED)


def is_utf8(data: bytes) -> bool:
    """Whether a message is text. The library tells texts from bytes alone where it decodes, which costs them twice."""
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class Member:
    """What the door knows of a socket."""

    __slots__ = ("connection", "device", "dialect", "principal")

    def __init__(self, dialect: SocketDialect) -> None:
        self.dialect = dialect
        self.device: Device | None = None
        self.principal: Principal | None = None
        self.connection: Connection | None = None


def _head(path: str, headers: Headers, *, credential: bool, everybody: bool) -> OpeningRequest:
    offered = ",".join(headers.get_all("Sec-WebSocket-Protocol")).split(",")
    names = [name.strip() for name in offered]
    return OpeningRequest(path, names, credential, headers.get("Origin"), headers.get("User-Agent"), everybody)


def _crosses(headers: Headers) -> bool:
    """Whether a page of another site sent it that has no origin which was let in."""
    return not headers.get_all("Origin") and headers.get("Sec-Fetch-Site") == "cross-site"


def _refuse(status: HTTPStatus, code: str, message: str, wait: int | None = None) -> Response:
    kind = "client_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    body = msgspec.json.encode({"error": {"code": code, "message": message, "type": kind, "param": None}})
    headers: dict[str, Any] = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="openclaw"'
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str(RETRY_SECONDS if wait is None else wait)
    return Response(status.value, status.phrase, Headers(headers), body)
