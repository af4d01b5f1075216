"""What an agent costs: a turn with a tool in it, and a question to a memory of 100,000 entries."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from websockets.asyncio.client import ClientConnection, connect

from openclaw_rpc.adapters.memory.sqlite import SqliteMemoryStore
from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.memory.service import Memories
from openclaw_rpc.domain.memory.settings import MemorySettings
from tests.bench.http import Server, asking, bare_relay
from tests.bench.measure import TOKEN, Process, Row, configuration, free_port, model_server, running
from tests.bench.yardstick import yardstick
from tests.support.memory import Lines

TOOL = '[[tool:file_read {"path": "notes.txt"}]]'
TURNS = 35
ROUNDS = 31
ECHOES = 40
"""How often each client of the echo is answered between two rounds: an eighth of a second."""
MEMORIES = 100_000
AT_ONCE = 500
WORDS = 20_000
SEARCHES = 200
CHINESE = ("北京", "会议", "数据", "项目", "明天", "重要", "客户", "报告")


@asynccontextmanager
async def served(home: Path, upstream: int | None, **sections: Any) -> AsyncGenerator[tuple[Process, ClientConnection]]:
    """A gateway in a process of its own, its home ``home`` and ``sections`` in its configuration; and a client."""
    port = free_port()
    path = home / "gateway.yaml"
    path.write_text(yaml.safe_dump(configuration(port, upstream) | sections))
    path.chmod(0o600)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with running("-m", "openclaw_rpc", "gateway", port=port, env={"OPENCLAW_HOME": str(home)}) as process:
        async with connect(f"ws://127.0.0.1:{port}/", additional_headers=headers, proxy=None) as socket:
            await socket.recv()
            yield process, socket


async def call(socket: ClientConnection, method: str, params: dict[str, Any]) -> Any:
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}))
    while True:
        frame = json.loads(await socket.recv())
        if frame.get("id") == method:
            assert "result" in frame, frame
            return frame["result"]


async def turn(socket: ClientConnection, message: str, session: str) -> None:
    """A message, the tool that it makes the model ask for, and the answer."""
    run = {"id": 1, "method": "chat.run", "params": {"message": message, "sessionKey": session}}
    await socket.send(json.dumps(run))
    used = False
    while True:
        frame = json.loads(await socket.recv())
        if frame.get("type") == "tool.result":
            assert frame["data"].get("error") is None, frame
            used = True
        elif frame.get("type") == "chat.done":
            assert used, frame
            assert frame["data"]["finishReason"] == "stop", frame
            return


async def turns() -> list[Row]:
    """Turns with one tool call each, one after the other, each in a session of its own and about something else.

    Beside them a bare relay, which only passes on two such answers of the model. A machine's moods are shorter than all
    of this: an echo before and after each round tells that round's.
    """
    chance = random.Random(5)
    with ExitStack() as stack:
        _, upstream = stack.enter_context(model_server())
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="openclaw-bench-"))
        bare, port = stack.enter_context(bare_relay(upstream))
        async with (
            served(Path(home), upstream) as (process, socket),
            aiohttp.ClientSession() as session,
            yardstick() as echo,
        ):
            relay = Server(session, port, bare)
            await call(socket, "file.write", {"path": "notes.txt", "content": "likes coffee, black"})
            for at in range(30):
                await turn(socket, question(chance), f"warm-{at}")
            costs: list[Row] = []
            relayed: list[Row] = []
            slow = await echo.slowness(ECHOES)
            for round_ in range(ROUNDS):
                began, before = slow, process.cpu()
                for at in range(TURNS):
                    await turn(socket, question(chance), f"turn-{round_}-{at}")
                cost = (process.cpu() - before) / TURNS * 1e3
                bare_cost = await relay.many(2 * TURNS, asking(TOOL, stream=True), at_once=1) * 2 / 1e3
                slow = await echo.slowness(ECHOES)
                meanwhile = (began + slow) / 2
                costs.append(Row("CPU of a chat turn with a tool call", cost, "ms", 3, slowness=meanwhile))
                relayed.append(Row("two such answers, bare relay", bare_cost, "ms", slowness=meanwhile))
    return [median(costs), median(relayed)]


def median(rows: list[Row]) -> Row:
    """The one in the middle, by what it would be at the speed at which the limits were set."""
    return sorted(rows, key=lambda row: row.at_speed(1).value)[len(rows) // 2]


def question(chance: random.Random) -> str:
    """Some words, and what makes the model ask for the tool."""
    return " ".join((*_sentence(chance).split()[: chance.randint(3, 10)], TOOL))


def _sentence(chance: random.Random) -> str:
    """Some words, few of them often and most of them seldom, as in any language."""
    words = [f"w{int(WORDS ** chance.random())}" for _ in range(chance.randint(8, 24))]
    return " ".join((*words, chance.choice(CHINESE) + chance.choice(CHINESE)))


async def _fill(home: Path) -> None:
    paths = Paths.find({"OPENCLAW_HOME": str(home)}, None)
    paths.prepare()
    chance = random.Random(7)
    async with Database.open(paths.state / "gateway.db") as database:
        memories = Memories(
            SqliteMemoryStore(database, paths.state / "memory"), SystemClock(), Lines(), MemorySettings()
        )
        for _ in range(MEMORIES // AT_ONCE):
            await asyncio.gather(*(memories.remember("owner", _sentence(chance)) for _ in range(AT_ONCE)))


async def searches() -> list[Row]:
    """Questions of one to five words, frequent and seldom ones, over the socket."""
    chance = random.Random(11)
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as home:
        await _fill(Path(home))
        async with served(Path(home), None) as (_, socket):
            taken: list[float] = []
            for at in range(SEARCHES + 10):
                query = " ".join(_sentence(chance).split()[-chance.randint(1, 5) :])
                began = time.monotonic()
                found = await call(socket, "memory.search", {"query": query, "limit": 10})
                if at >= 10:
                    taken.append((time.monotonic() - began) * 1e3)
                assert found["results"], query
    taken.sort()
    name = f"a search among {MEMORIES} memories"
    return [
        Row(f"{name}, half of them", taken[len(taken) // 2], "ms", 20),
        Row(f"{name}, 95 of 100", taken[len(taken) * 95 // 100], "ms", 20),
    ]


async def measure() -> list[Row]:
    """Both."""
    return [*await turns(), *await searches()]
