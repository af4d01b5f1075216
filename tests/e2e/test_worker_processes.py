"""`openclaw gateway --workers N`: real processes on one port, which are one gateway."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
import yaml
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.cli.command import Home, free_port
from tests.support import postgres, redis
from tests.support.gateway import TOKEN, Client, settings
from tests.support.nodes import seen
from tests.support.upstream import Upstream

# Each process takes its time to start on a machine with other work.
SECONDS = 120.0
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
pytestmark = pytest.mark.timeout(300)


class Served:
    """The parent of some workers, once all of them serve."""

    def __init__(self, process: subprocess.Popen[str], said: dict[str, Any]) -> None:
        self.process = process
        self.said = said

    async def ask(self, path: str = "/status") -> dict[str, Any]:
        """An answer over a connection of its own: whichever worker takes it."""
        async with aiohttp.ClientSession() as session, session.get(self.said["url"] + path, headers=HEADERS) as reply:
            assert reply.status == 200
            return await reply.json()

    async def status(self) -> dict[str, Any]:
        async with self.connect() as client:
            return await client.result("system.status")

    @asynccontextmanager
    async def connect(self, node: str | None = None) -> AsyncGenerator[Client]:
        """A client of whichever worker, or of that one."""
        with anyio.fail_after(SECONDS):
            while True:
                url = self.said["url"].replace("http", "ws", 1)
                # Who comes while a worker is restarted waits for its successor.
                opening = connect(url, additional_headers=HEADERS, proxy=None, open_timeout=SECONDS)
                try:
                    socket = await opening
                except InvalidStatus as refused:
                    # The worker that stops had taken it just before.
                    assert refused.response.status_code == 503 and refused.response.headers["Retry-After"]
                    continue
                async with socket:
                    client = Client(socket)
                    await client.next(lambda frame: frame.get("type") == "connected")
                    if node is None or (await client.result("system.status"))["node"] == node:
                        yield client
                        return


@contextmanager
def workers(home: Home, count: int) -> Generator[Served]:
    process = home.start("gateway", "--workers", str(count), "--json", stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        yield Served(process, json.loads(process.stdout.readline()))
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=SECONDS)


@pytest.fixture
async def home(upstream: Upstream, tmp_path: Path) -> AsyncGenerator[Home]:
    async with postgres.database() as url:
        chosen = settings(upstream.url, port=free_port(), shutdown_seconds=5)
        chosen |= {
            "storage": {"url": url},
            "bus": {"url": redis.shared().url, "prefix": redis.prefix()},
            "cluster": {"node": "n", "lease_seconds": 1},
        }
        made = Home(tmp_path / "home")
        made.configure(yaml.safe_dump(chosen))
        yield made


@postgres.INSTALLED
@redis.INSTALLED
async def test_workers_are_one_gateway_and_are_restarted_under_its_clients(home: Home) -> None:
    with workers(home, 2) as served:
        assert served.said["workers"] == 2
        async with served.connect("n-1") as one, served.connect("n-2") as two:
            await seen(one, {"n-1", "n-2"})
            run = await one.result("chat.run", sessionKey="s", message="[[slow:20,20]]")
            await two.result("event.subscribe", sessionKey="s", after={"epoch": run["epoch"], "seq": run["seq"]})
            await two.event("chat.done", runId=run["runId"])
            assert two.text(run["runId"]).split() == [f"w{at}" for at in range(20)]
            await two.result("config.update", config={"runs": {"max_running": 9}})
            with anyio.fail_after(SECONDS):
                while (await one.result("config.get"))["config"]["runs"]["max_running"] != 9:  # noqa: ASYNC110
                    await anyio.sleep(0.05)
        before = {node["node"]: node["startedAt"] for node in (await served.status())["nodes"]}
        served.process.send_signal(signal.SIGHUP)
        after = before
        with anyio.fail_after(SECONDS):
            # Each of these comes over a connection of its own, and none is reset.
            while len(after) < 2 or any(after[name] == started for name, started in before.items()):
                status = await served.ask("/healthz")
                assert status == {"status": "ok"}
                nodes = [node for node in (await served.status())["nodes"] if node["status"] == "ready"]
                after = {node["node"]: node["startedAt"] for node in nodes}
        # The address is told as long as one of them serves.
        assert (home.path / "state" / "running").read_text().splitlines()[0] == served.said["url"]
        async with served.connect() as client:
            assert (await client.result("chat.history", sessionKey="s"))["messages"]
    assert served.process.returncode == 0
    assert not (home.path / "state" / "running").exists()


@postgres.INSTALLED
@redis.INSTALLED
async def test_a_worker_that_dies_has_a_successor_that_takes_what_waits(home: Home) -> None:
    with workers(home, 2) as served:
        ours = children(served.process.pid)
        assert len(ours) == 2
        os.kill(ours[1], signal.SIGKILL)
        answers: list[dict[str, Any]] = []

        async def ask() -> None:
            answers.append(await served.ask("/healthz"))

        with anyio.fail_after(SECONDS):
            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(ask)
        assert answers == [{"status": "ok"}] * 20
        assert len(set(children(served.process.pid)) - set(ours)) == 1


def children(parent: int) -> list[int]:
    """The processes that a process started, the eldest first."""
    return [int(number) for number in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ("", "storage.url, bus.url"),
        ("storage: {url: 'postgresql://nobody@127.0.0.1:1/none'}\n", "bus.url"),
    ],
)
def test_without_postgres_and_redis_it_is_refused_before_anything_listens(
    tmp_path: Path, more: str, missing: str
) -> None:
    home = Home(tmp_path / "home")
    port = free_port()
    home.configure(f"gateway: {{port: {port}}}\n{more}")
    done = home.run("gateway", "--workers", "2")
    assert done.code == 2
    assert f"missing: {missing}." in done.err and "postgresql://" in done.err and "redis://" in done.err
    assert done.out == "" and not (home.path / "state").exists()


def test_one_worker_is_the_gateway_itself(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.configure(f"gateway: {{port: {free_port()}}}\n")
    process = home.start("gateway", "--workers", "1", "--json")
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert "workers" not in said
    assert children(process.pid) == []
    process.terminate()
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0
