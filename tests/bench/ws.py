"""What the WebSocket door costs: a call, a delta, an idle connection, an event to many."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import AsyncExitStack

from websockets.asyncio.client import ClientConnection, connect

from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.protocol.chat import ChatDeltaEvent, chat_delta
from openclaw_rpc.rpc.outbox import Frames, Outbox
from tests.bench.measure import TOKEN, Row, free_port, gateway, model_server, running

CONNECTIONS = 64
CALLS = 400
ROUNDS = 5
IDLE = 2000
SUBSCRIBERS = 100
CALL = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "agent.list", "params": {}})
WORDS = re.compile(rb"w\d+ ")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


async def open_sockets(stack: AsyncExitStack, port: int, count: int, *, greeted: bool) -> list[ClientConnection]:
    """Sockets to a server that greets each, or does not."""
    sockets: list[ClientConnection] = []
    for _ in range(count):
        socket = await stack.enter_async_context(
            connect(
                f"ws://127.0.0.1:{port}/", additional_headers=HEADERS, compression=None, ping_interval=None, proxy=None
            )
        )
        if greeted:
            await socket.recv()
        sockets.append(socket)
    return sockets


async def ping_pong(sockets: list[ClientConnection], calls: int) -> None:
    """So many calls over each socket, one after the other."""

    async def one(socket: ClientConnection) -> None:
        for _ in range(calls):
            await socket.send(CALL)
            await socket.recv()

    await asyncio.gather(*(one(socket) for socket in sockets))


async def calls() -> list[Row]:
    """A JSON-RPC call beside a bare echo, in turns, so that the machine's moods hit both."""
    port = free_port()
    async with AsyncExitStack() as stack:
        bare = stack.enter_context(running("-m", "tests.bench.echo", str(port), port=port))
        served, gateway_port = stack.enter_context(gateway())
        echoes = await open_sockets(stack, port, CONNECTIONS, greeted=False)
        callers = await open_sockets(stack, gateway_port, CONNECTIONS, greeted=True)
        await ping_pong(echoes, 50)
        await ping_pong(callers, 50)
        ratios: list[float] = []
        costs: list[float] = []
        for _ in range(ROUNDS):
            before = bare.cpu()
            await ping_pong(echoes, CALLS)
            echo = bare.cpu() - before
            before = served.cpu()
            await ping_pong(callers, CALLS)
            call = served.cpu() - before
            ratios.append(call / echo)
            costs.append(call / CALLS / CONNECTIONS * 1e6)
        return [
            Row("a JSON-RPC call / a bare echo", sorted(ratios)[ROUNDS // 2], "x", 1.25),
            Row("CPU of a JSON-RPC call", sorted(costs)[ROUNDS // 2], "us"),
        ]


async def deltas() -> list[Row]:
    """From a model's server to WebSocket clients: 16 runs at once, each of 2,000 deltas as fast as they come."""
    runs, words = 16, 2000
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        served, port = stack.enter_context(gateway(upstream))
        sockets = await open_sockets(stack, port, runs, greeted=True)

        async def chat(socket: ClientConnection, at: int, words: int) -> int:
            params = {"message": f"[[slow:{words},0]]", "sessionKey": f"bench-{at}"}
            await socket.send(json.dumps({"id": 1, "method": "chat.run", "params": params}))
            heard = 0
            while True:
                frame = json.loads(await socket.recv())
                if frame.get("type") == "chat.delta":
                    heard += frame["data"]["delta"].count("w")
                elif frame.get("type") == "chat.done":
                    assert heard == words, (heard, frame)
                    return heard

        await asyncio.gather(*(chat(socket, at, 50) for at, socket in enumerate(sockets)))
        before = served.cpu()
        heard = await asyncio.gather(*(chat(socket, at, words) for at, socket in enumerate(sockets)))
        return [Row("CPU of a delta, model server to client", (served.cpu() - before) / sum(heard) * 1e6, "us", 30)]


async def idle() -> list[Row]:
    """What a connection that does nothing keeps in memory."""
    async with AsyncExitStack() as stack:
        served, port = stack.enter_context(gateway())
        await open_sockets(stack, port, 50, greeted=True)
        before = served.memory()
        await open_sockets(stack, port, IDLE, greeted=True)
        return [Row(f"an idle connection, of {IDLE}", (served.memory() - before) / IDLE, "KiB", 18)]


async def fan_out() -> list[Row]:
    """A session's deltas to many subscribers, as fast as these read: what one delta to one of them costs."""
    words = 1000
    async with AsyncExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        served, port = stack.enter_context(gateway(upstream))
        sockets = await open_sockets(stack, port, SUBSCRIBERS + 1, greeted=True)
        asker, listeners = sockets[0], sockets[1:]
        await asker.send(json.dumps({"id": 1, "method": "session.create", "params": {"sessionKey": "fan"}}))
        await asker.recv()
        for socket in listeners:
            await socket.send(json.dumps({"id": 1, "method": "event.subscribe", "params": {"sessionKey": "fan"}}))
            await socket.recv()

        async def listen(socket: ClientConnection) -> None:
            heard = 0
            while True:
                frame = await socket.recv(decode=False)
                if b'"chat.delta"' in frame:
                    heard += len(WORDS.findall(frame))
                elif b'"chat.done"' in frame:
                    assert heard == words, heard
                    return

        run = {"id": 1, "method": "chat.run", "params": {"message": f"[[slow:{words},3]]", "sessionKey": "fan"}}
        before, began = served.cpu(), time.monotonic()
        await asker.send(json.dumps(run))
        await asyncio.gather(*(listen(socket) for socket in listeners))
        cpu, wall = served.cpu() - before, time.monotonic() - began
        deliveries = words * SUBSCRIBERS
        return [
            Row(f"deltas to {SUBSCRIBERS} subscribers", deliveries / wall, "1/s"),
            Row("CPU of a delta to one of them", cpu / deliveries * 1e6, "us"),
        ]


class _Stalled:
    """A peer that reads nothing."""

    writable = False

    def write(self, frames: list[bytes]) -> None:
        """It is not read."""


async def behind() -> list[Row]:
    """A delta to a peer with 4 MB waiting, and to one with nothing waiting."""

    def delta(text: str) -> Published:
        data = ChatDeltaEvent(session_key="s", run_id="r", delta=text)
        return Published(chat_delta, data, user="u", session_id="s", run_id="r")

    async def cost(waiting: str) -> float:
        outbox = Outbox(_Stalled(), lambda event: Frames(), 2**40, lambda: None)
        outbox.put(b"first")
        await asyncio.sleep(0)
        outbox.put_event(delta(waiting))
        told = [delta("x" * 20) for _ in range(5000)]
        before = time.process_time()
        for event in told:
            outbox.put_event(event)
        return (time.process_time() - before) / len(told)

    nothing = sorted([await cost("") for _ in range(ROUNDS)])[ROUNDS // 2]
    much = sorted([await cost("x" * 4_000_000) for _ in range(ROUNDS)])[ROUNDS // 2]
    return [
        Row("a delta, 4 MB waiting / nothing waiting", much / nothing, "x", 1.5),
        Row("CPU of a delta for a peer that is behind", much * 1e6, "us"),
    ]


async def measure() -> list[Row]:
    """All of them, one after the other."""
    return [*await calls(), *await deltas(), *await idle(), *await fan_out(), *await behind()]
