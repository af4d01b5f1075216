"""The proxy that all traffic of the browser goes through: it connects to nothing that the outbound guard closes.

Looking at a page's requests inside the browser would not be enough: the browser resolves names itself, a moment
later, and opens sockets for WebSockets, prefetches and redirects. Here, the address that was judged is the one that
is connected to. Plain HTTP proxying and CONNECT (RFC 9110, 9.3.6; RFC 9112, 3.2.2), one request a connection.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import secrets
import socket
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.protocol.errors import GatewayError

HEAD_BYTES: Final = 64 * 1024
HEAD_SECONDS: Final = 30.0
CONNECT_SECONDS: Final = 15.0
PIECE: Final = 64 * 1024
HOP_HEADERS: Final = frozenset({"proxy-connection", "proxy-authorization", "connection", "keep-alive"})


class GuardedProxy:
    """Listens on loopback, for those who know ``username`` and ``password`` alone."""

    def __init__(self, policy: Callable[[], OutboundPolicy]) -> None:
        self.username = "browser"
        self.password = secrets.token_urlsafe(18)
        self.refused = 0
        self._policy = policy
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen; the proxy's address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Cut every connection."""
        if self._server is not None:
            self._server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # a stream server's callback always runs in one
            return
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")[:-2]
        method, _, rest = lines[0].partition(" ")
        target, _, version = rest.rpartition(" ")
        headers = [(name.strip().lower(), line) for line in lines[1:] for name in (line.partition(":")[0],)]
        if not self._known(lines):
            _answer(writer, 407, "Proxy-Authenticate: Basic realm=browser\r\n")
            return
        try:
            host, port, target = _destination(method, target)
            upstream_reader, upstream = await self._connect(host, port)
        except GatewayError:
            self.refused += 1
            _answer(writer, 403)
            return
        except (OSError, TimeoutError, ValueError):
            _answer(writer, 502)
            return
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            kept = [line for name, line in headers if name not in HOP_HEADERS]
            upgrading = any(name == "upgrade" for name, _ in headers)
            kept.append("Connection: Upgrade" if upgrading else "Connection: close")
            upstream.write("\r\n".join((f"{method} {target} {version}", *kept, "", "")).encode("latin-1"))
        await _both_ways(reader, writer, upstream_reader, upstream)

    def _known(self, lines: list[str]) -> bool:
        wanted = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if name.strip().lower() == "proxy-authorization":
                return hmac.compare_digest(value.strip().encode(), f"Basic {wanted}".encode())
        return False

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first address of a host that may be connected to.

        Raises:
            Refused: none of them may.
            OSError: none of them answers.
        """
        policy = self._policy()
        host = policy.check_host(host)
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [info[4][0] for info in found]
        open_ = [address for address in addresses if policy.names(host) or policy.refusal(str(address)) is None]
        if not open_:
            policy.check_host(str(addresses[0]))
        failed: OSError = OSError("no address")
        for address in open_:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(str(address), port)
            except (OSError, TimeoutError) as error:
                failed = OSError(str(error))
        raise failed


def _destination(method: str, target: str) -> tuple[str, int, str]:
    """Host, port, and the target as the server is to see it."""
    if method == "CONNECT":
        host, _, port = target.rpartition(":")
        return host.strip("[]"), int(port), target
    parts = urlsplit(target)
    if parts.scheme not in ("http", "ws") or not parts.hostname:
        raise ValueError("not an http URL")
    path = target.split("://", 1)[1]
    slash = path.find("/")
    return parts.hostname, parts.port or 80, path[slash:] if slash >= 0 else "/"


def _answer(writer: asyncio.StreamWriter, status: int, headers: str = "") -> None:
    writer.write(f"HTTP/1.1 {status} \r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())


async def _both_ways(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream_reader: asyncio.StreamReader,
    upstream: asyncio.StreamWriter,
) -> None:
    """Carry bytes until the server has said all, or either side is gone."""
    asking = asyncio.ensure_future(_carry(reader, upstream))
    try:
        await _carry(upstream_reader, writer)
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await asking
        upstream.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(PIECE):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()
