"""HTTP/1.1 messages on their way through the proxy: one request and one answer a connection, and nothing else.

A browser keeps its connections to a proxy and sends the next request, to whichever site, on any of them. A server that
keeps a connection open would then be handed requests, cookies and all, that are meant for another. So just one request
is carried, as long as it says it is, and the answer always says that the connection ends (RFC 9112, 9.6, 11).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from openclaw_rpc.http_fields import MalformedField, header_fields

HEAD_BYTES: Final = 64 * 1024
PIECE: Final = 64 * 1024
INTERIM: Final = range(100, 200)
NO_BODY: Final = frozenset({204, 304})
HOP_HEADERS: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
    }
)
_REQUEST: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP/1\.[01]")
_STATUS: Final = re.compile(r"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n\0]*)?")
_PORT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)


class BadMessage(ValueError):
    """It is no HTTP, or may be read in two ways."""


class Head(NamedTuple):
    """The first lines of a message: the start line, and the headers in their order, names in lower case."""

    start: str
    headers: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """What a header says, each time it is there."""
        return [value for key, value in self.headers if key == name]


class Destination(NamedTuple):
    """Where a request goes, and its target as the server there is to see it; None where it asks for a tunnel."""

    host: str
    port: int
    target: str | None


async def read_head(reader: asyncio.StreamReader, *, lenient: bool = False) -> Head:
    """The next message's head; ``lenient`` leaves out what is no header, as browsers do.

    Raises:
        BadMessage: it is none, or too long. EOFError: there is no more.
    """
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise BadMessage("the head is too long") from None
    start, *lines = raw[:-4].split(b"\r\n")
    try:
        return Head(start.decode("latin-1"), header_fields(lines, lenient=lenient))
    except MalformedField as error:
        raise BadMessage(str(error)) from None


def destination(head: Head) -> tuple[str, Destination]:
    """A request's method, and where it goes.

    Raises:
        BadMessage: it is no request to a proxy.
    """
    match = _REQUEST.fullmatch(head.start)
    if match is None:
        raise BadMessage("the first line is malformed")
    method, target = match[1], match[2]
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return method, Destination(_bare(host), _port(port), None)
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError:
        raise BadMessage("the target is not a URL") from None
    if parts.scheme.lower() != "http" or not parts.hostname or "@" in parts.netloc:
        raise BadMessage("the target is not an http URL")
    path = target[len(parts.scheme) + len("://") + len(parts.netloc) :].partition("#")[0]
    return method, Destination(parts.hostname, 80 if port is None else port, path if path[:1] == "/" else f"/{path}")


def body_length(head: Head) -> int:
    """How many bytes of body a request has.

    Raises:
        BadMessage: that can be read in two ways, or cannot be known before.
    """
    if head.all("transfer-encoding"):
        raise BadMessage("a body must say its length")
    lengths = set(head.all("content-length"))
    if not lengths:
        return 0
    length = lengths.pop()
    if lengths or not re.fullmatch(r"[0-9]{1,18}", length, re.ASCII):
        raise BadMessage("the length of the body is invalid")
    return int(length)


def request_bytes(head: Head, method: str, to: Destination) -> bytes:
    """A request's head as the server is to see it."""
    default = f"[{to.host}]" if ":" in to.host else to.host
    host = default if to.port == 80 else f"{default}:{to.port}"
    kept = [(name, value) for name, value in head.headers if name not in HOP_HEADERS and name != "host"]
    return _spelled(f"{method} {to.target} HTTP/1.1", [("host", host), *kept, ("connection", "close")])


async def relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream_reader: asyncio.StreamReader,
    upstream: asyncio.StreamWriter,
    method: str,
    length: int,
) -> None:
    """Carry one request's body and its answer. The request's head was sent."""
    sending = asyncio.ensure_future(_send_body(reader, upstream, length))
    answering = asyncio.ensure_future(_answer(upstream_reader, writer, method))
    leaving = asyncio.ensure_future(_gone(sending, reader))
    try:
        await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, answering, leaving):
            task.cancel()
        await asyncio.gather(sending, answering, leaving, return_exceptions=True)


async def tunnel(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream_reader: asyncio.StreamReader,
    upstream: asyncio.StreamWriter,
) -> None:
    """Carry bytes both ways until one side has said all."""
    there = asyncio.ensure_future(_carry(reader, upstream))
    back = asyncio.ensure_future(_carry(upstream_reader, writer))
    try:
        await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (there, back):
            task.cancel()
        await asyncio.gather(there, back, return_exceptions=True)


async def _answer(upstream: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str) -> None:
    while True:
        head = await read_head(upstream, lenient=True)
        match = _STATUS.fullmatch(head.start)
        if match is None or match[1] == "101":
            raise BadMessage("the answer is malformed")
        status = int(match[1])
        if status not in INTERIM:
            break
        writer.write(_spelled(head.start, head.headers))
    kept = [(name, value) for name, value in head.headers if name not in HOP_HEADERS]
    writer.write(_spelled(head.start, [*kept, ("connection", "close")]))
    length = 0 if method == "HEAD" or status in NO_BODY else _told_length(head)
    if length is None:
        await _carry(upstream, writer)
    else:
        await _send_body(upstream, writer, length)


def _told_length(head: Head) -> int | None:
    """How long an answer says it is; None where it lasts until the connection ends, or says so piece by piece."""
    try:
        return body_length(head) if head.all("content-length") else None
    except BadMessage:
        return None


async def _send_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int) -> None:
    while length:
        data = await reader.read(min(PIECE, length))
        if not data:
            raise EOFError
        length -= len(data)
        writer.write(data)
        await writer.drain()


async def _gone(sending: asyncio.Future[None], reader: asyncio.StreamReader) -> None:
    """Until whoever asked is gone: what it sends behind its request goes nowhere."""
    await asyncio.wait((sending,))
    if not isinstance(sending.exception(), EOFError):
        while await reader.read(PIECE):
            pass


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(PIECE):
        writer.write(data)
        await writer.drain()


def _spelled(start: str, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = (start, *(f"{name}: {value}" for name, value in headers), "", "")
    return "\r\n".join(lines).encode("latin-1")


def _bare(host: str) -> str:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare or "[" in bare or "]" in bare:
        raise BadMessage("the host is invalid")
    return bare


def _port(port: str) -> int:
    if _PORT.fullmatch(port) is None or not 0 < int(port) < 65_536:
        raise BadMessage("the port is invalid")
    return int(port)
