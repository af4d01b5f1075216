"""The connections to a model's server: opened by aiohttp, which knows names, proxies and TLS, and kept for the next."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import aiohttp
import anyio
import yarl

from openclaw_rpc.adapters.providers.http1 import BrokenError, HttpConnection, HttpResponse
from openclaw_rpc.adapters.tls import client_context
from openclaw_rpc.aiohttp_private import Connection, open_connection, proxy_for

CONNECTIONS: Final = 200
"""How many requests to one server may be under way; more wait."""
KEEP_ALIVE_SECONDS: Final = 60.0
NOT_SENT: Final = ("content-length", "host", "connection", "transfer-encoding")
"""Headers that are no request's own business."""
_BREAKS: Final = "\r\n\0"


class RequestTemplate(NamedTuple):
    """What is sent with every request of one kind, all but the length of its body and the body."""

    url: yarl.URL
    head: bytes


Traceparent = Callable[[], str | None]
"""Answers where the request that is being made stands in a trace."""


class Connections:
    """The connections to the server at ``address``.

    They go through the proxy that the environment names. That is looked up once: aiohttp's ``trust_env`` does it in
    a thread for each request, which would cost more than all the rest of it.
    """

    def __init__(self, address: str, connect_timeout: float, traceparent: Traceparent | None = None) -> None:
        self._traceparent = traceparent
        self._proxy, self._proxy_auth = proxy_for(yarl.URL(address))
        self._seconds = connect_timeout
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout, sock_connect=connect_timeout)
        self._connector: aiohttp.TCPConnector | None = None
        self._idle: dict[HttpConnection, float] = {}
        """Those without a request, and since when; the one that was used last is the last."""
        self._opened: dict[HttpConnection, tuple[Connection, asyncio.BaseProtocol]] = {}
        self._places = anyio.Semaphore(CONNECTIONS)
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._opened)

    def request(self, method: str, url: yarl.URL, headers: Sequence[tuple[str, str]]) -> RequestTemplate:
        """What such a request begins with.

        Raises:
            ValueError: a header would be more than one line.
        """
        proxied = self._proxy is not None and url.scheme == "http"
        own = [(name, value) for name, value in headers if name.lower() not in NOT_SENT]
        if proxied and self._proxy_auth is not None:
            own.append(("Proxy-Authorization", self._proxy_auth.encode()))
        if any(mark in text for pair in own for text in pair for mark in _BREAKS):
            raise ValueError("a header holds a line break")
        target = str(url.with_user(None).with_fragment(None)) if proxied else url.raw_path_qs
        lines = (
            f"{method} {target} HTTP/1.1",
            f"Host: {url.host_port_subcomponent}",
            *(f"{name}: {value}" for name, value in own),
        )
        return RequestTemplate(url, "\r\n".join((*lines, "")).encode())

    async def ask(
        self, request: RequestTemplate, body: bytes | None, until: float, *, words: bool = False
    ) -> HttpResponse:
        """Send a request, and come back with the head of its answer, for which nobody waits past ``until``.

        A connection that its server closes just as it is used again, as llama.cpp does behind each stream, has brought
        the request nowhere: it is sent once more over a new one.

        With ``words``, a stream's first bytes are waited for as well.

        Raises:
            aiohttp.ClientError: there is no connection to be had.
            LateError, BrokenError, NoHttpError: as they say.
        """
        size = b"\r\n" if body is None else b"Content-Length: %d\r\n\r\n" % len(body)
        if self._traceparent is not None and (trace := self._traceparent()) is not None:
            size = b"traceparent: %s\r\n%s" % (trace.encode(), size)
        pieces = request.head + size, body or b""
        used_before = True
        while True:
            connection, used_before = await self._connection(request.url, may_be_used=used_before)
            answer = connection.ask(pieces, until, words=words)
            try:
                await answer.began
            except BrokenError:
                answer.close()
                if not used_before:
                    raise
            except BaseException:
                answer.close()
                raise
            else:
                return answer
            used_before = False

    async def _connection(self, url: yarl.URL, *, may_be_used: bool) -> tuple[HttpConnection, bool]:
        """A connection, and whether it was used before."""
        try:
            self._places.acquire_nowait()
        except anyio.WouldBlock:
            await self._place()
        kept = self._kept() if may_be_used else None
        if kept is not None:
            return kept, True
        try:
            return await self._open(url), False
        except BaseException:
            self._places.release()
            raise

    async def _place(self) -> None:
        """Wait until another request may be under way."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
        except TimeoutError:
            raise aiohttp.ConnectionTimeoutError("all connections are in use") from None

    def _kept(self) -> HttpConnection | None:
        """A connection that is there already: the one that was used last."""
        for connection in reversed(self._idle):
            if connection.open:
                del self._idle[connection]
                return connection
        return None

    async def _open(self, url: yarl.URL) -> HttpConnection:
        loop = asyncio.get_running_loop()
        if self._connector is None:
            secure = url.scheme == "https" or self._proxy is not None
            self._connector = aiohttp.TCPConnector(
                limit=0, ssl=client_context() if secure else True, force_close=True, loop=loop
            )
        lease = await open_connection(self._connector, url, self._timeout, self._proxy, self._proxy_auth)
        transport, protocol = lease.transport, lease.protocol
        if transport is None or protocol is None:
            lease.close()
            raise ConnectionResetError
        connection = HttpConnection(self._keep, self._gone)
        self._opened[connection] = lease, protocol
        transport.set_protocol(connection)
        connection.connection_made(transport)
        return connection

    def _keep(self, connection: HttpConnection) -> None:
        """A request is done, and its connection good for another."""
        self._places.release()
        loop = asyncio.get_running_loop()
        self._idle[connection] = loop.time()
        if self._sweeper is None:
            self._sweeper = loop.call_later(KEEP_ALIVE_SECONDS, self._sweep)

    def _sweep(self) -> None:
        """Close what nobody used for a while."""
        self._sweeper = None
        loop = asyncio.get_running_loop()
        old = loop.time() - KEEP_ALIVE_SECONDS
        for connection, since in list(self._idle.items()):
            if since > old:
                self._sweeper = loop.call_later(since - old, self._sweep)
                break
            connection.abort()

    def _gone(self, connection: HttpConnection, error: Exception | None) -> None:
        """A connection has ended."""
        if self._idle.pop(connection, None) is None:
            self._places.release()
        lease, protocol = self._opened.pop(connection)
        protocol.connection_lost(error)
        lease.close()

    async def aclose(self) -> None:
        """Close them all; requests that are under way are cut."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in list(self._opened):
            connection.abort()
        connector, self._connector = self._connector, None
        if connector is not None:
            await connector.close()
