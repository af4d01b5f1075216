"""What this build costs beside another checkout of the gateway, in one run and in turns: `--against PATH`.

The other one needs a `.venv` of its own (`make install` there).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection

from tests.bench.measure import OURS, Build, Process, Row, gateway, model_server
from tests.bench.ws import CONNECTIONS, HEADERS, open_sockets, ping_pong

ROUNDS = 9
TURNS = 150
SETTLE_SECONDS = 1.5


class Side:
    """A gateway of one of the two builds, and its clients."""

    def __init__(self, process: Process, port: int, sockets: Sequence[ClientConnection]) -> None:
        self.process = process
        self.port = port
        self.sockets = sockets
        self.turns = 0

    async def call(self, method: str, params: dict[str, Any]) -> Any:
        """A call over the first socket."""
        socket = self.sockets[0]
        await socket.send(json.dumps({"id": method, "method": method, "params": params}))
        while True:
            frame = json.loads(await socket.recv())
            if frame.get("id") == method:
                assert "result" in frame, frame
                return frame["result"]

    async def turn(self, session: str) -> None:
        """A message that the model answers, up to its end, which is on disk."""
        socket = self.sockets[0]
        run = {"id": 1, "method": "chat.run", "params": {"message": "Hello there", "sessionKey": session}}
        await socket.send(json.dumps(run))
        while b'"chat.done"' not in await socket.recv(decode=False):
            pass


async def side(stack: AsyncExitStack, build: Build, upstream: int, sockets: int) -> Side:
    """A gateway with that many clients."""
    process, port = stack.enter_context(gateway(upstream, build))
    return Side(process, port, await open_sockets(stack, port, sockets, greeted=True))


async def in_turns(sides: Sequence[Side], work: Callable[[Side], Awaitable[None]], times: int) -> tuple[float, float]:
    """Seconds of CPU that some work takes, ours and theirs: a machine's moods are longer than one piece of it."""
    before = [one.process.cpu() for one in sides]
    for at in range(times):
        for one in sides if at % 2 else reversed(sides):
            await work(one)
    ours, theirs = (one.process.cpu() - cpu for one, cpu in zip(sides, before, strict=True))
    return ours / times, theirs / times


async def compared(
    sides: Sequence[Side], name: str, work: Callable[[Side], Awaitable[None]], times: int, each: int = 1
) -> list[Row]:
    """How much more of CPU some work takes than there; ``each``: how many of what is named it is made of."""
    await in_turns(sides, work, max(3, times // 5))
    costs = [await in_turns(sides, work, times) for _ in range(ROUNDS)]
    ours, theirs = (median(cost) / each for cost in zip(*costs, strict=True))
    return [
        Row(f"{name} / the other build's", median(ours / theirs for ours, theirs in costs), "x", 1.05),
        Row(f"CPU of {name}", ours * 1e6, "us"),
        Row(f"CPU of {name}, the other build", theirs * 1e6, "us"),
    ]


async def calls(sides: Sequence[Side]) -> list[Row]:
    """A call whose row is plain: what dispatching costs."""

    async def work(one: Side) -> None:
        await ping_pong(list(one.sockets), 4)

    return await compared(sides, "a JSON-RPC call", work, 50, 4 * CONNECTIONS)


async def turns(sides: Sequence[Side]) -> list[Row]:
    """A message and its answer, in a new session."""

    async def work(one: Side) -> None:
        one.turns += 1
        await one.turn(f"turn-{one.turns}")

    return await compared(sides, "a stored turn", work, TURNS)


def started(upstream: int, build: Build) -> tuple[float, float]:
    """Seconds from a start to the open port, and the memory once it has settled."""
    with gateway(upstream, build) as (process, _):
        seconds = process.started
        time.sleep(SETTLE_SECONDS)
        return seconds, process.resident() / 1024


async def asked(upstream: int, build: Build) -> float:
    """The memory of a gateway that has asked its model for the first times: as it is, and through an agent."""
    async with AsyncExitStack() as stack:
        one = await side(stack, build, upstream, 1)
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            body = {"model": "scripted", "messages": [{"role": "user", "content": "Hello there"}]}
            async with session.post(f"http://127.0.0.1:{one.port}/v1/chat/completions", json=body) as answer:
                assert answer.status == 200, await answer.text()
        await one.turn("first")
        await asyncio.sleep(SETTLE_SECONDS)
        return one.process.resident() / 1024


async def starts(upstream: int, builds: Sequence[Build]) -> list[Row]:
    """How soon a gateway is there, and how much memory it takes, at rest and at work."""
    for build in builds:
        started(upstream, build)  # leaves the modules' bytecode behind
    begun = [[started(upstream, build) for build in builds] for _ in range(ROUNDS)]
    (seconds, rest), (their_seconds, their_rest) = (
        [median(figures) for figures in zip(*of_one, strict=True)] for of_one in zip(*begun, strict=True)
    )
    at_work, theirs_at_work = [await asked(upstream, build) for build in builds]
    return [
        Row("start to the open port / the other build's", seconds / their_seconds, "x", 1.0),
        Row("start to the open port", seconds, "s"),
        Row("memory at rest / the other build's", rest / their_rest, "x", 1.0),
        Row("memory at rest", rest, "MB"),
        Row("memory after a model was asked / the other build's", at_work / theirs_at_work, "x", 0.85),
        Row("memory after a model was asked", at_work, "MB"),
    ]


async def measure(other: Build) -> list[Row]:
    """Both builds at once, so that the machine is the same for both."""
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        sides = [await side(stack, build, upstream, CONNECTIONS) for build in (OURS, other)]
        rows = [*await calls(sides), *await turns(sides)]
    with model_server() as (_, upstream):
        return [*rows, *await starts(upstream, (OURS, other))]
