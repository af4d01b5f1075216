"""The body of a relayed answer: its head with its first bytes, comments while nothing comes, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import anyio
from aiohttp import web

from openclaw_rpc.dialects.openai.chat import AsItCame
from openclaw_rpc.dialects.rest import Ask, Relay
from openclaw_rpc.protocol import model
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, Unavailable
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.transports.http.relay import carry
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.routing import Route
from tests.support.doors import opened

Work = Callable[[Call], Awaitable[None]]
TOKEN = {"Authorization": "Bearer boss"}


class OneCall:
    """A dispatcher that has one thing to do."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.cancelled = asyncio.Event()

    async def ask(self, name: str, params: Any, call: Call, **_: Any) -> None:
        try:
            await self._work(call)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


@asynccontextmanager
async def relaying(work: Work, keep_alive: float = 60) -> AsyncGenerator[SimpleNamespace]:
    dispatcher = OneCall(work)
    relay = Relay(ask=Ask(model.complete, Empty()), translation=AsItCame(), headers={"X-Kind": "relay"})

    async def handle(request: HttpRequest) -> web.StreamResponse:
        def sign() -> None:
            request.extra["X-Signed"] = "yes"

        return await carry(relay, request, cast(Any, dispatcher), sign, counted=False, keep_alive=keep_alive)

    async with opened([Route("GET", "/relay", handle, timeout=None)]) as door, aiohttp.ClientSession() as session:
        yield SimpleNamespace(url=f"http://127.0.0.1:{door.port}/relay", session=session, dispatcher=dispatcher)


def writing(*pieces: bytes, then: GatewayError | None = None) -> Work:
    async def work(call: Call) -> None:
        assert call.carrier is not None
        for piece in pieces:
            await call.carrier.write(piece)
        if then is not None:
            raise then

    return work


async def test_bytes_come_as_they_were_written() -> None:
    async with (
        relaying(writing(b"data: {}\n\n", b"data: {}\n\n")) as at,
        at.session.get(at.url, headers=TOKEN) as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        assert (answer.headers["X-Kind"], answer.headers["X-Signed"]) == ("relay", "yes")
        assert await answer.read() == b"data: {}\n\ndata: {}\n\ndata: [DONE]\n\n"


async def test_an_error_before_the_first_byte_is_an_answer_of_its_own() -> None:
    async with (
        relaying(writing(then=InvalidRequest("no"))) as at,
        at.session.get(at.url, headers=TOKEN) as answer,
    ):
        assert (answer.status, answer.content_type) == (400, "application/json")


async def test_an_error_after_it_is_told_in_the_stream() -> None:
    async with (
        relaying(writing(b"data: {}\n\n", then=Unavailable("gone"))) as at,
        at.session.get(at.url, headers=TOKEN) as answer,
    ):
        data = await answer.read()
        assert data.startswith(b'data: {}\n\ndata: {"error":')
        assert b"gone" in data


async def test_while_nothing_comes_comments_keep_the_connection() -> None:
    go = asyncio.Event()

    async def work(call: Call) -> None:
        assert call.carrier is not None
        await go.wait()
        await call.carrier.write(b"data: {}\n\n")

    async with relaying(work, keep_alive=0.02) as at, at.session.get(at.url, headers=TOKEN) as answer:
        with anyio.fail_after(5):
            assert (await answer.content.readany()).startswith(b": keep-alive\n\n")
            go.set()
            assert (await answer.read()).endswith(b"data: {}\n\ndata: [DONE]\n\n")


async def test_a_client_that_leaves_ends_the_call() -> None:
    async def work(call: Call) -> None:
        assert call.carrier is not None
        await call.carrier.write(b"data: {}\n\n")
        await asyncio.sleep(3600)

    async with relaying(work) as at:
        async with at.session.get(at.url, headers=TOKEN) as answer:
            await answer.content.readany()
            answer.close()
        with anyio.fail_after(5):
            await at.dispatcher.cancelled.wait()


async def test_a_client_that_does_not_read_holds_the_writer_back() -> None:
    written = 0

    async def work(call: Call) -> None:
        nonlocal written
        assert call.carrier is not None
        while True:
            await call.carrier.write(b"data: " + b"x" * 65536 + b"\n\n")
            written += 1

    async with relaying(work) as at, at.session.get(at.url, headers=TOKEN) as answer:
        await answer.content.readany()
        before = -1
        with anyio.fail_after(10):
            while before != written:
                before = written
                await asyncio.sleep(0.2)
        assert written < 1000
        answer.close()
