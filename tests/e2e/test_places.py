"""One bound for whatever stays open, whichever the door, and room for the owner."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import anyio
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.gateway import TOKEN, TestGateway, gateway, settings


@asynccontextmanager
async def followed(served: TestGateway, session: str, token: str) -> AsyncGenerator[aiohttp.ClientResponse]:
    async with served.http("GET", f"/v1/sessions/{session}/events", token=token) as response:
        yield response


async def session_of(served: TestGateway, token: str) -> str:
    async with served.connect(token=token) as client:
        return (await client.result("session.create", sessionKey="watched"))["sessionKey"]


async def test_event_streams_and_sockets_share_one_bound() -> None:
    async with gateway(settings(max_connections_per_principal=3)) as served, AsyncExitStack() as stack:
        guest = served.make_token()
        session = await session_of(served, guest)
        for _ in range(2):
            response = await stack.enter_async_context(followed(served, session, guest))
            assert response.status == 200
        await stack.enter_async_context(served.connect(token=guest))
        async with followed(served, session, guest) as refused:
            assert refused.status == 429
            assert refused.headers["Retry-After"] == "5"
            assert (await refused.json())["error"]["code"] == "rate_limited"
        with pytest.raises(InvalidStatus) as handshake:
            async with served.connect(token=guest):
                pass
        assert handshake.value.response.status_code == 429
        async with served.connect("/ws", token=None, greeted=False) as late:
            await late.send({"type": "auth", "token": guest})
            await late.next(lambda frame: frame.get("type") == "error")
            with pytest.raises(ConnectionClosed) as told:
                await late.next()
            assert told.value.rcvd is not None
            assert told.value.rcvd.code == 4029
        async with served.connect() as owner:
            await owner.result("agent.list")


async def test_a_place_is_free_when_its_stream_ends() -> None:
    async with gateway(settings(max_connections_per_principal=1)) as served:
        guest = served.make_token()
        session = await session_of(served, guest)
        for _ in range(5):
            with anyio.fail_after(20):
                while True:
                    async with followed(served, session, guest) as response:
                        if response.status == 200:
                            break


async def test_many_tokens_together_leave_room_for_the_owner() -> None:
    bounds = settings(max_connections=20, max_connections_per_principal=6)
    async with gateway(bounds) as served, AsyncExitStack() as stack:
        refusals: list[Any] = []
        for at in range(4):
            guest = served.make_token(user=f"user{at}", name=f"guest{at}")
            for _ in range(6):
                try:
                    await stack.enter_async_context(served.connect(token=guest))
                except InvalidStatus as refused:
                    refusals.append(refused.response)
        assert {response.status_code for response in refusals} == {503}
        assert all(response.headers["Retry-After"] == "5" for response in refusals)
        assert served.app.doors.ws.open == 18
        async with served.connect(token=TOKEN) as owner:
            await owner.result("agent.list")
