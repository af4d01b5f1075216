"""Nodes that are killed, frozen and cut off, engines that come and go, clients that speak to any of them."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import anyio.to_thread
import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.support import postgres, redis
from tests.support.gateway import TOKEN, Client, settings
from tests.support.line import Line
from tests.support.process import GatewayProcess, gateway_process
from tests.support.upstream import scripted_upstream

LEASE = 1.5
START_SECONDS = 120.0
SILENCE = 0.5
"""From when on a time in which nothing is heard of a run is noted."""
WORDS, WORD_MS = 30, 60
"""How long an answer is: about 1.8 s."""
PATIENCE_SECONDS = 90.0
"""How long one message may take to be acknowledged and ended, whatever happens meanwhile."""
GONE = (OSError, WebSocketException, TimeoutError, AssertionError)


@dataclass
class Asked:
    """A message that was acknowledged, and what its watcher heard of it."""

    key: str
    session: str
    run_id: str
    text: str = ""
    resynced: bool = False
    finish: str | None = None


class Span(NamedTuple):
    """A time that passed, by the monotonic clock."""

    began: float
    ended: float


@dataclass
class Campaign:
    """What was found. ``faults`` must stay empty."""

    done: Counter[str] = field(default_factory=Counter[str])
    ends: Counter[str] = field(default_factory=Counter[str])
    errors: Counter[str] = field(default_factory=Counter[str])
    refused: Counter[str] = field(default_factory=Counter[str])
    """What nodes said that did not start, and were started again."""
    asked: list[Asked] = field(default_factory=list[Asked])
    unanswered: int = 0
    faults: list[str] = field(default_factory=list[str])
    silences: list[Span] = field(default_factory=list[Span])
    """The times in which a watcher heard nothing of a run that had begun."""
    disturbed: list[Span] = field(default_factory=list[Span])
    """The times from a fault until it was undone, or until a node that was killed may be taken for dead."""

    @property
    def silence(self) -> float:
        """The longest silence that a watcher met in a run, in seconds."""
        return max((one.ended - one.began for one in self.silences), default=0.0)

    @property
    def healing(self) -> float:
        """The longest time that a stream stood still while nothing was wrong any more, in seconds."""
        return max(map(self._undisturbed, self.silences), default=0.0)

    def _undisturbed(self, silence: Span) -> float:
        ends = [fault.ended for fault in self.disturbed if fault.began < silence.ended and fault.ended > silence.began]
        return max(0.0, silence.ended - max([silence.began, *ends]))


class Node:
    """A node that may be ended and started again. ``process`` is there while it is meant to serve."""

    def __init__(self, name: str, home: Path, config: dict[str, Any], lines: Sequence[Line]) -> None:
        self.name = name
        self.lines = lines
        """Those by which it reaches the engines."""
        self.refused: list[str] = []
        """What it said when it did not start."""
        self.process: GatewayProcess | None = None
        self._home = home
        self._config = {**config, "cluster": {"node": name, "lease_seconds": LEASE}}
        self._stack = AsyncExitStack()
        home.mkdir()

    async def start(self) -> None:
        """Start it, again and again where it refuses, as whoever looks after it does."""
        with anyio.fail_after(START_SECONDS):
            while self.process is None:
                self._stack = AsyncExitStack()
                try:
                    self.process = await self._stack.enter_async_context(gateway_process(self._config, self._home))
                except TimeoutError:
                    self.refused.append("it took too long")
                except anyio.IncompleteRead:
                    self.refused.append(self._last_word())

    def _last_word(self) -> str:
        said = (self._home / "stderr.txt").read_text().strip().splitlines()
        return said[-1] if said else "without a word"

    async def kill(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            if not process.runs:
                self.refused.append(f"it ended by itself: {self._last_word()}")
            await process.kill()
        await self._stack.aclose()

    def errors(self) -> str:
        """What it wrote to standard error, where that is a traceback."""
        said = (self._home / "stderr.txt").read_text()
        logs = [line for file in self._home.rglob("*.log*") for line in file.read_text().splitlines()]
        failed = [line for line in logs if '"error"' in line and "can't be reached" not in line and "Traceback" in line]
        return said[-3000:] if "Traceback" in said else "\n".join(failed[:3])[:3000]


class Driver:
    """Clients, faults, and a look at what is left."""

    def __init__(self, nodes: list[Node], database: postgres.Server, bus: redis.Server, seed: int) -> None:
        self.found = Campaign()
        self._nodes = nodes
        self._database = database
        self._bus = bus
        self._random = random.Random(seed)
        self._numbers = count(1)
        self._over = False

    # ---- clients ----

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[Client]:
        """A client of a node that is chosen at random."""
        processes = [node.process for node in self._nodes if node.process is not None]
        url = self._random.choice(processes).ws_url + "/" if processes else "ws://127.0.0.1:1/"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with connect(url, additional_headers=headers, proxy=None, max_queue=None, open_timeout=5) as socket:
            yield Client(socket)

    async def talk(self, session: str) -> None:
        """Say something in a session, hear the answer on another node, and so on."""
        while not self._over:
            key = f"k{next(self._numbers)}"
            with anyio.move_on_after(PATIENCE_SECONDS) as patience:
                accepted = await self._ask(key, session)
                if accepted is not None:
                    asked = Asked(key, session, accepted["runId"])
                    self.found.asked.append(asked)
                    await self._watch(asked, accepted)
            if patience.cancelled_caught:
                self.found.faults.append(f"{key} in {session} was not over in {PATIENCE_SECONDS:g} s")

    async def _ask(self, key: str, session: str) -> Any:
        """Ask until it is acknowledged, of any node, under one key."""
        params = {
            "sessionKey": session,
            "message": f"[[slow:{WORDS},{WORD_MS}]] {key}.",
            "idempotencyKey": key,
        }
        while True:
            try:
                async with self.client() as client:
                    frame = await client.call("chat.run", params, seconds=10)
                if "result" in frame:
                    return frame["result"]
                if frame["error"]["data"]["code"] != "service_unavailable":
                    self.found.faults.append(f"{key}: {frame['error']}")
                    return None
            except GONE:
                pass
            if self._over:
                self.found.unanswered += 1
                return None
            await anyio.sleep(0.1)

    async def _watch(self, asked: Asked, accepted: Any) -> None:
        """Hear a run to its end, from any node, going on where another one fell away."""
        position = {"epoch": accepted["epoch"], "seq": accepted["seq"]}
        heard: float | None = None
        while asked.finish is None:
            try:
                async with self.client() as client:
                    subscribed = await client.result("event.subscribe", runId=asked.run_id, after=position)
                    asked.resynced |= subscribed["resync"]
                    if subscribed["resync"]:
                        state = await client.result("chat.wait", runId=asked.run_id, timeoutMs=10_000)
                        asked.finish = state.get("finishReason")
                    while asked.finish is None:
                        frame = await client.next(seconds=20)
                        if frame.get("data", {}).get("runId") != asked.run_id:
                            continue
                        position = {"epoch": frame["epoch"], "seq": frame["seq"]}
                        if frame["type"] == "chat.delta":
                            asked.text += frame["data"]["delta"]
                        now = time.monotonic()
                        if heard is not None and now - heard > SILENCE:
                            self.found.silences.append(Span(heard, now))
                        # Until it begins it waits for the run before it.
                        heard = None if frame["type"] == "chat.message" and not asked.text else now
                        if frame["type"] == "chat.done":
                            asked.finish = frame["data"]["finishReason"]
            except GONE:
                await anyio.sleep(0.1)

    # ---- faults ----

    async def fault(self, what: str) -> None:
        """Do one of them, and undo it."""
        self.found.done[what] += 1
        began = time.monotonic()
        dead = await getattr(self, f"_{what}")()
        self.found.disturbed.append(Span(began, time.monotonic() if dead is None else dead))

    async def _kill(self) -> float:
        node = self._random.choice(self._nodes)
        await node.kill()
        dead = time.monotonic() + LEASE
        await anyio.sleep(LEASE * self._random.random())
        await node.start()
        return dead

    async def _silent(self) -> None:
        line = self._line()
        line.silence()
        await anyio.sleep(self._random.random() * 3 * LEASE)
        await line.mend()

    async def _refused(self) -> None:
        line = self._line()
        await line.refuse()
        await anyio.sleep(self._random.random() * 3 * LEASE)
        await line.mend()

    async def _reset(self) -> None:
        self._line().reset()

    def _line(self) -> Line:
        return self._random.choice(self._random.choice(self._nodes).lines)

    async def _freeze(self, seconds: float = 2 * LEASE) -> None:
        process = self._random.choice(self._nodes).process
        if process is not None and process.runs:
            process.send(signal.SIGSTOP)
            await anyio.sleep(seconds)
            process.send(signal.SIGCONT)

    async def _pause(self) -> None:
        await self._freeze(LEASE / 3)

    async def _flush(self) -> None:
        self._bus.command("FLUSHALL")

    async def _redis(self) -> None:
        await anyio.to_thread.run_sync(self._bus.stop)
        await anyio.sleep(self._random.random() * 3)
        await anyio.to_thread.run_sync(self._bus.start)

    async def _hole(self) -> None:
        self._bus.freeze()
        await anyio.sleep(3)
        self._bus.thaw()

    async def _postgres(self) -> None:
        await anyio.to_thread.run_sync(self._database.stop)
        await anyio.sleep(self._random.random() * 2)
        await anyio.to_thread.run_sync(self._database.start)

    async def run(self, streams: int, faults: list[str]) -> None:
        """So many clients, two to a session, while one fault follows another."""
        async with anyio.create_task_group() as group:
            for at in range(streams):
                group.start_soon(self.talk, f"s{at // 2}")
            for what in faults:
                await anyio.sleep(0.5 + self._random.random() * 2)
                await self.fault(what)
            await anyio.sleep(2)
            self._over = True

    # ---- what is left ----

    async def look(self) -> None:
        """Compare what was acknowledged and heard with what is kept."""
        connection: Any = await asyncpg.connect(self._database.url())
        try:
            runs = [json.loads(row[0]) for row in await connection.fetch("SELECT data FROM runs")]
            messages = await connection.fetch("SELECT content FROM messages WHERE role = 'user'")
            order = await connection.fetch(
                "SELECT place >> 32, type, run_id FROM events WHERE type IN ('chat.started', 'chat.done') "
                "ORDER BY place"
            )
        finally:
            await connection.close()
        self._look_at_runs({run["id"]: run for run in runs}, Counter(row[0] for row in messages))
        of_key = Counter(run["idempotency_key"] for run in runs)
        self._fault_each("run twice", [key for key, times in of_key.items() if times > 1])
        self._look_at_order(order)

    def _look_at_runs(self, runs: dict[str, Any], messages: Counter[str]) -> None:
        whole = "".join(f"w{at} " for at in range(WORDS))
        for asked in self.found.asked:
            run = runs.get(asked.run_id)
            said = messages[f"[[slow:{WORDS},{WORD_MS}]] {asked.key}."]
            if run is None or said == 0:
                self.found.faults.append(f"{asked.key} was acknowledged and is lost")
                continue
            if said > 1:
                self.found.faults.append(f"{asked.key} is there {said} times")
            self.found.ends[run["status"]] += 1
            if run["status"] == "error":
                self.found.errors[run["error"]["message"]] += 1
            if run["status"] in ("queued", "running"):
                self.found.faults.append(f"{asked.key} never ended")
            kept = run.get("response") or ""
            if asked.finish == "stop" and not asked.resynced and asked.text.strip() != whole.strip():
                self.found.faults.append(f"{asked.key} was heard as {asked.text!r}")
            elif not whole.startswith(asked.text) and not asked.resynced:
                self.found.faults.append(f"{asked.key}, interrupted, was heard as {asked.text!r}")
            if run["status"] == "completed" and kept.strip() != whole.strip():
                self.found.faults.append(f"{asked.key} was kept as {kept!r}")

    def _look_at_order(self, order: list[Any]) -> None:
        """Of each session, no run begins before the last one has ended."""
        at_work: dict[int, str] = {}
        for session, kind, run_id in order:
            if kind == "chat.started":
                if session in at_work:
                    self.found.faults.append(f"{run_id} began while {at_work[session]} was at work")
                at_work[session] = run_id
            elif at_work.get(session) == run_id:
                del at_work[session]

    def _fault_each(self, what: str, keys: list[str]) -> None:
        self.found.faults += [f"{key}: {what}" for key in keys]


FAULTS = ("kill", "freeze", "pause", "flush", "redis", "hole", "postgres", "silent", "refused", "reset")


async def campaign(home: Path, seed: int, *, nodes: int, streams: int, faults: list[str]) -> Campaign:
    """Nodes on engines of their own, clients and faults; what was found."""
    with postgres.server() as database, redis.server() as bus:
        async with scripted_upstream() as upstream, AsyncExitStack() as stack:
            made: list[Node] = []
            for name in (f"n{at}" for at in range(nodes)):
                lines = [await stack.enter_async_context(Line(engine.port)) for engine in (database, bus)]
                to_database, to_bus = (line.port for line in lines)
                config = {
                    **settings(upstream.url),
                    "runs": {"max_running": 1000, "max_queued": 1000},
                    "storage": {"url": database.url().replace(str(database.port), str(to_database))},
                    "bus": {"url": bus.url.replace(str(bus.port), str(to_bus))},
                }
                made.append(Node(name, home / name, config, lines))
            try:
                for node in made:
                    await node.start()
                driver = Driver(made, database, bus, seed)
                await driver.run(streams, faults)
                await driver.look()
            finally:
                with anyio.CancelScope(shield=True):
                    for node in made:
                        await node.kill()
            driver.found.refused.update(said for node in made for said in node.refused)
            driver.found.faults += [said for node in made if (said := node.errors())]
            return driver.found
