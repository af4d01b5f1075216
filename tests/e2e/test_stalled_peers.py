"""A peer that never reads again is really closed: the kernel is asked, not a counter."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import anyio
import anyio.lowlevel
import pytest

from openclaw_rpc.transports import stalled
from openclaw_rpc.transports.ws import door
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.unread import LINUX, asking, gone, held, is_held, post, reader_that_stops
from tests.support.upstream import Upstream

pytestmark = LINUX

LONG = "[[raw:" + "".join(f"{at:05d}" + "x" * 9000 + " " for at in range(400)).strip() + "]]"
"""An answer that no buffer of a kernel takes whole."""


def config(upstream: Upstream, **chosen: Any) -> dict[str, Any]:
    made = settings(upstream.url, **chosen)
    made["providers"]["primary"]["context_tokens"] = 10**7
    made["openai"] = {"allow_provider_models": True}
    return made


@pytest.fixture
async def served(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[TestGateway]:
    async with gateway(config(upstream)) as running:
        monkeypatch.setitem(running.app.doors.ws.server._options, "close_timeout", 0.2)
        yield running


async def filled(served: TestGateway, session: str) -> None:
    """Tell a session more than the buffers between the gateway and a follower take."""
    async with served.connect(compression=None) as client:
        _, done = await client.chat(LONG, sessionKey=session)
        assert done["data"]["finishReason"] == "stop"


async def session_of(served: TestGateway, token: str = TOKEN) -> str:
    async with served.connect(token=token) as client:
        return (await client.result("session.create", sessionKey=uuid4().hex))["sessionKey"]


def ports_of(client: Any) -> tuple[int, int]:
    return held(client.socket.transport.get_extra_info("socket"))


async def nobody_is_left(served: TestGateway) -> None:
    with anyio.fail_after(20):
        while served.app.doors.ws.open or served.app.doors.listener.connection_count:
            await anyio.lowlevel.checkpoint()


async def test_past_its_bound_it_is_closed_though_it_never_reads_again(upstream: Upstream) -> None:
    async with gateway(config(upstream, outbox_bytes=64 * 1024, max_connections_per_principal=2)) as served:
        served.app.doors.ws.server._options["close_timeout"] = 0.2
        session = await session_of(served)
        guest = served.make_token()
        async with (
            reader_that_stops(served, session, token=guest) as one,
            reader_that_stops(served, session, token=guest) as two,
        ):
            ports = ports_of(one), ports_of(two)
            assert all(map(is_held, ports))
            await filled(served, session)
            for one_of_them in ports:
                await gone(one_of_them)
            await nobody_is_left(served)
            async with served.connect(token=guest) as again:
                await again.result("agent.list")


async def test_whose_token_is_revoked_is_closed_though_it_never_reads_again(served: TestGateway) -> None:
    session, guest = await session_of(served), served.make_token(name="guest")
    async with reader_that_stops(served, session, token=guest) as slow, served.connect() as admin:
        ports = ports_of(slow)
        await filled(served, session)
        assert is_held(ports)
        assert (await admin.result("token.revoke", name="guest"))["revoked"]
        await gone(ports)


async def test_who_is_silent_is_closed_though_it_never_reads_again(
    served: TestGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PING_SECONDS", 0.05)
    session = await session_of(served)
    async with reader_that_stops(served, session) as slow:
        ports = ports_of(slow)
        await filled(served, session)
        # The gateway's own sweep began before the interval was cut short.
        with anyio.move_on_after(0.5):
            await served.app.doors.ws.probe()
        await gone(ports)


@pytest.mark.parametrize("farewell", ["close frame", "end of data"])
async def test_who_leaves_and_never_reads_again_is_let_go(served: TestGateway, farewell: str) -> None:
    session = await session_of(served)
    async with reader_that_stops(served, session) as slow:
        ports = ports_of(slow)
        await filled(served, session)
        assert is_held(ports)
        if farewell == "close frame":
            slow.socket.protocol.send_close(1000)
            slow.socket.send_data()
        else:
            slow.socket.transport.write_eof()
        await gone(ports)


async def test_below_its_bound_too_it_is_closed_when_it_reads_nothing(
    served: TestGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stalled, "STALL_SECONDS", 0.5)
    session = await session_of(served)
    async with reader_that_stops(served, session) as slow:
        ports = ports_of(slow)
        await filled(served, session)
        await gone(ports)
        assert served.app.doors.ws.slow_peers == 1


ASKED = {
    "chat": ("/v1/chat/completions", {"model": "scripted", "stream": True}),
    "whole": ("/v1/chat/completions", {"model": "scripted"}),
    "agent": ("/v1/chat/completions", {"model": "openclaw", "stream": True}),
    "response": ("/v1/responses", {"model": "scripted", "stream": True}),
}


@pytest.mark.parametrize("kind", ASKED)
async def test_an_answer_over_http_that_nobody_reads_is_cut(
    served: TestGateway, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path, body = ASKED[kind]
    monkeypatch.setattr(stalled, "STALL_SECONDS", 0.5)
    asked = {"input": LONG} if kind == "response" else {"messages": [{"role": "user", "content": LONG}]}
    async with asking(served, post(path, json.dumps({**body, **asked}).encode())) as line:
        ports = held(line)
        await gone(ports)
    await nobody_is_left(served)


async def test_an_answer_that_fits_the_buffers_of_the_gateway_is_cut_as_well(
    served: TestGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stalled, "STALL_SECONDS", 0.3)
    request = f"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    async with asking(served, request * 60) as line:
        await gone(held(line))
