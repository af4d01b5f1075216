"""One request to a model's server through the `openai` package, its answer as bytes.

The package keeps the address, the keys and its typed errors; its connections are aiohttp's, which cost half of httpx's
a read and hand out everything that has come at once. It is imported when a model is first asked, in a thread, since
that takes half a second.
"""

import asyncio
import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import aiohttp
import anyio
import anyio.to_thread
import yarl
from aiohttp.helpers import get_env_proxy_for_url
from multidict import CIMultiDict

from openclaw_rpc.adapters.providers.faults import MAX_BODY, Failed, Faults
from openclaw_rpc.adapters.tls import client_context
from openclaw_rpc.domain.models import ProviderSettings

if TYPE_CHECKING:
    import openai

CONNECTIONS = 200
KEEP_ALIVE_SECONDS = 60
LONG_BODY = 512 * 1024
DRAIN_SECONDS = 0.1
REFUSAL_SECONDS = 10
RESPONSE = "aiohttp_response"
OF_ONE_REQUEST = ("content-length", "host", "connection", "transfer-encoding")


class Connections:
    """aiohttp's connections to the server at ``address``, kept for the next request.

    They go through the proxy that the environment names. That is looked up once: aiohttp's ``trust_env`` does it in
    a thread for each request, which would cost more than all the rest of it.
    """

    def __init__(self, address: str, connect_timeout: float) -> None:
        try:
            self._proxy, self._proxy_auth = get_env_proxy_for_url(yarl.URL(address))
        except LookupError:
            self._proxy = self._proxy_auth = None
        # Reading is timed where it is done.
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect_timeout, sock_connect=connect_timeout)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: yarl.URL, headers: "CIMultiDict[str]", body: bytes
    ) -> aiohttp.ClientResponse:
        """Ask, and come back with the head of the answer.

        Raises:
            aiohttp.ClientError: there is none.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS,
                    keepalive_timeout=KEEP_ALIVE_SECONDS,
                    ssl=client_context() if url.scheme == "https" or self._proxy is not None else True,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
            )
        return await self._session.request(
            method,
            url,
            headers=headers,
            # In pieces where it is long: aiohttp warns of bytes that would be written at one go.
            data=io.BytesIO(body) if len(body) > LONG_BODY else body or None,
            allow_redirects=False,
            proxy=self._proxy,
            proxy_auth=self._proxy_auth,
        )

    async def aclose(self) -> None:
        """Close them all."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def beginning(response: aiohttp.ClientResponse) -> bytes:
    """As much of a refusal's body as is of use."""
    body = bytearray()
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            while len(body) < MAX_BODY and (piece := await response.content.readany()):
                body += piece
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass  # the status tells enough
    finally:
        response.release()
    return bytes(body[:MAX_BODY])


class Answer:
    """A server's answer whose body is still to come. ``read`` gives what one upstream read brought."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._content = response.content
        self._loop = asyncio.get_running_loop()
        self._limit = 0.0
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._reading = False
        self._late = False

    @property
    def content_type(self) -> str:
        """The media type, without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""
        return self._content.at_eof()

    def expect(self, seconds: float) -> None:
        """From now on no read may take longer; one that does raises TimeoutError, and the connection is cut.

        One timer for the whole answer looks after it: a timer a read would cost as much as the read itself.
        """
        self._limit = seconds
        self._since = self._loop.time()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        waited = self._loop.time() - self._since if self._reading else 0.0
        if waited < self._limit:
            self._timer = self._loop.call_later(self._limit - waited, self._look)
        else:
            self._late = True
            self._response.close()

    async def read(self) -> bytes:
        """What one upstream read brought; empty at the end.

        Raises:
            TimeoutError: it took longer than ``expect`` allows.
            aiohttp.ClientError: the connection broke, after all that came before was read.
        """
        self._since = self._loop.time()
        self._reading = True
        try:
            return await self._content.readany()
        except Exception:
            if self._late:
                raise TimeoutError from None
            # aiohttp forgets what it holds when a connection breaks: the last words, or the server's own error.
            left = self._content._read_nowait(-1)  # pyright: ignore[reportPrivateUsage]
            if left:
                return left
            raise
        finally:
            self._reading = False

    async def drain(self) -> None:
        """Read to the end where it is near, so that the connection can be used again."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self.read():
                    pass
        except TimeoutError:
            pass
        except (aiohttp.ClientError, OSError):
            pass

    def close(self) -> None:
        """Give the connection back, or cut it at once where the answer has not ended."""
        if self._timer is not None:
            self._timer.cancel()
        self._response.release()


class _Ready(NamedTuple):
    """What a POST to one path is sent with."""

    url: yarl.URL
    headers: "CIMultiDict[str]"


class Upstream:
    """A server's address, and the connections to it; made when first asked, and again after ``aclose``."""

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self._settings = settings
        self._client: openai.AsyncOpenAI | None = None
        self._ready: dict[str, _Ready] = {}
        self._stream_class: type[openai.AsyncStream[bytes]] | None = None
        self._making = anyio.Lock()
        parts = urlsplit(settings.address)
        netloc = parts.netloc.rpartition("@")[2]
        self._address = urlunsplit((parts.scheme, netloc, parts.path, "", ""))
        self._connections = Connections(self._address, settings.connect_timeout_seconds)
        self._query = dict(parse_qsl(parts.query))  # such as Azure's api-version
        self._headers = {"Accept-Encoding": "identity", **settings.headers}
        secrets = [settings.api_key or "", *settings.headers.values(), *self._query.values()]
        if settings.api_key:
            self._headers.setdefault("Authorization", f"Bearer {settings.api_key}")
        elif parts.username:
            user, password = unquote(parts.username), unquote(parts.password or "")
            secrets += [password]
            pair = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers.setdefault("Authorization", f"Basic {pair}")
        self.faults = Faults(name, settings.address, secrets)

    async def ask(
        self, path: str, body: bytes | None, model: str, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """POST ``body`` to ``path``, or GET it where there is none, once.

        Raises:
            Failed: it can't be reached, or answered with a status of 300 and more.
        """
        ready = self._ready.get(path) if body is not None and headers is None else None
        if ready is not None and body is not None:
            return await self._again(ready, body, model)
        client, stream_class = await self._made()
        import openai

        options: Any = {"headers": {**self._anonymous(openai.Omit()), **(headers or {})}}
        method: Literal["get", "post"] = "get" if body is None else "post"
        try:
            if method == "get":
                stream = await client.get(path, cast_to=bytes, options=options, stream=True, stream_cls=stream_class)
            else:
                stream = await client.post(
                    path, cast_to=bytes, content=body, options=options, stream=True, stream_cls=stream_class
                )
        except openai.APIStatusError as error:
            raise self.faults.of_status(
                error.status_code, error.response.headers, error.response.content, model
            ) from None
        except Exception as error:
            raise self.broken(error) from None
        if body is not None and headers is None:
            request = stream.response.request
            kept = [item for item in request.headers.multi_items() if item[0].lower() not in OF_ONE_REQUEST]
            self._ready[path] = _Ready(yarl.URL(str(request.url), encoded=True), CIMultiDict(kept))
        return Answer(stream.response.extensions[RESPONSE])

    async def _again(self, ready: "_Ready", body: bytes, model: str) -> Answer:
        """POST to the address and with the headers that the package made when that path was asked first.

        They are the same each time, and making them anew costs more than all the rest of a request.
        """
        try:
            response = await self._connections.request("POST", ready.url, ready.headers, body)
            if response.status < 300:
                return Answer(response)
            said = await beginning(response)
        except Exception as error:
            raise self.broken(error) from None
        raise self.faults.of_status(response.status, response.headers, said, model)

    def broken(self, error: Exception) -> Failed:
        """The fault that an exception of the connection means."""
        return self.faults.of_exception(error, self._settings.connect_timeout_seconds)

    def _anonymous(self, omit: Any) -> dict[str, Any]:
        return {} if "Authorization" in self._headers else {"Authorization": omit}

    async def _made(self) -> tuple["openai.AsyncOpenAI", type["openai.AsyncStream[bytes]"]]:
        if self._client is None or self._stream_class is None:
            async with self._making:
                if self._client is None or self._stream_class is None:
                    self._client, self._stream_class = await anyio.to_thread.run_sync(self._make)
        return self._client, self._stream_class

    def _make(self) -> tuple["openai.AsyncOpenAI", type["openai.AsyncStream[bytes]"]]:
        import httpx2
        import openai

        class Pieces(openai.AsyncStream[bytes]):
            """Only carries the response: its bytes are read, not its events."""

        connections = self._connections

        class Transport(httpx2.AsyncBaseTransport):
            """The package's requests on aiohttp's connections."""

            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                url = yarl.URL(str(request.url), encoded=True)
                headers = CIMultiDict(request.headers.multi_items())
                response = await connections.request(request.method, url, headers, await request.aread())
                if response.status < 300:
                    return httpx2.Response(response.status, request=request, extensions={RESPONSE: response})
                body = await beginning(response)
                return httpx2.Response(response.status, headers=list(response.headers.items()), content=body)

            async def aclose(self) -> None:
                await connections.aclose()

        client = openai.AsyncOpenAI(
            api_key=self._settings.api_key or "none",
            base_url=self._address,
            default_headers=self._headers,
            default_query=self._query,
            max_retries=0,  # retries are counted up to the first token, which the package can't see
            timeout=None,
            http_client=httpx2.AsyncClient(transport=Transport(), timeout=None, follow_redirects=False),
        )
        if self._settings.type != "openai":  # OPENAI_ORG_ID and OPENAI_PROJECT_ID are nobody else's business
            client.organization = client.project = None
        return client, Pieces

    async def aclose(self) -> None:
        """Close the connections; a later request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        await self._connections.aclose()
