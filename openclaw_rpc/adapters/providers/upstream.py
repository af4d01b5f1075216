"""One request to a model's server through the `openai` package, its answer as bytes.

The package keeps the address, the keys and its typed errors; the connections are ours. It is imported when a model is
first asked, in a thread, since that takes half a second.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import anyio
import yarl

from openclaw_rpc.adapters.providers.connections import Connections, RequestTemplate, Traceparent
from openclaw_rpc.adapters.providers.faults import MAX_BODY, Failed, Faults, causes
from openclaw_rpc.adapters.providers.frames import BadAnswerError
from openclaw_rpc.adapters.providers.http1 import HttpResponse, LateError, NoHttpError
from openclaw_rpc.adapters.providers.reader import MAX_LINE
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.threads import in_thread

if TYPE_CHECKING:
    import openai

DRAIN_SECONDS = 0.1
REFUSAL_SECONDS = 10
ANSWER, REQUEST = "openclaw_answer", "openclaw_request"
"""What the package carries through from its transport, by these names."""


async def beginning(answer: HttpResponse) -> bytes:
    """As much of a refusal's body as is of use; the answer is closed."""
    answer.patience = REFUSAL_SECONDS
    body = bytearray()
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            while len(body) < MAX_BODY and (piece := await answer.read()):
                body += piece
    except (TimeoutError, LateError, NoHttpError, OSError):
        pass  # the status tells enough
    finally:
        answer.close()
    return bytes(body[:MAX_BODY])


async def drain(answer: HttpResponse) -> None:
    """Read to the end where it is near, so that the connection can be used again."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while await answer.read():
                pass
    except (TimeoutError, LateError, NoHttpError, OSError):
        pass


class Upstream:
    """A server's address, and the connections to it; made when first asked, and again after ``aclose``."""

    def __init__(self, name: str, settings: ProviderSettings, traceparent: Traceparent | None = None) -> None:
        self._settings = settings
        self._client: openai.AsyncOpenAI | None = None
        self._ready: dict[str, RequestTemplate] = {}
        self._stream_class: type[openai.AsyncStream[bytes]] | None = None
        self._making = anyio.Lock()
        parts = urlsplit(settings.address)
        netloc = parts.netloc.rpartition("@")[2]
        self._address = urlunsplit((parts.scheme, netloc, parts.path, "", ""))
        self._connections = Connections(self._address, settings.connect_timeout_seconds, traceparent)
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
        self,
        path: str,
        body: bytes | None,
        model: str,
        until: float,
        *,
        headers: Mapping[str, str] | None = None,
        words: bool = False,
    ) -> HttpResponse:
        """POST ``body`` to ``path``, or GET it where there is none, once; nobody waits past ``until``.

        With ``words``, a stream's first bytes may be waited for as well as its head: one wait costs less than two.

        Raises:
            Failed: it can't be reached, or answered with a status of 300 and more.
            LateError: it did not answer in time.
        """
        ready = self._ready.get(path) if body is not None and headers is None else None
        if ready is None:
            return await self._first(path, body, model, until, headers or {})
        # The package would make the same address and the same headers each time, and making them anew costs more
        # than all the rest of a request.
        try:
            answer = await self._connections.ask(ready, body, until, words=words)
            if answer.status < 300:
                return answer
            said = await beginning(answer)
        except LateError:
            raise
        except Exception as error:
            raise self.broken(error) from None
        raise self.faults.of_status(answer.status, answer.headers, said, model)

    async def upload(
        self, path: str, fields: Mapping[str, str], file: tuple[str, bytes, str], until: float
    ) -> HttpResponse:
        """POST a form with ``fields`` and ``file`` (its name, its bytes, its type), once.

        Raises:
            As `ask`.
        """
        form = {"Content-Type": "multipart/form-data"}
        return await self._first(path, None, fields["model"], until, form, (fields, file))

    async def _first(
        self,
        path: str,
        body: bytes | None,
        model: str,
        until: float,
        headers: Mapping[str, str],
        form: tuple[Mapping[str, str], tuple[str, bytes, str]] | None = None,
    ) -> HttpResponse:
        """Ask through the package; a POST's address and headers are kept for the next time."""
        client, stream_class = await self._made()
        import openai

        seconds = max(0.0, until - asyncio.get_running_loop().time())
        options: Any = {"headers": {**self._anonymous(openai.Omit()), **headers}, "timeout": seconds}
        try:
            if form is not None:
                fields, file = dict(form[0]), {"file": form[1]}
                stream = await client.post(
                    path, cast_to=bytes, body=fields, files=file, options=options, stream=True, stream_cls=stream_class
                )
            elif body is None:
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
            if any(isinstance(cause, LateError) for cause in causes(error)):
                raise LateError from None
            raise self.broken(error) from None
        if body is not None and not headers:
            self._ready[path] = stream.response.extensions[REQUEST]
        answer: HttpResponse = stream.response.extensions[ANSWER]
        return answer

    async def whole(self, answer: HttpResponse) -> bytes:
        """The whole body of an answer, for which nobody waits longer than for the answer itself.

        Raises:
            Failed: the connection broke. LateError: it did not come in time.
            BadAnswerError: it is too large.
        """
        body = bytearray()
        while True:
            try:
                piece = await answer.read()
            except LateError:
                raise
            except Exception as error:
                raise self.broken(error) from None
            if not piece:
                return bytes(body)
            body += piece
            if len(body) > MAX_LINE:
                raise BadAnswerError(f"answered with more than {MAX_LINE >> 20} MB")

    def broken(self, error: Exception) -> Failed:
        """The fault that an exception of the connection means."""
        return self.faults.of_exception(error, self._settings.connect_timeout_seconds)

    def _anonymous(self, omit: Any) -> dict[str, Any]:
        return {} if "Authorization" in self._headers else {"Authorization": omit}

    async def _made(self) -> tuple["openai.AsyncOpenAI", type["openai.AsyncStream[bytes]"]]:
        if self._client is None or self._stream_class is None:
            async with self._making:
                if self._client is None or self._stream_class is None:
                    self._client, self._stream_class = await in_thread(self._make)
        return self._client, self._stream_class

    def _make(self) -> tuple["openai.AsyncOpenAI", type["openai.AsyncStream[bytes]"]]:
        import httpx2
        import openai

        class Pieces(openai.AsyncStream[bytes]):
            """Only carries the response: its bytes are read, not its events."""

        connections = self._connections

        class Transport(httpx2.AsyncBaseTransport):
            """The package's requests on connections of ours."""

            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                url = yarl.URL(str(request.url), encoded=True)
                asked = connections.request(request.method, url, request.headers.multi_items())
                until = asyncio.get_running_loop().time() + request.extensions["timeout"]["read"]
                answer = await connections.ask(asked, await request.aread() or None, until)
                if answer.status < 300:
                    extensions = {ANSWER: answer, REQUEST: asked}
                    return httpx2.Response(answer.status, request=request, extensions=extensions)
                body = await beginning(answer)
                return httpx2.Response(answer.status, headers=list(answer.headers.items()), content=body)

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
