"""An HTTP client for a whole gateway: JSON in and out, and streams as lists of events."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import anyio

from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream

SECONDS = 30.0


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Event(NamedTuple):
    """A server-sent event."""

    id: str | None
    name: str | None
    data: Any


class Rest:
    """The client."""

    def __init__(self, url: str, session: aiohttp.ClientSession, opened: TestGateway) -> None:
        self.url = url
        self.gateway = opened
        self._session = session

    @asynccontextmanager
    async def raw(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        """An answer whose body was not read."""
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        given: dict[str, Any] = {"data": data} if data is not None else {"json": body} if body is not None else {}
        with anyio.fail_after(SECONDS):
            async with self._session.request(verb, self.url + path, headers=sent, **given) as response:
                yield response

    async def ask(self, verb: str, path: str, body: Any = None, **options: Any) -> Answer:
        """An answer, whole."""
        async with self.raw(verb, path, body, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def good(self, verb: str, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        """The JSON of an answer of that status."""
        answer = await self.ask(verb, path, body, **options)
        assert answer.status == status, (answer.status, answer.body)
        return answer.json

    async def bad(self, verb: str, path: str, body: Any = None, status: int = 400, **options: Any) -> Any:
        """The JSON of an answer that refuses."""
        return await self.good(verb, path, body, status, **options)

    async def stream(self, path: str, body: Any, *, verb: str = "POST", last: str | None = None) -> list[Event]:
        """All events of a stream."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last is not None else {})}
        async with self.raw(verb, path, body, headers=headers) as response:
            assert response.status == 200, (response.status, await response.read())
            assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            return [event async for event in events_of(response.content)]


async def events_of(content: aiohttp.StreamReader) -> AsyncIterator[Event]:
    """Events as they come."""
    identifier = name = None
    data: list[str] = []
    async for raw in content:
        line = raw.decode().rstrip("\n")
        key, _, value = line.partition(": ")
        if key == "id":
            identifier = value
        elif key == "event":
            name = value
        elif key == "data":
            data.append(value)
        elif not line and data:
            text = "\n".join(data)
            with contextlib.suppress(ValueError):
                yield Event(identifier, name, json.loads(text))
            identifier, name, data = None, None, []


@asynccontextmanager
async def rest(**config: Any) -> AsyncGenerator[Rest]:
    """A gateway on a scripted model, and a client for it. ``config``: what of `gateway` is to be different."""
    async with (
        scripted_upstream() as upstream,
        gateway(settings(upstream.url, **config)) as opened,
        aiohttp.ClientSession(auto_decompress=True) as session,
    ):
        yield Rest(opened.url, session, opened)
