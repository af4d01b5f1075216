"""SIGTERM: nothing new is taken, and whatever is open ends in its own spelling within its time."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.gateway import TOKEN, Client, settings
from tests.support.process import GatewayProcess, gateway_process
from tests.support.upstream import Upstream

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
HANGING = "[[hang-after:2]]"


class World:
    """A gateway that is told to stop while things are open. ``ends`` are what they came to, in that order."""

    def __init__(self, served: GatewayProcess, http: aiohttp.ClientSession, ends: dict[str, Any]) -> None:
        self.served = served
        self.http = http
        self.ends = ends
        self.begun = 0

    async def streamed(self, name: str, path: str, body: Any = None) -> None:
        """An event stream: its last events. A body that is not well-formed to its end raises."""
        method = "GET" if body is None else "POST"
        async with self.http.request(method, self.served.url + path, json=body) as response:
            assert response.status == 200, await response.text()
            assert (await response.content.readany()) or body is None
            self.begun += 1
            self.ends[name] = (await response.content.read()).decode()

    async def quiet(self, name: str, path: str) -> None:
        """A stream that nothing comes over."""
        async with self.http.get(self.served.url + path) as response:
            assert response.status == 200
            self.begun += 1
            self.ends[name] = (await response.content.read()).decode()

    async def whole(self, name: str, path: str, body: Any) -> None:
        """An answer that comes in one piece: its status, and its body."""
        self.begun += 1
        async with self.http.post(self.served.url + path, json=body) as response:
            self.ends[name] = response.status, await response.json()

    async def socket(self, name: str) -> None:
        """A WebSocket with a run: its final event, and the close code."""
        async with connect(self.served.ws_url, additional_headers=HEADERS, proxy=None) as socket:
            client = Client(socket)
            accepted = await client.result("chat.run", message=HANGING, sessionKey="by-socket")
            await client.event("chat.delta")
            self.begun += 1
            done = await client.event("chat.done", 30, runId=accepted["runId"])
            with pytest.raises(ConnectionClosed) as closed:
                await client.next(lambda _: False, 30)
            assert closed.value.rcvd is not None
            self.ends[name] = done["data"]["finishReason"], closed.value.rcvd.code

    async def wait(self, until: Callable[[], bool]) -> None:
        with anyio.fail_after(40):
            while not until():  # noqa: ASYNC110 — another process is waited for
                await anyio.sleep(0.01)

    async def stopping(self) -> None:
        """The gateway has begun to stop."""
        with anyio.fail_after(30):
            while True:
                async with self.http.get(f"{self.served.url}/readyz") as response:
                    if response.status == 503:
                        return


def asked(message: str, **more: Any) -> dict[str, Any]:
    return {"model": "scripted", "messages": [{"role": "user", "content": message}], **more}


async def test_whatever_is_open_ends_in_its_own_spelling(upstream: Upstream, tmp_path: Path) -> None:
    config = settings(upstream.url, shutdown_seconds=3)
    config["openai"] = {"allow_provider_models": True}
    ends: dict[str, Any] = {}
    chat, agent = "/v1/chat/completions", {"model": "openclaw"}
    async with (
        gateway_process(config, tmp_path) as served,
        aiohttp.ClientSession(headers=HEADERS, connector=aiohttp.TCPConnector(limit=0)) as http,
        anyio.create_task_group() as group,
    ):
        world = World(served, http, ends)
        async with connect(served.ws_url, additional_headers=HEADERS, proxy=None) as socket:
            for session in ("quiet", "busy"):
                await Client(socket).result("session.create", sessionKey=session)
        opened: list[Callable[[], Coroutine[Any, Any, None]]] = [
            lambda: world.quiet("follower", "/v1/sessions/quiet/events"),
            lambda: world.streamed("plain", chat, asked(HANGING, stream=True)),
            lambda: world.streamed("agent", chat, asked(HANGING, stream=True) | agent),
            lambda: world.streamed(
                "response", "/v1/responses", {"model": "scripted", "input": HANGING, "stream": True}
            ),
            lambda: world.streamed(
                "completion", "/v1/completions", {"model": "scripted", "prompt": HANGING, "stream": True}
            ),
            lambda: world.whole("whole plain", chat, asked("[[hang]]")),
            lambda: world.whole("whole agent", chat, asked(HANGING) | agent),
            lambda: world.whole("whole response", "/v1/responses", {"model": "scripted", "input": "[[hang]]"}),
            lambda: world.socket("socket"),
        ]
        for one in opened:
            group.start_soon(one)
        await world.wait(lambda: world.begun == len(opened) and len(upstream.requests) >= 8)
        served.ask_to_stop()
        await world.stopping()
        for path, body in ((chat, asked("hi")), (chat, asked("hi", stream=True)), ("/v1/responses", {"input": "hi"})):
            async with http.post(served.url + path, json=body) as refused:
                assert refused.status == 503, path
                assert refused.headers["Retry-After"]
        async with http.get(f"{served.url}/v1/sessions/busy/events") as refused:
            assert refused.status == 503
        with pytest.raises(InvalidStatus) as handshake:
            await connect(served.ws_url, additional_headers=HEADERS, proxy=None)
        assert handshake.value.response.status_code == 503
        await world.wait(lambda: "follower" in world.ends)
        assert list(world.ends) == ["follower"], "nobody waits for those who follow what is quiet"
        with anyio.fail_after(30):
            assert await served.ended() == 0
    assert len(ends) == 9
    for name in ("plain", "agent", "completion"):
        last = json.loads(ends[name].strip().split("data: ")[-1])
        assert (name, last["error"]["code"]) == (name, "service_unavailable")
    name, _, data = ends["response"].strip().split("\n\n")[-1].partition("\ndata: ")
    assert name == "event: response.failed"
    assert json.loads(data)["response"]["status"] == "failed"
    for name in ("whole plain", "whole response"):
        assert (name, ends[name][0]) == (name, 503)
    assert ends["whole agent"][0] in (200, 503)
    assert ends["socket"] == ("interrupted", 1001)


async def test_what_ends_in_time_ends_well(upstream: Upstream, tmp_path: Path) -> None:
    config = settings(upstream.url, shutdown_seconds=30)
    ends: dict[str, Any] = {}
    config["openai"] = {"allow_provider_models": True}
    async with (
        gateway_process(config, tmp_path) as served,
        aiohttp.ClientSession(headers=HEADERS) as http,
        anyio.create_task_group() as group,
    ):
        world = World(served, http, ends)
        slow = "[[slow:20,50]]"
        group.start_soon(world.streamed, "plain", "/v1/chat/completions", asked(slow, stream=True))
        group.start_soon(
            world.streamed, "response", "/v1/responses", {"model": "scripted", "input": slow, "stream": True}
        )
        await world.wait(lambda: world.begun == 2)
        served.ask_to_stop()
        with anyio.fail_after(40):
            assert await served.ended() == 0
    assert ends["plain"].endswith("data: [DONE]\n\n")
    assert "event: response.completed" in ends["response"]
