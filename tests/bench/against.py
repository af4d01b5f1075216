"""What this build costs beside another checkout of the gateway, in one run and in turns: `--against PATH`.

The other one needs a `.venv` of its own (`make install` there).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.bench.measure import OURS, Build, Process, Row, gateway, model_server
from tests.bench.ws import CONNECTIONS, open_sockets, ping_pong

ROUNDS = 9
TURNS = 150
SESSIONS = 30_000
SPEAKING = 1000


class Side:
    """A gateway of one of the two builds, and its clients."""

    def __init__(self, process: Process, sockets: Sequence[ClientConnection]) -> None:
        self.process = process
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
    return Side(process, await open_sockets(stack, port, sockets, greeted=True))


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


async def measure(other: Build) -> list[Row]:
    """Both builds at once, so that the machine is the same for both."""
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        sides = [await side(stack, build, upstream, CONNECTIONS) for build in (OURS, other)]
        rows = [*await calls(sides), *await turns(sides)]
    return rows
