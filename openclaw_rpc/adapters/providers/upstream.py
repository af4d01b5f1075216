"""One request to a model's server, its answer as bytes."""

import asyncio
import base64
import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import aiohttp
import yarl
from multidict import CIMultiDict

from openclaw_rpc import __version__
from openclaw_rpc.adapters.providers.connections import Connections, RequestTemplate, Traceparent
from openclaw_rpc.adapters.providers.faults import MAX_BODY, Failed, Faults
from openclaw_rpc.adapters.providers.frames import BadAnswerError
from openclaw_rpc.adapters.providers.http1 import HttpResponse, LateError, NoHttpError
from openclaw_rpc.adapters.providers.reader import MAX_LINE
from openclaw_rpc.domain.models import ProviderSettings

DRAIN_SECONDS = 0.1
REFUSAL_SECONDS = 10
OF_ACCOUNT: Final = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
"""What the environment says of an account at OpenAI, and the headers that tell it."""
_ESCAPED: Final = {ord(mark): f"%{ord(mark):02X}" for mark in '"\r\n'}
"""What can't stand in a file's name in a form (WHATWG HTML, 4.10.22.8)."""


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
        self._ready: dict[str, RequestTemplate] = {}
        parts = urlsplit(settings.address)
        netloc = parts.netloc.rpartition("@")[2]
        self._address = urlunsplit((parts.scheme, netloc, parts.path, "", ""))
        self._connections = Connections(self._address, settings.connect_timeout_seconds, traceparent)
        self._query = dict(parse_qsl(parts.query))  # such as Azure's api-version
        self._headers = CIMultiDict(
            {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": f"openclaw-rpc/{__version__}"}
        )
        if settings.type == "openai":  # nobody else's business
            self._headers.update({name: os.environ[key] for key, name in OF_ACCOUNT.items() if key in os.environ})
        self._headers.update(settings.headers)
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
        if body is None:
            return await self._ask(self._request("GET", path, headers or {}), body, model, until)
        if (ready := self._ready.get(path)) is None:
            # The same each time, and making it anew costs more than all the rest of a request.
            ready = self._ready[path] = self._request("POST", path, {"Content-Type": "application/json"})
        return await self._ask(ready, body, model, until, words=words)

    async def upload(
        self, path: str, fields: Mapping[str, str], file: tuple[str, bytes, str], until: float
    ) -> HttpResponse:
        """POST a form with ``fields`` and ``file`` (its name, its bytes, its type), once.

        Raises:
            As `ask`.
        """
        form = aiohttp.FormData(fields, quote_fields=False)
        name, data, kind = file
        form.add_field("file", data, filename=name.translate(_ESCAPED), content_type=kind)
        payload = form()
        request = self._request("POST", path, payload.headers)
        return await self._ask(request, await payload.as_bytes(), fields["model"], until)

    def _request(self, method: str, path: str, more: Mapping[str, str]) -> RequestTemplate:
        """What such a request begins with. ``path`` is below the server's address, or a URL of its own."""
        url = yarl.URL(path if "://" in path else self._address.rstrip("/") + path).update_query(self._query)
        headers = self._headers.copy()
        headers.update(more)
        try:
            return self._connections.request(method, url, tuple(headers.items()))
        except ValueError as error:
            raise self.broken(error) from None

    async def _ask(
        self, request: RequestTemplate, body: bytes | None, model: str, until: float, *, words: bool = False
    ) -> HttpResponse:
        try:
            answer = await self._connections.ask(request, body, until, words=words)
            if answer.status < 300:
                return answer
            said = await beginning(answer)
        except LateError:
            raise
        except Exception as error:
            raise self.broken(error) from None
        raise self.faults.of_status(answer.status, answer.headers, said, model)

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

    async def aclose(self) -> None:
        """Close the connections; a later request opens new ones."""
        await self._connections.aclose()
