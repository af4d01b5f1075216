"""What messages cost that come from chats and go to other systems: a turn over a channel, what waits, who hangs."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect

from tests.bench.measure import TOKEN, Process, Row, configuration, free_port, model_server, running
from tests.support.platforms.receiver import Receiver

LINES = """
import asyncio, json, msgspec
from openclaw_rpc.channels import Channel, ChannelSettings, Message

class Settings(ChannelSettings, kw_only=True, frozen=True):
    port: int

class LinesChannel(Channel):
    id, name, settings_type = "lines", "Lines", Settings
    max_length = 100_000

    async def run(self, receive):
        self.peers = {}
        async def serve(reader, writer):
            while line := await reader.readline():
                given = msgspec.json.decode(line)
                self.peers[given["sender"]] = writer
                await receive(Message(**given))
        server = await asyncio.start_server(serve, "127.0.0.1", self.settings.port)
        await server.serve_forever()

    async def send_message(self, to, message):
        self.peers[to].write(msgspec.json.encode(message.text) + b"\\n")
"""
"""A platform without a library: a line is a message."""
TURNS = 60
ROUNDS = 15
WARM = 30
WAITING = 10_000
HANGING = 20
CALLS = 100


@asynccontextmanager
async def served(upstream: int | None, **more: Any) -> AsyncGenerator[tuple[Process, ClientConnection]]:
    """A gateway with the channel, and a client."""
    port = free_port()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as home:
        Path(home, "channels").mkdir(mode=0o700)
        Path(home, "channels", "lines.py").write_text(LINES)
        path = Path(home, "gateway.yaml")
        path.write_text(yaml.safe_dump(configuration(port, upstream) | more))
        path.chmod(0o600)
        with running("-m", "openclaw_rpc", "gateway", port=port, env={"OPENCLAW_HOME": home}) as process:
            async with connect(f"ws://127.0.0.1:{port}/", additional_headers=headers, proxy=None) as socket:
                await socket.recv()
                yield process, socket


async def call(socket: ClientConnection, method: str, **params: Any) -> Any:
    """Call a method; its result."""
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
    while True:
        frame = json.loads(await socket.recv())
        if frame.get("id") == method:
            assert "result" in frame, frame
            return frame["result"]


async def turns() -> list[Row]:
    """The same turns over the WebSocket and over the channel, by turns; the ratio of each round's CPU."""
    lines = free_port()
    with ExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        async with served(upstream, channels={"lines": {"port": lines}}) as (process, socket):
            while (await call(socket, "channel.status", channelId="lines"))["status"] != "connected":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            reader, writer = await asyncio.open_connection("127.0.0.1", lines)

            async def over_socket(at: int) -> None:
                run = {"id": 1, "method": "chat.run", "params": {"message": f"turn {at}", "sessionKey": f"s-{at}"}}
                await socket.send(json.dumps(run))
                while json.loads(await socket.recv()).get("type") != "chat.done":
                    pass

            async def over_channel(at: int) -> None:
                message = {"id": f"{at}", "sender": f"s-{at}", "text": f"turn {at}"}
                writer.write(json.dumps(message).encode() + b"\n")
                assert json.loads(await reader.readline()) == f"echo: turn {at}"

            ratios: list[float] = []
            costs: list[float] = []
            at = 0
            for round_ in range(-1, ROUNDS):
                taken: list[float] = []
                for turn in (over_socket, over_channel):
                    before = process.cpu()
                    for _ in range(WARM if round_ < 0 else TURNS):
                        at += 1
                        await turn(at)
                    # What is kept a moment later belongs to it.
                    await asyncio.sleep(0.6)
                    taken.append(process.cpu() - before)
                if round_ >= 0:
                    ratios.append(taken[1] / taken[0])
                    costs.append(taken[1] / TURNS * 1e3)
            writer.close()
    return [
        Row("CPU of a message over a channel", statistics.median(costs), "ms"),
        Row("a channel's message : the same turn over a socket", statistics.median(ratios), "x", 1.3),
    ]


class Hanging(Receiver):
    """One endpoint that answers, and one that never does."""

    def add_routes(self, app: web.Application) -> None:
        super().add_routes(app)
        app.router.add_post("/hang", self._hang)

    async def _hang(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(3600)
        return web.Response()


async def deliveries() -> list[Row]:
    """What waits for an endpoint that hangs, and how long another's calls take meanwhile."""
    async with Hanging.running() as receiver, served(None, webhooks={"timeout_seconds": 120}) as (process, socket):

        async def delays(name: str) -> list[float]:
            """How long calls take to the endpoint that answers, in ms."""
            taken: list[float] = []
            for at in range(CALLS):
                key, before = f"{name}-{at}", len(receiver.calls)
                began = time.monotonic()
                await call(socket, "session.create", sessionKey=key)
                await receiver.until(lambda before=before: len(receiver.calls) > before)
                taken.append((time.monotonic() - began) * 1e3)
            return sorted(taken)

        made = await call(socket, "webhook.create", url=f"{receiver.url}/hook", event="session.updated")
        alone = await delays("alone")
        await call(socket, "webhook.update", webhookId=made["id"], enabled=False)
        for at in range(WAITING // HANGING):
            await call(socket, "session.create", sessionKey=f"plain-{at}")
        before = process.resident()
        for _ in range(HANGING):
            await call(socket, "webhook.create", url=f"{receiver.url}/hang", event="session.updated")
        for at in range(WAITING // HANGING):
            await call(socket, "session.create", sessionKey=f"waiting-{at}")
        grown = (process.resident() - before) / 1024
        hooks = (await call(socket, "webhook.list"))["webhooks"]
        for hook in hooks[: HANGING - 1]:
            if hook["id"] != made["id"]:
                await call(socket, "webhook.delete", webhookId=hook["id"])
        await call(socket, "webhook.update", webhookId=made["id"], enabled=True)
        beside = await delays("beside")
    return [
        Row(f"{WAITING} deliveries that wait", grown, "MiB", 20),
        Row("a webhook's call, from the cause to its arrival", alone[CALLS // 2], "ms"),
        Row("later beside one that hangs, half of them", beside[CALLS // 2] - alone[CALLS // 2], "ms", 50),
        Row("later beside one that hangs, 95 of 100", beside[CALLS * 95 // 100] - alone[CALLS * 95 // 100], "ms", 50),
    ]


async def measure() -> list[Row]:
    """Both."""
    return [*await turns(), *await deliveries()]
