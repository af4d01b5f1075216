"""The load of a soak: people who come, talk, use a tool, search, look at the past over SSE, and go again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import anyio
from websockets.asyncio.client import connect

from tests.soak.levels import Sample
from tests.support.gateway import TOKEN, Client, settings
from tests.support.process import GatewayProcess, gateway_process
from tests.support.upstream import scripted_upstream

TURNS = 8
"""How many turns a person takes before the next one comes."""
PAUSE = 0.1
EVERY = 1.0
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Soak:
    """What was measured. ``faults`` must stay empty."""

    samples: list[Sample] = field(default_factory=list[Sample])
    turns: int = 0
    sessions: int = 0
    faults: list[str] = field(default_factory=list[str])


def config(upstream: str, seconds: float) -> dict[str, Any]:
    """What is kept a tenth of the time is over well before the middle."""
    kept = f"{max(5, round(seconds / 10))}s"
    retention = dict.fromkeys(("sessions", "events", "usage", "logs", "audit"), kept)
    return {
        **settings(upstream),
        "retention": {**retention, "check_every": f"{max(1, round(seconds / 60))}s"},
        "logging": {"level": "info", "max_bytes": 262_144, "backups": 2},
        "memory": {"compact_every_seconds": max(1, seconds / 60), "max_log_entries": 20},
    }


async def soak(seconds: float, clients: int, home: Path) -> Soak:
    """Let a gateway work for so long."""
    found = Soak()
    async with (
        scripted_upstream() as upstream,
        gateway_process(config(upstream.url, seconds), home) as process,
        anyio.create_task_group() as group,
    ):
        for at in range(clients):
            group.start_soon(_people, process, at, found)
        began = anyio.current_time()
        while (passed := anyio.current_time() - began) < seconds and not found.faults:
            found.samples.append(await anyio.to_thread.run_sync(measured, process.pid, home, passed))
            await anyio.sleep(EVERY)
        group.cancel_scope.cancel()
    return found


async def _people(process: GatewayProcess, at: int, found: Soak) -> None:
    number = 0
    while True:
        number += 1
        try:
            with anyio.fail_after(60):
                await _one(process, f"s{at}-{number}", found)
        except (AssertionError, TimeoutError, OSError) as error:
            found.faults.append(f"s{at}-{number}: {error!r}"[:500])
            return


async def _one(process: GatewayProcess, key: str, found: Soak) -> None:
    """A person: a session, a few turns, one with a tool; something remembered and searched; the past over SSE."""
    async with connect(process.ws_url, additional_headers=HEADERS, proxy=None, max_queue=None, max_size=None) as socket:
        client = Client(socket)
        await client.next()
        first = ""
        for turn in range(TURNS):
            client.seen.clear()
            message = f"[[tool:file_list {{}}]]{turn}" if turn == 2 else f"[[slow:20,1]]turn {turn} of {key}"
            _, done = await client.chat(message, sessionKey=key)
            assert done["data"]["finishReason"] == "stop", done
            first = first or f"{done['data']['runId']}/{done['epoch']}/{done['seq']}"
            found.turns += 1
            await anyio.sleep(PAUSE)
        await client.result("memory.store", key=key, value=f"What {key} said")
        await client.result("memory.search", query=key, limit=3)
        await client.result("memory.delete", key=key)
        await client.result("session.list", limit=5)
    past = f"{process.url}/v1/sessions/{key}/events"
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        session.get(past, headers={"Last-Event-ID": first}) as response,
    ):
        assert response.status == 200, await response.text()
        assert await response.content.readany()
    found.sessions += 1


def measured(pid: int, home: Path, at: float) -> Sample:
    """What the process and its files take now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    state = home / "state"
    return Sample(
        at=at,
        memory=pages * os.sysconf("SC_PAGE_SIZE"),
        descriptors=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        threads=sum(1 for _ in Path(f"/proc/{pid}/task").iterdir()),
        database=sum(_size(path) for path in state.glob("gateway.db*")),
        memories=sum(_size(path) for path in (state / "memory").rglob("*")),
        logs=sum(_size(path) for path in (home / "logs").rglob("*")),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
