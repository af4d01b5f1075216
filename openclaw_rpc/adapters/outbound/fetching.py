"""Requests with every bound that a stranger's server needs: of time, of size, of redirects, each hop judged anew."""

from collections.abc import Callable, Mapping
from typing import Final

import aiohttp
import anyio
from yarl import URL

from openclaw_rpc.adapters.outbound.session import ClosedAddress, Policy
from openclaw_rpc.domain.outbound import Target, refused, same_origin, shown
from openclaw_rpc.domain.web import Fetched, FetchRequest
from openclaw_rpc.protocol.errors import InvalidRequest, ProviderError, Timeout

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
PIECE: Final = 64 * 1024
PRIVATE_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})

Session = Callable[[], aiohttp.ClientSession]


class GuardedFetcher:
    """Fetches over a guarded session (`guarded_session`), which is asked for when it is first needed."""

    def __init__(self, session: Session, policy: Policy) -> None:
        self._session = session
        self._policy = policy

    async def fetch(self, request: FetchRequest) -> Fetched:
        """Send a request and follow its redirects.

        Raises:
            InvalidRequest: the URL, or one that a redirect named, is none.
            Refused: one of them leads to a closed address.
            Timeout: it took longer than ``request.seconds`` in all.
            ProviderError: the server could not be reached, or does not speak HTTP.
        """
        try:
            with anyio.fail_after(request.seconds):
                return await self._follow(request)
        except TimeoutError:
            host = self._policy().check(request.url).host
            raise Timeout(f"{host} took longer than {request.seconds:g} s", reason="fetch") from None

    async def _follow(self, request: FetchRequest) -> Fetched:
        url, method, body, headers = request.url, request.method, request.body, dict(request.headers)
        before: Target | None = None
        for _ in range(request.max_redirects + 1):
            target = self._policy().check(url)
            if before is not None and not same_origin(before, target):
                headers = {name: value for name, value in headers.items() if name.lower() not in PRIVATE_HEADERS}
            before = target
            answer = await self._once(target, url, method, headers, body, request.max_bytes)
            if isinstance(answer, Fetched):
                return answer
            status, url = answer
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, body = "GET", None
                headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
        raise InvalidRequest(
            f"{shown(request.url)} redirects more than {request.max_redirects} times", field="url", reason="redirects"
        )

    async def _once(
        self, target: Target, url: str, method: str, headers: Mapping[str, str], body: bytes | None, max_bytes: int
    ) -> Fetched | tuple[int, str]:
        """One hop: the answer, or where it redirects."""
        try:
            async with self._session().request(
                method, URL(url), headers=headers, data=body, allow_redirects=False
            ) as reply:
                location = reply.headers.get("Location")
                if reply.status in REDIRECTS and location:
                    return reply.status, str(reply.url.join(URL(location)))
                data, truncated = await _read(reply, max_bytes)
                return Fetched(
                    url=str(reply.url),
                    status=reply.status,
                    headers={name.lower(): value for name, value in reply.headers.items()},
                    body=data,
                    truncated=truncated,
                )
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ClosedAddress):
                raise refused(target.host, "a name of a private address") from None
            raise ProviderError(f"{target.host} could not be reached: {_why(error)}", host=target.host) from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise ProviderError(f"{target.host} gave no answer: {_why(error)}", host=target.host) from None


async def _read(reply: aiohttp.ClientResponse, max_bytes: int) -> tuple[bytes, bool]:
    """The body, uncompressed, as far as it may go; whether there is more."""
    pieces: list[bytes] = []
    left = max_bytes
    async for piece in reply.content.iter_chunked(PIECE):
        if len(piece) > left:
            pieces.append(piece[:left])
            reply.close()
            return b"".join(pieces), True
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces), False


def _why(error: Exception) -> str:
    """An error in words, without the URL that aiohttp puts into some."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or type(error.os_error).__name__
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message or type(error).__name__
    return type(error).__name__
