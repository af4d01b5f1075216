"""A backup that is made while the gateway works loses nothing that was acknowledged before, on either engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from websockets.asyncio.client import connect

from openclaw_rpc.app import backup
from openclaw_rpc.config.paths import RUNNING, Paths
from openclaw_rpc.config.storage import StorageSettings
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.threads import in_thread
from tests.cli.command import Done, Home
from tests.support import postgres
from tests.support.gateway import TOKEN, Client, gateway, settings
from tests.support.process import GatewayProcess, gateway_process

pytestmark = pytest.mark.timeout(180)
CLIENTS = 4
SECONDS = 60


@dataclass
class Load:
    """Clients that talk and remember without a pause. ``runs``: what was acknowledged, by session and message."""

    runs: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    memories: list[str] = field(default_factory=list[str])
    more: anyio.Event = field(default_factory=anyio.Event)

    async def talk(self, process: GatewayProcess, at: int) -> None:
        async with client_of(process) as client:
            for number in range(10**6):
                message = f"{at}-{number}"
                done = await client.result("chat.run", message=message, sessionKey=f"s{at}-{number // 20}")
                self.runs[done["runId"]] = (done["sessionKey"], message)
                self.more.set()
                key = f"m{at}-{number}"
                await client.result("memory.store", key=key, value=f"The number {number} of {at}")
                self.memories.append(key)

    @asynccontextmanager
    async def on(self, process: GatewayProcess) -> AsyncGenerator[None]:
        """Work meanwhile."""
        async with anyio.create_task_group() as group:
            for at in range(CLIENTS):
                group.start_soon(self.talk, process, at)
            yield
            group.cancel_scope.cancel()

    async def until(self, runs: int) -> None:
        """Return when so many runs were acknowledged."""
        with anyio.fail_after(SECONDS):
            while len(self.runs) < runs:
                self.more = anyio.Event()
                await self.more.wait()


@asynccontextmanager
async def client_of(process: GatewayProcess) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with connect(process.ws_url, additional_headers=headers, proxy=None, max_queue=None) as socket:
        client = Client(socket)
        await client.next()
        yield client


def config(**storage: Any) -> dict[str, Any]:
    # Memories are folded into files all the time, which a copy has to keep up with.
    memory = {"compact_every_seconds": 0.02, "max_log_entries": 1}
    runs = {"max_queued": 10_000}
    return {**settings(), "memory": memory, "runs": runs, **({"storage": storage} if storage else {})}


async def everything_is_there(process: GatewayProcess, runs: dict[str, tuple[str, str]], memories: list[str]) -> None:
    said: dict[str, list[str]] = {}
    async with client_of(process) as client:
        for run_id, (session, message) in runs.items():
            state = await client.result("chat.wait", runId=run_id, timeoutMs=10_000)
            assert state["status"] in ("completed", "interrupted"), (run_id, state)
            if session not in said:
                detail = await client.result("session.get", sessionKey=session, limit=1000)
                said[session] = [one["content"] for one in detail["messages"] if one["role"] == "user"]
            assert said[session].count(message) == 1, (session, message)
        for key in memories:
            found = await client.result("memory.search", query=key.replace("m", "").replace("-", " of "), limit=1)
            assert found["results"], key
        assert (await client.result("audit.verify"))["intact"]


async def test_a_copy_made_under_load_holds_all_that_was_acknowledged_before(tmp_path: Path) -> None:
    old, new, path = Home(tmp_path / "old"), Home(tmp_path / "new"), tmp_path / "one.backup"
    old.path.mkdir()
    load = Load()
    env = {"OPENCLAW_BACKUP_PASSPHRASE": "correct horse"}
    async with gateway_process(config(), old.path) as process, load.on(process):
        await load.until(100)
        workspace = old.path / "workspace"
        (workspace / "notes.txt").write_text("kept")
        runs, memories = dict(load.runs), list(load.memories)
        made = await in_thread(lambda: old.run("backup", "create", str(path), "--json", env=env))
        assert made.code == 0, made.err
        await load.until(len(runs) + 50)
    assert made.json()["rows"]["runs"] >= len(runs)
    assert old.run("backup", "verify", str(path), env=env).code == 0
    refused = old.run("backup", "verify", str(path), env={"OPENCLAW_BACKUP_PASSPHRASE": "wrong horse"})
    assert refused.code == 1 and "passphrase is wrong" in refused.err
    restored = new.run("backup", "restore", str(path), env=env)
    assert restored.code == 0, restored.err
    assert (new.path / "workspace" / "notes.txt").read_text() == "kept"
    assert not (new.path / "state" / RUNNING).exists(), "nobody runs there"
    async with gateway_process(config(), new.path) as process:
        await everything_is_there(process, runs, memories[:: len(memories) // 20])


async def test_a_client_that_saw_more_than_the_copy_begins_its_stream_anew(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "one.backup"
    home.mkdir()
    paths = Paths.find({"OPENCLAW_HOME": str(home)})
    async with gateway(settings(), home=home) as served, served.connect() as client:
        await client.chat("before", sessionKey="s")
        await backup.create(StorageSettings(), paths, path, None, lambda *_: None)
        _, done = await client.chat("after", sessionKey="s")
        after = {"epoch": done["epoch"], "seq": done["seq"]}
        with pytest.raises(StorageUnusable, match="gateway runs"):
            await backup.restore(path, None, paths, {})
    with pytest.raises(StorageUnusable, match=r"gateway.yaml is there already"):
        await backup.restore(path, None, paths, {})
    restored = await backup.restore(path, None, paths, {}, replace=True)
    assert [one.name.partition(".before-")[0] for one in restored.aside] == ["gateway.yaml", "state"]
    async with gateway(settings(), home=home) as served, served.connect() as client:
        detail = await client.result("session.get", sessionKey="s")
        assert [one["content"] for one in detail["messages"] if one["role"] == "user"] == ["before"]
        answer = await client.result("event.subscribe", sessionKey="s", after=after)
        assert answer["resync"] is True


async def test_files_that_change_or_go_while_they_are_copied_spoil_nothing(tmp_path: Path) -> None:
    home, path = Home(tmp_path / "home"), tmp_path / "one.backup"
    home.configure("{}")
    assert home.run("token", "create", "--name", "a").code == 0
    workspace = home.path / "workspace"
    workspace.mkdir()
    growing = workspace / "growing.log"
    growing.write_bytes(b"x" * 1000)
    made: list[Done] = []

    async def write() -> None:
        number = 0
        while not made:
            number += 1
            with growing.open("ab") as file:
                file.write(b"x" * 1000)
            (workspace / f"short-lived-{number % 20}").write_text("now")
            (workspace / f"short-lived-{(number + 10) % 20}").unlink(missing_ok=True)
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        made.append(await in_thread(lambda: home.run("backup", "create", str(path), "--json")))
    assert made[0].code == 0, made[0].err
    assert made[0].json()["sealed"] is False
    assert home.run("backup", "verify", str(path)).code == 0


@postgres.INSTALLED
async def test_a_postgresql_database_is_dumped_under_load_and_put_into_an_empty_one(tmp_path: Path) -> None:
    old, new, path = Home(tmp_path / "old"), Home(tmp_path / "new"), tmp_path / "one.backup"
    old.path.mkdir()
    load = Load()
    async with postgres.database() as url, postgres.database() as other:
        async with gateway_process(config(url=url), old.path) as process, load.on(process):
            await load.until(40)
            runs, memories = dict(load.runs), list(load.memories)
            made = await in_thread(lambda: old.run("backup", "create", str(path), "--json"))
            assert made.code == 0, made.err
        assert old.run("backup", "verify", str(path)).code == 0
        refused = new.run("backup", "restore", str(path))
        assert refused.code == 1 and "holds a gateway's tables" in refused.err
        restored = new.run("backup", "restore", str(path), "--database", other)
        assert restored.code == 0, restored.err
        async with gateway_process(config(url=other), new.path) as process:
            await everything_is_there(process, runs, memories[:: len(memories) // 10])
