"""All that is kept moves from SQLite to PostgreSQL and back, whole, however often it is interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from openclaw_rpc.adapters.postgres.connecting import connected
from openclaw_rpc.adapters.postgres.migrations import MIGRATIONS
from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.app.migration import looked_at, migrate
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.storage import StorageSettings
from openclaw_rpc.domain.kept import StorageUnusable
from tests.cli.command import Home
from tests.support import postgres
from tests.support.gateway import TestGateway, gateway, settings
from tests.support.upstream import Upstream

pytestmark = [postgres.INSTALLED, pytest.mark.timeout(180)]


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with postgres.database() as made:
        yield made


def paths(home: Path) -> Paths:
    return Paths.find({"OPENCLAW_HOME": str(home)}, None)


def in_postgres(url: str) -> StorageSettings:
    return msgspec.convert({"url": url}, StorageSettings)


async def lived_in(served: TestGateway) -> str:
    """Have a gateway keep something of every kind; answers a token that was made."""
    async with served.connect() as client:
        for number in range(3):
            await client.chat(f"[[raw:Answer {number} 🦞]]", sessionKey=f"s{number}", idempotencyKey=f"k{number}")
        await client.chat("[[tool:file_list {}]]", sessionKey="s0")
        await client.chat("a\0b", sessionKey="nul")
        for number in range(30):
            await client.result("memory.store", key=f"m{number}", value=f"Something about 北京 {number}")
        await client.result("memory.compact")
        await client.result("memory.store", key="late", value="not folded yet")
        await client.result("webhook.create", url="http://127.0.0.1:9/hook", events=["chat.done"])
        await client.result("session.fork", sessionKey="s0", newSessionKey="fork")
        async with served.http("POST", "/v1/responses", {"model": "scripted", "input": "[[raw:kept]]"}) as response:
            assert response.status == 200
    served.set_pin("24680")
    return served.make_token(name="script")


async def told(served: TestGateway, token: str) -> Any:
    """What a client sees of it."""
    async with served.connect(token=token) as client:
        sessions = await client.result("session.list", limit=50)
        histories = [await client.result("chat.history", sessionKey=one["sessionKey"]) for one in sessions["sessions"]]
        found = await client.result("memory.search", query="北京 7", limit=5)
        return sessions, histories, [(hit["key"], hit["score"]) for hit in found["results"]]


class _Killed(Exception):
    """The move was interrupted."""


async def test_everything_moves_to_postgres_and_back(upstream: Upstream, url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    async with gateway(settings(upstream.url), home=home) as served:
        token = await lived_in(served)
        before = await told(served, token)
    here, source = paths(home), StorageSettings()
    stopped = 0
    seen: list[tuple[int, int]] = []

    def interrupted(what: str, rows: int, of: int) -> None:
        nonlocal stopped
        seen.append((rows, of))
        if what.startswith("copying ") and rows > stopped + 10:
            stopped = rows
            raise _Killed

    killed = 0
    while True:
        try:
            moved = await migrate(source, in_postgres(url), here, interrupted)
            break
        except _Killed:
            killed += 1
    assert killed > 2
    assert all(0 <= rows <= of for rows, of in seen)
    assert seen[-1][0] == seen[-1][1], "at its end all is done"
    by_name = {one.table: one.rows for one in moved}
    assert by_name["memories"] >= 31
    assert all(by_name[name] for name in ("sessions", "messages", "runs", "events", "usage", "responses", "tokens"))
    again = await migrate(source, in_postgres(url), here, lambda *_: None)
    assert again == moved, "a second time there is nothing to do"

    async with gateway({**settings(upstream.url), "storage": {"url": url}}, home=home) as served:
        assert await told(served, token) == before
        with pytest.raises(StorageUnusable, match="gateway runs"):
            await migrate(source, in_postgres(url), here, lambda *_: None)
        async with served.connect(token=token) as client:
            await client.chat("[[raw:And more.]]", sessionKey="s1")
            after = await told(served, token)

    file = tmp_path / "back.db"
    back = StorageSettings(url=f"sqlite:///{file}")
    with pytest.raises(StorageUnusable, match="table sessions"):
        await migrate(source, in_postgres(url), here, lambda *_: None)
    moved = await migrate(in_postgres(url), back, here, lambda *_: None)
    assert await migrate(in_postgres(url), back, here, lambda *_: None, only_compare=True) == moved
    found = await looked_at(back, here)
    assert found.storage == f"sqlite:///{file}"
    assert found.rows["memories"] >= 31
    async with gateway({**settings(upstream.url), "storage": {"path": str(file)}}, home=home) as served:
        assert await told(served, token) == after


async def test_a_move_that_is_killed_goes_on_where_it_stopped(url: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.run("token", "create", "--name", "laptop").code == 0
    async with Database.open(paths(tmp_path).database(None), paths(tmp_path).state) as file:
        row = "INSERT INTO usage VALUES ('2026-01-01T00:00:00.000Z', 'ada', '', '', '', '', '', '', 0, 0, ?, 0, 0, 0)"
        await file.write(lambda db: db.executemany(row, [(at,) for at in range(30_000)]).rowcount)
    words = [sys.executable, "-m", "openclaw_rpc", "storage", "migrate", "--to", url]
    process = await asyncio.create_subprocess_exec(*words, env={**os.environ, "OPENCLAW_HOME": str(tmp_path)})
    beside = await connected(url)
    try:
        with anyio.fail_after(60):
            while not await beside.fetchval("SELECT to_regclass('usage') IS NOT NULL") or not await beside.fetchval(
                "SELECT count(*) FROM usage"
            ):
                assert process.returncode is None, "it was over before it could be killed"
        process.kill()
        assert await process.wait() == -signal.SIGKILL
        kept = await beside.fetchval("SELECT count(*) FROM usage")
        assert 0 < kept < 30_000
    finally:
        await beside.close()
    done = home.run("storage", "migrate", "--to", url, "--json")
    assert done.code == 0, done.err
    assert {one["table"]: one["rows"] for one in done.json()["tables"]}["usage"] == 30_000


async def test_a_target_with_something_else_is_refused(upstream: Upstream, url: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        async with gateway(settings(upstream.url), home=tmp_path / name) as served, served.connect() as client:
            await client.chat(f"[[raw:{name}]]", sessionKey=name)
    await migrate(StorageSettings(), in_postgres(url), paths(tmp_path / "one"), lambda *_: None)
    with pytest.raises(StorageUnusable, match="holds something else: table sessions, row with number 1"):
        await migrate(StorageSettings(), in_postgres(url), paths(tmp_path / "two"), lambda *_: None)


async def test_the_command_says_what_it_did_and_what_it_refuses(url: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.run("token", "create", "--name", "laptop").code == 0
    done = home.run("storage", "migrate", "--to", url, "--json")
    assert done.code == 0, done.err
    assert {one["table"]: one["rows"] for one in done.json()["tables"]}["tokens"] == 1
    (tmp_path / "gateway.yaml").write_text(f"storage: {{url: '{url}'}}\n")
    assert "laptop" in home.run("token", "list").out
    found = home.run("storage", "status", "--json").json()
    assert found["rows"]["tokens"] == 1
    assert (found["engine"], found["version"], found["nodes"]) == ("postgres", len(MIGRATIONS), [])
    assert home.run("storage", "migrate", "--to", "mysql://x").code == 1
    same = home.run("storage", "migrate", "--to", url)
    assert same.code == 1
    assert "Traceback" not in same.err
