"""A listener with a small WebSocket side and a small HTTP side behind it, on a real port, and raw clients for it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import anyio
from aiohttp import web
from websockets.asyncio.server import ServerConnection

from openclaw_rpc.domain.principals import Credentials, Principal
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import Unauthorized
from openclaw_rpc.transports.head import HeadJudge, HeadRules
from openclaw_rpc.transports.http.base import HttpDoor
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route
from openclaw_rpc.transports.listener import Listener, hand_over
from openclaw_rpc.transports.ws.server_glue import WebSocketServer

SCOPES = {"reader": frozenset({Scope.READ}), "talker": frozenset({Scope.CHAT}), "boss": frozenset(Scope)}


async def identify(credentials: Credentials) -> Principal:
    """A token is its holder's name; `SCOPES` says what they may do."""
    name = credentials.bearer or credentials.password or ""
    if name not in SCOPES:
        raise Unauthorized("nobody we know")
    return Principal("owner", name, SCOPES[name])


async def echo(connection: ServerConnection) -> None:
    """Say which path was asked for, then repeat every message."""
    assert connection.request is not None
    await connection.send(f"hello {connection.request.path}")
    async for message in connection:
        await connection.send(message)


async def say_hello(request: HttpRequest) -> web.Response:
    return web.Response(text=f"hello {request.rel_url.query_string}")


async def repeat(request: HttpRequest) -> web.Response:
    return web.Response(body=await request.body())


@dataclass
class Opened:
    """A listener that listens."""

    listener: Listener
    door: HttpDoor
    websockets: WebSocketServer
    addresses: list[tuple[str, int]]

    @property
    def port(self) -> int:
        return self.addresses[0][1]

    @property
    def host(self) -> str:
        return self.addresses[0][0]


@asynccontextmanager
async def opened(
    routes: Iterable[Route] = (),
    *,
    host: str = "127.0.0.1",
    sockets: Sequence[socket.socket] = (),
    rules: HeadRules | None = None,
    tls: ssl.SSLContext | None = None,
    limit: Callable[[], int] = lambda: 1000,
    websocket: dict[str, Any] | None = None,
    http: dict[str, Any] | None = None,
    grace: float = 5,
    **settings: Any,
) -> AsyncIterator[Opened]:
    """Listen at a free port, with `GET /hello` and `POST /repeat` besides ``routes``; stop at the end."""
    judge = HeadJudge(rules)
    websockets = WebSocketServer(**{"handler": echo, "close_timeout": 2, **(websocket or {})})
    await websockets.start()
    standard = (Route("GET", "/hello", say_hello, open=True), Route("POST", "/repeat", repeat, open=True))
    door = HttpDoor(
        [*standard, *routes],
        judge=judge,
        identify=identify,
        hand_over=lambda request: hand_over(request, websockets),
        **(http or {}),
    )
    listener = Listener(
        websockets=websockets, http=door.server(), judge=judge, max_connections=limit, tls=tls, **settings
    )
    addresses = await listener.start(host, 0, sockets=sockets)
    try:
        yield Opened(listener, door, websockets, addresses)
    finally:
        with anyio.fail_after(grace + 10):
            await listener.stop(grace)


class Raw:
    """A client that sends bytes as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> str:
        """The next response's head."""
        with anyio.fail_after(10):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")

    async def answer(self) -> tuple[int, str, bytes]:
        """The next response: its status, its head, its body, whose length it must say."""
        head = await self.head()
        length = next(
            (line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length")), 0
        )
        with anyio.fail_after(10):
            return int(head.split(" ", 2)[1]), head, await self.reader.readexactly(int(length))

    async def rest(self) -> bytes:
        """All that comes until the end of the connection; a reset is an end too."""
        received = bytearray()
        with anyio.fail_after(10):
            try:
                while data := await self.reader.read(65536):
                    received += data
            except ConnectionError:
                pass
        return bytes(received)


@asynccontextmanager
async def raw(port: int, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[Raw]:
    """Connect."""
    options = {"ssl": tls, "server_hostname": "localhost"} if tls else {}
    reader, writer = await asyncio.open_connection(host, port, **options)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def request_bytes(port: int, target: str = "/hello", method: str = "GET", *fields: str, body: bytes = b"") -> bytes:
    """A request by the name that everybody has."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: localhost:{port}", *fields]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


UPGRADE = (
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)


def text_frame(text: str) -> bytes:
    """A client's text frame, masked with zeros (RFC 6455, 5.2); up to 125 bytes."""
    data = text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data)]) + bytes(4) + data


async def read_text(reader: asyncio.StreamReader) -> str:
    """A server's text frame."""
    with anyio.fail_after(10):
        first, length = await reader.readexactly(2)
        assert first == 0x81, first
        return (await reader.readexactly(length)).decode()


async def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; it must within 5 s."""
    with anyio.fail_after(5):
        while not condition():
            await anyio.lowlevel.checkpoint()
