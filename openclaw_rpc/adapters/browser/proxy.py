"""The proxy that all traffic of the browser goes through: it connects to nothing that the outbound guard closes.

Looking at a page's requests inside the browser would not be enough: the browser resolves names itself, a moment
later, and opens sockets for WebSockets, prefetches and redirects. Here, the address that was judged is the one that
is connected to. Plain HTTP proxying and CONNECT (RFC 9110, 9.3.6; RFC 9112, 3.2.2), one request a connection.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from openclaw_rpc.adapters.browser.relay import (
    HEAD_BYTES,
    BadMessage,
    Destination,
    Head,
    body_length,
    destination,
    read_head,
    relay,
    request_bytes,
    tunnel,
)
from openclaw_rpc.domain.outbound import OutboundPolicy, OutboundRefused, refused
from openclaw_rpc.protocol.errors import GatewayError

HEAD_SECONDS: Final = 30.0
CONNECT_SECONDS: Final = 15.0
CLOSE_SECONDS: Final = 5.0
REFUSALS_KEPT: Final = 256

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Answers the addresses of a host and a port."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses that the system knows for a host.

    Raises:
        OSError: it knows none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


class GuardedProxy:
    """Listens on loopback, for those who know ``username`` and ``password`` alone.

    ``refusals`` says of the hosts that were refused lately why they were.
    """

    def __init__(self, policy: Callable[[], OutboundPolicy], resolve: Resolve = resolved) -> None:
        self.username = "browser"
        self.password = secrets.token_urlsafe(18)
        self.refusals: OrderedDict[str, OutboundRefused] = OrderedDict()
        self._policy = policy
        self._resolve = resolve
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen; the proxy's address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """Cut every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # a stream server's callback always runs in one
            return
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError, BadMessage, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            await _closed(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await read_head(reader)
            if not self._known(head):
                _answer(writer, 407, "Proxy-Authenticate: Basic realm=browser\r\n")
                return
            method, to = destination(head)
            length = 0 if to.target is None else body_length(head)
        except BadMessage:
            _answer(writer, 400)
            return
        try:
            upstream_reader, upstream = await self._connect(to)
        except OutboundRefused as refusal:
            self._note(to.host, refusal)
            if to.target is None:
                _answer(writer, 403)
            # Else the connection just ends: an answer of the proxy's would be a page of that site.
            return
        except (GatewayError, OSError, ValueError):
            # As where nobody listens: a page is not told which names there are.
            if to.target is None:
                _answer(writer, 502)
            return
        try:
            if to.target is None:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                await tunnel(reader, writer, upstream_reader, upstream)
            else:
                upstream.write(request_bytes(head, method, to))
                await relay(reader, writer, upstream_reader, upstream, method, length)
        finally:
            upstream.close()

    def _known(self, head: Head) -> bool:
        wanted = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        given = head.all("proxy-authorization")
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), f"Basic {wanted}".encode())

    def _note(self, host: str, refusal: OutboundRefused) -> None:
        self.refusals[host] = refusal
        self.refusals.move_to_end(host)
        while len(self.refusals) > REFUSALS_KEPT:
            self.refusals.popitem(last=False)

    async def _connect(self, to: Destination) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first address of a host that may be connected to.

        Raises:
            Refused: none of them may.
            OSError: none of them answers.
        """
        policy = self._policy()
        host = policy.check_host(to.host)
        found = await self._resolve(host, to.port)
        why = {address: None if policy.names(host) else policy.refusal(address) for address in found}
        open_ = [address for address, what in why.items() if what is None]
        if why and not open_:
            raise refused(host, next(what for what in why.values() if what is not None))
        failed: OSError = OSError("no address")
        for address in open_:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await asyncio.open_connection(address, to.port, limit=HEAD_BYTES)
            except (OSError, TimeoutError) as error:
                failed = OSError(str(error))
        raise failed


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close what is there, after what was written; cut it where nobody reads."""
    writer.close()
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await writer.wait_closed()
    except (OSError, TimeoutError, asyncio.CancelledError):
        writer.transport.abort()


def _answer(writer: asyncio.StreamWriter, status: int, headers: str = "") -> None:
    writer.write(f"HTTP/1.1 {status} \r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
