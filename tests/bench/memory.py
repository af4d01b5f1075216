"""What the gateway keeps in memory: of an answer while it is told, and of sessions whose runs ended."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

from websockets.asyncio.client import ClientConnection

from tests.bench.measure import Row, gateway, model_server
from tests.bench.ws import open_sockets

ANSWER = 24_000_000
PIECE = 16_000
SESSIONS = 1000
SPOKEN = 150
DELTAS = 400
SETTLE_SECONDS = 3
KIB = 1024


async def _run(socket: ClientConnection, message: str, session: str) -> None:
    """A message, and all that is told of its run."""
    run = {"id": 1, "method": "chat.run", "params": {"message": message, "sessionKey": session}}
    await socket.send(json.dumps(run))
    while b'"chat.done"' not in (await socket.recv(decode=False))[:500]:
        pass


async def answer() -> list[Row]:
    """One answer, as fast as its client reads: the most that it takes, by its bytes, and what stays."""
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        served, port = stack.enter_context(gateway(upstream))
        [socket] = await open_sockets(stack, port, 1, greeted=True)
        socket.protocol.max_message_size = None
        await _run(socket, f"[[pieces:20,{PIECE}]]", "warm")
        await asyncio.sleep(1)
        served.forget_peak()
        before = served.resident()
        await _run(socket, f"[[pieces:{ANSWER // PIECE},{PIECE}]]", "long")
        peak = served.peak() - before
        await asyncio.sleep(SETTLE_SECONDS)
        stays = served.resident() - before
        return [
            Row("an answer of 24 MB, at most while it is told", peak * KIB / ANSWER, "N", 3),
            Row("an answer of 24 MB, when it was told", stays * KIB / ANSWER, "N"),
        ]


async def sessions() -> list[Row]:
    """Sessions that are spoken to, one after the other, beside the first one; and some that are told many deltas."""
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        served, port = stack.enter_context(gateway(upstream))
        [socket] = await open_sockets(stack, port, 1, greeted=True)
        await _run(socket, "Hello there", "first")
        await asyncio.sleep(SETTLE_SECONDS)
        first = served.resident()
        for at in range(SESSIONS):
            await _run(socket, "Hello there", f"session-{at}")
        await asyncio.sleep(SETTLE_SECONDS)
        idle = served.resident()
        for at in range(SPOKEN):
            await _run(socket, f"[[slow:{DELTAS},0]]", f"long-{at}")
        await asyncio.sleep(SETTLE_SECONDS)
        return [
            Row(f"{SESSIONS} sessions, then idle / after the first run", idle / first, "x", 1.1),
            Row(f"an idle session that was told {DELTAS} words", (served.resident() - idle) / SPOKEN, "KiB", 15),
        ]


async def measure() -> list[Row]:
    """Both."""
    return [*await answer(), *await sessions()]
