"""The SDK's HTTP client on the gateway's guarded session: each address is judged when it is connected to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import aiohttp
import httpx2
from yarl import URL

from openclaw_rpc.adapters.outbound import ClosedAddress

MAX_BODY: Final = 32 * 1024 * 1024
"""The largest answer that is no event stream."""
PIECE: Final = 64 * 1024
LOST: Final = frozenset({400, 404})
"""How servers answer a session that they don't know: 404 (MCP, session management), many with 400."""
CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 3600.0
# aiohttp has undone the former; the latter two would no longer fit.
_DROPPED: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends each request over the session."""

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        on_lost: Callable[[], None] = lambda: None,
        on_gone: Callable[[str], None] = lambda why: None,
    ) -> None:
        """What sends.

        Args:
            session: What connects.
            on_lost: Called when the server refuses a session that it gave out.
            on_gone: Called with the reason when it can't be reached.
        """
        self._session = session
        self._on_lost = on_lost
        self._on_gone = on_gone
        self.refused = 0
        """The status of the first request, where that was refused."""
        self._first = True

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; redirects are the caller's business.

        Raises:
            httpx2.ConnectError, httpx2.ReadError, httpx2.ReadTimeout: as they say.
        """
        body = await request.aread()
        read = request.extensions.get("timeout", {}).get("read") or READ_SECONDS
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        try:
            reply = await self._session().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name, value) for name, value in headers if name.lower() not in _DROPPED | {"host"}],
                data=body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=read),
            )
        except aiohttp.ClientConnectorError as error:
            closed = isinstance(error.os_error, ClosedAddress)
            private = "it is a private address that outbound.allow_private_hosts does not name"
            why = private if closed else error.os_error.strerror or "no connection"
            self._on_gone(f"{request.url.host} can't be reached: {why}")
            raise httpx2.ConnectError(f"{request.url.host} can't be reached: {why}", request=request) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            kind = httpx2.ReadTimeout if isinstance(error, TimeoutError) else httpx2.ReadError
            raise kind(f"{request.url.host} gave no answer: {type(error).__name__}", request=request) from None
        if self._first and reply.status >= 400:
            self.refused = reply.status
        self._first = False
        if reply.status in LOST and request.method == "POST" and "mcp-session-id" in request.headers:
            self._on_lost()
        return httpx2.Response(
            reply.status,
            headers=[(name, value) for name, value in reply.headers.items() if name.lower() not in _DROPPED],
            stream=_GuardedBody(reply, request),
            request=request,
        )


class _GuardedBody(httpx2.AsyncByteStream):
    """What comes back, as it comes."""

    def __init__(self, reply: aiohttp.ClientResponse, request: httpx2.Request) -> None:
        self._reply = reply
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        endless = self._reply.content_type == "text/event-stream"
        size = 0
        try:
            async for piece in self._reply.content.iter_any():
                size += len(piece)
                if size > MAX_BODY and not endless:
                    raise httpx2.ReadError("the answer is too large", request=self._request)
                yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise httpx2.ReadError(f"the answer broke off: {type(error).__name__}", request=self._request) from None

    async def aclose(self) -> None:
        """Let go of the connection."""
        self._reply.close()
