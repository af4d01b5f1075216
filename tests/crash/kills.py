"""Kill -9 a gateway while runs stream, start it again, and look at what is left."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.support.gateway import TOKEN, Client, settings
from tests.support.process import GatewayProcess, gateway_process
from tests.support.upstream import scripted_upstream

RUNS = 8
LONGEST = 0.6
"""Seconds from the first run to the kill, at most."""
ROUND_SECONDS = 60


@dataclass
class Asked:
    """A message that was sent, and what came back until the kill. ``run_id`` is there where it was accepted."""

    key: str
    session: str
    message: str
    wanted: str
    run_id: str = ""
    seen: str = ""
    epoch: str = ""
    seq: int = 0
    finish: str | None = None


@dataclass
class Kills:
    """What was found. ``faults`` must stay empty."""

    kills: int = 0
    accepted: int = 0
    unanswered: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])
    faults: list[str] = field(default_factory=list[str])


class Crashing:
    """Rounds of a start, a look at what the last round left, new runs, and a kill."""

    def __init__(self, home: Path, upstream: str, seed: int) -> None:
        self.found = Kills()
        self._home = home
        self._config = settings(upstream)
        self._random = random.Random(seed)
        self._asked: list[Asked] = []
        self._round = 0

    async def rounds(self, kills: int) -> Kills:
        """So many kills, and a last look."""
        for _ in range(kills):
            with anyio.fail_after(ROUND_SECONDS):
                async with gateway_process(self._config, self._home) as process:
                    await self._look(process)
                    await self._begin_and_kill(process)
            self.found.kills += 1
        with anyio.fail_after(ROUND_SECONDS):
            async with gateway_process(self._config, self._home) as process:
                await self._look(process)
                code = await process.terminate()
                self._expect(code == 0, f"the gateway ended with {code} when it was asked to stop")
        return self.found

    def _expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.found.faults.append(f"after {self.found.kills} kills: {fault}")

    # ---- runs ----

    def _messages(self) -> list[Asked]:
        """Eight that stream, in sessions of their own; some of them with another behind them."""
        self._round += 1
        made: list[Asked] = []
        for at in range(RUNS):
            # Two sessions live through all rounds.
            session = f"kept-{at}" if at < 2 else f"s-{self._round}-{at}"
            for behind in range(1 + (at % 4 == 0)):
                words = self._random.choice((1, 5, 20, 60, 200))
                pause = self._random.choice((1, 5, 10))
                made.append(
                    Asked(
                        key=f"k-{self._round}-{at}-{behind}",
                        session=session,
                        message=f"[[slow:{words},{pause}]]{self._round}-{at}-{behind}",
                        wanted="".join(f"w{n} " for n in range(words)),
                    )
                )
        return made

    async def _begin_and_kill(self, process: GatewayProcess) -> None:
        asked = self._asked = self._messages()
        self._random.shuffle(asked)
        # Half of the kills while messages are still being accepted.
        wait = self._random.uniform(0, self._random.choice((0.03, LONGEST)))
        with anyio.move_on_after(wait + 10) as late:
            async with anyio.create_task_group() as group:
                for part in (asked[::2], asked[1::2]):
                    group.start_soon(self._talk, process, part)
                await anyio.sleep(wait)
                await process.kill()
        # The sockets see the end of the process by themselves.
        self._expect(not late.cancelled_caught, "a socket did not see the end of the process")
        self.found.accepted += sum(bool(one.run_id) for one in asked)
        self.found.unanswered += sum(not one.run_id for one in asked)

    async def _talk(self, process: GatewayProcess, asked: list[Asked]) -> None:
        by_id = {one.key: one for one in asked}
        runs: dict[str, Asked] = {}
        try:
            async with client_of(process) as client:
                for one in asked:
                    await client.send({"id": one.key, "method": "chat.run", "params": params_of(one)})
                while True:
                    frame = json.loads(await client.socket.recv())
                    if "id" in frame:
                        one = by_id[frame["id"]]
                        one.run_id = frame["result"]["runId"]
                        runs[one.run_id] = one
                    elif (one := runs.get(frame.get("data", {}).get("runId"))) is not None:
                        hear(one, frame)
        except (WebSocketException, OSError, EOFError):
            return

    # ---- what is left ----

    async def _look(self, process: GatewayProcess) -> None:
        """Nothing acknowledged is lost, and every run has exactly one end."""
        asked, self._asked = self._asked, []
        if not asked:
            return
        async with client_of(process) as client:
            for one in asked:
                if one.run_id:
                    await self._look_at_run(client, one)
            for session in {one.session for one in asked}:
                await self._look_at_session(client, session, [one for one in asked if one.session == session])

    async def _look_at_run(self, client: Client, one: Asked) -> None:
        answer = await client.call("chat.wait", {"runId": one.run_id, "timeoutMs": 10_000})
        if "error" in answer:
            self._expect(False, f"an accepted run is gone: {one} {answer['error']}")
            return
        state = answer["result"]
        status, said = state["status"], state.get("response", "")
        self.found.ends[status] += 1
        self._expect(status in ("completed", "interrupted"), f"{one.run_id} is {status} after the restart")
        self._expect(one.wanted.startswith(said), f"{one.run_id} says {said!r}, which the model never said")
        self._expect(status != "completed" or said == one.wanted, f"{one.run_id} is completed with {said!r}")
        if one.finish is not None:
            self._expect(state["finishReason"] == one.finish, f"{one.run_id} had ended with {one.finish}: {state}")
            self._expect(said == one.seen == one.wanted, f"{one.run_id} ended, and its text is another now")
        again = await client.call("chat.run", params_of(one))
        self._expect(
            again.get("result", {}).get("runId") == one.run_id, f"the key of {one.run_id} is forgotten: {again}"
        )

    async def _look_at_session(self, client: Client, session: str, asked: list[Asked]) -> None:
        for one in asked:
            if not one.run_id and (await client.call("session.get", {"sessionKey": session})).get("result"):
                # Whether it was accepted is not known: sent again, it is one run all the same.
                again = await client.result("chat.run", **params_of(one))
                one.run_id = again["runId"]
                await client.result("chat.wait", runId=one.run_id)
        answer = await client.call("session.get", {"sessionKey": session, "limit": 1000})
        if "error" in answer:
            self._expect(not any(one.run_id for one in asked), f"the session {session} is gone")
            return
        detail = answer["result"]
        said = [message["content"] for message in detail["messages"] if message["role"] == "user"]
        for one in asked:
            if one.run_id:
                self._expect(said.count(one.message) == 1, f"{one.message!r} is there {said.count(one.message)} times")
        ids = [message["messageId"] for message in detail["messages"]]
        self._expect(len(set(ids)) == len(ids), f"{session} has a message twice")
        await self._look_at_history(client, session, detail, asked)

    async def _look_at_history(self, client: Client, session: str, detail: Any, asked: list[Asked]) -> None:
        """All events of the session, told again from the first."""
        client.seen.clear()
        after = {"epoch": detail["epoch"], "seq": 0}
        answer = await client.result("event.subscribe", sessionKey=session, after=after)
        await client.result("agent.list")
        await client.result("event.unsubscribe", sessionKey=session)
        self._expect(answer["resync"] is False, f"the history of {session} has a gap")
        told = [frame for frame in client.seen if "seq" in frame]
        seqs = [frame["seq"] for frame in told]
        self._expect(seqs == sorted(set(seqs)), f"the numbers of {session} don't grow: {seqs}")
        ends = Counter(frame["data"]["runId"] for frame in told if frame["type"] == "chat.done")
        for one in asked:
            if one.run_id:
                self._expect(ends[one.run_id] == 1, f"{one.run_id} has {ends[one.run_id]} final events")
            if one.epoch and one.epoch == detail["epoch"]:
                self._expect(detail["seq"] >= one.seq, f"{session} counts from {detail['seq']} again, after {one.seq}")
        self._expect(all(count == 1 for count in ends.values()), f"{session}: {ends}")


def params_of(one: Asked) -> dict[str, Any]:
    return {"message": one.message, "sessionKey": one.session, "idempotencyKey": one.key}


def hear(one: Asked, frame: Any) -> None:
    """Note what a run tells."""
    one.epoch, one.seq = frame["epoch"], frame["seq"]
    if frame["type"] == "chat.delta":
        one.seen += frame["data"]["delta"]
    elif frame["type"] == "chat.done":
        one.finish = frame["data"]["finishReason"]


@asynccontextmanager
async def client_of(process: GatewayProcess) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    options: dict[str, Any] = {"additional_headers": headers, "proxy": None, "max_queue": None, "max_size": None}
    async with connect(process.ws_url, **options) as socket:
        client = Client(socket)
        await client.next()
        yield client


async def kill(kills: int, home: Path, seed: int) -> Kills:
    """Kill a gateway so many times; what was found."""
    async with scripted_upstream() as upstream:
        return await Crashing(home, upstream.url, seed).rounds(kills)
