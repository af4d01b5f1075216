"""What a delta to many listeners costs, beside websockets' own broadcast of the very same frames."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from statistics import median

from websockets.asyncio.client import ClientConnection

from tests.bench.measure import Process, Row, free_port, gateway, model_server, running
from tests.bench.ws import open_sockets

LISTENERS = 300
ROUNDS = 5
LAST = b'"chat.done"'


async def _listen(socket: ClientConnection, last: bytes) -> list[bytes]:
    """What comes, up to the message that has ``last`` in it."""
    heard: list[bytes] = []
    while True:
        frame = await socket.recv(decode=False)
        heard.append(frame)
        if last in frame:
            return heard


async def _told(
    served: Process, asker: ClientConnection, listeners: list[ClientConnection], words: int, pause_ms: int
) -> tuple[float, list[bytes]]:
    """Seconds of CPU that a run costs which is told to all, and what each of them heard."""
    run = {"id": 1, "method": "chat.run", "params": {"message": f"[[slow:{words},{pause_ms}]]", "sessionKey": "fan"}}
    before = served.cpu()
    await asker.send(json.dumps(run))
    frames, *_ = await asyncio.gather(*(_listen(socket, LAST) for socket in listeners))
    return served.cpu() - before, frames


async def _broadcast(
    bare: Process, first: ClientConnection, others: list[ClientConnection], frames: list[bytes], pause_ms: int
) -> float:
    """Seconds of CPU that the same frames cost the bare server."""
    before = bare.cpu()
    await first.send(json.dumps([pause_ms, *(frame.decode() for frame in frames)]))
    await asyncio.gather(*(_listen(socket, LAST) for socket in others))
    return bare.cpu() - before


async def measure() -> list[Row]:
    """Deltas 20 ms apart, and some that come faster than they can be told: those are fewer, and longer."""
    port = free_port()
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        served, gateway_port = stack.enter_context(gateway(upstream))
        bare = stack.enter_context(running("-m", "tests.bench.broadcaster", str(port), port=port))
        asker, *listeners = await open_sockets(stack, gateway_port, LISTENERS + 1, greeted=True)
        first, *others = await open_sockets(stack, port, LISTENERS + 1, greeted=False)
        await asker.send(json.dumps({"id": 1, "method": "session.create", "params": {"sessionKey": "fan"}}))
        await asker.recv()
        for socket in listeners:
            await socket.send(json.dumps({"id": 1, "method": "event.subscribe", "params": {"sessionKey": "fan"}}))
            await socket.recv()
        await _told(served, asker, listeners, 100, 3)
        rows: list[Row] = []
        for name, words, pause_ms in (("20 ms apart", 150, 20), ("2 ms apart, behind", 500, 2)):
            costs: list[tuple[float, float]] = []
            for _ in range(ROUNDS):
                ours, frames = await _told(served, asker, listeners, words, pause_ms)
                theirs = await _broadcast(bare, first, others, frames, pause_ms)
                costs.append((ours, theirs))
            ratio = median(ours / theirs for ours, theirs in costs)
            rows.append(Row(f"a delta to {LISTENERS}, {name} / broadcast", ratio, "x", 1.05))
        return rows
