"""A client of OpenAI's API over HTTP, as bare as can be, for a gateway in the test's own process."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp

from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.upstream import Upstream, scripted_upstream


class Answer(NamedTuple):
    """An answer: its JSON, or its events as (name, JSON or text)."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[tuple[str | None, Any]]:
        return [spelled(event) for event in self.body.decode().split("\n\n") if event and not event.startswith(":")]

    @property
    def chunks(self) -> list[Any]:
        return [data for _, data in self.events if data != "[DONE]"]

    @property
    def text(self) -> str:
        return "".join(
            choice["delta"].get("content") or "" for chunk in self.chunks for choice in chunk.get("choices", ())
        )


def spelled(event: str) -> tuple[str | None, Any]:
    """A server-sent event as its name and its data."""
    fields = dict(line.split(": ", 1) for line in event.split("\n"))
    data = fields["data"]
    return fields.get("event"), data if data == "[DONE]" else json.loads(data)


class OpenAIClient:
    """Asks; ``base`` is the gateway's address."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def ask(self, verb: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(verb, self.base + path, json=body, headers=sent) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def chat(self, text: str, model: str = "scripted", headers: Mapping[str, str] | None = None, **more: Any):
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return await self.ask("POST", "/v1/chat/completions", body, **(headers or {}))

    async def respond(self, given: Any, model: str = "scripted", **more: Any) -> Answer:
        return await self.ask("POST", "/v1/responses", {"model": model, "input": given, **more})


class Served(NamedTuple):
    """A gateway, the model's server behind it, and a client."""

    gateway: TestGateway
    upstream: Upstream
    client: OpenAIClient


@asynccontextmanager
async def client_of(running: TestGateway, token: str = TOKEN) -> AsyncGenerator[OpenAIClient]:
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}, timeout=timeout) as session:
        yield OpenAIClient(session, running.url)


@asynccontextmanager
async def served(config: Mapping[str, Any] | None = None, **gateway_settings: Any) -> AsyncGenerator[Served]:
    """A gateway on a scripted model; ``config`` is merged over the usual one."""
    async with scripted_upstream() as upstream:
        chosen = {**settings(upstream.url, **gateway_settings), **(config or {})}
        async with gateway(chosen) as running, client_of(running) as client:
            yield Served(running, upstream, client)
