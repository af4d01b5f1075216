"""A user who is deleted is nowhere any more: every table and every file that can hold one is looked through."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import msgspec
import pytest

from openclaw_rpc.adapters.users import statements
from openclaw_rpc.app import backup
from openclaw_rpc.app.users import delete_user, export_user
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.storage import StorageSettings
from openclaw_rpc.domain.kept import StorageUnusable
from tests.support import postgres
from tests.support.gateway import SECONDS, TestGateway, gateway, settings
from tests.support.upstream import Upstream

pytestmark = pytest.mark.timeout(180)

USER, OTHER = "zoe-qx7", "zoe-qx77"
"""Names that stand nowhere by chance; the one is the beginning of the other."""


def config(upstream: str) -> dict[str, Any]:
    security = {"policies": {"file_delete": "ask"}}
    memory = {"compact_every_seconds": 0.05, "max_log_entries": 1}
    return {**settings(upstream), "security": security, "memory": memory}


async def live(served: TestGateway, user: str) -> None:
    """Leave something of a user in everything that keeps things, with a mark in it that stands nowhere else."""
    token = served.make_token(user, "read,chat,tools,admin", name=f"{user}-token")
    mark = f"MARK-OF-{user}"
    async with served.connect(token=token) as client:
        await client.chat(f"[[raw:{mark} answered]]", sessionKey=f"{user}-s")
        await client.chat('[[tool:file_write {"path": "a.txt", "content": "x"}]]', sessionKey=f"{user}-s")
        await client.result("memory.store", key=f"{user}-m", value=f"{mark} remembered")
        await client.result("memory.store", key=f"{user}-n", value=f"{mark} remembered too")
        await client.result("file.write", path="b.txt", content=mark)
        await client.result("webhook.create", url="http://127.0.0.1:9/hook", events=["chat.done"])
        await client.result(
            "task.create",
            name=f"{user}-t",
            schedule="0 9 * * *",
            action={"type": "message", "params": {"content": mark}},
        )
        await client.chat(f"[[raw:{mark} told to the webhook]]", sessionKey=f"{user}-s")
        accepted = await client.result("chat.run", message='[[tool:file_delete {"path": "a.txt"}]]', sessionKey="held")
        await client.event("tool.approval", runId=accepted["runId"])
        await client.call("command.execute", {"command": "ls", "pin": "00000"})
    body = {"model": "openclaw", "input": f"[[raw:{mark} responded]]", "user": "below"}
    async with served.http("POST", "/v1/responses", body, token=token) as response:
        assert response.status == 200


def rows_of(database: Path) -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    with closing(sqlite3.connect(database)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for row in db.execute(f"SELECT * FROM {table}"):
                yield table, " ".join(str(value) for value in row)


def files_with(home: Path, text: str) -> list[str]:
    """Files and folders that name or hold a text; not with what begins with it."""
    wanted = text.encode()
    found: list[str] = []
    for path in home.rglob("*"):
        held = path.name.encode() + b" " + (path.read_bytes() if path.is_file() else b"")
        if wanted in held.replace(OTHER.encode(), b""):
            found.append(str(path.relative_to(home)))
    return found


async def handed_out(storage: StorageSettings, paths: Paths, folder: Path) -> None:
    """What is kept of a user is written down whole, and nothing of another."""
    counts = await export_user(USER, storage, paths, folder)
    assert counts["sessions"] >= 2 and counts["memories"] >= 2 and counts["files"] == 2, counts
    assert counts["usage"] and counts["responses"] and counts["tokens"] and counts["documents"], counts
    text = "".join(path.read_text() for path in sorted(folder.rglob("*")) if path.is_file())
    for said in ("answered", "remembered", "remembered too", "responded", "told to the webhook"):
        assert f"MARK-OF-{USER} {said}" in text, said
    assert OTHER not in text and "whsec_" not in text
    assert "## assistant," in "".join(path.read_text() for path in (folder / "sessions").glob("*.md"))
    with pytest.raises(FileExistsError):
        await export_user(USER, storage, paths, folder)
    with pytest.raises(StorageUnusable, match="There is no user"):
        await export_user("nobody", storage, paths, folder.with_name("nobody"))


async def test_nothing_of_a_deleted_user_is_left_in_any_table_or_file(upstream: Upstream, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    paths = Paths.find({"OPENCLAW_HOME": str(home)})
    async with gateway(config(upstream.url), home=home) as served:
        served.set_pin("24680")
        for user in (USER, OTHER):
            await live(served, user)
        with anyio.fail_after(SECONDS):
            async with served.connect() as client:
                # Each call gives the folding its time.
                while not any(path.is_file() for path in (home / "state" / "memory").rglob("*")):
                    await client.result("memory.compact")
        with pytest.raises(StorageUnusable, match="gateway runs"):
            await delete_user(USER, StorageSettings(), paths)
        await backup.create(StorageSettings(), paths, tmp_path / "one.backup", None, lambda *_: None)
    await handed_out(StorageSettings(), paths, tmp_path / "out")
    database = home / "state" / "gateway.db"
    before = {table for table, row in rows_of(database) if USER in row.replace(OTHER, "")}
    missing = {table for table in statements.NAMED if table not in before}
    assert missing <= {"pin_tries"}, f"the test leaves nothing of a user in {missing}"
    assert {"documents", "messages", "events"} <= before

    deleted = await delete_user(USER, StorageSettings(), paths)

    assert USER in deleted.users and OTHER not in deleted.users
    left = {(table, row) for table, row in rows_of(database) if USER in row.replace(OTHER, "")}
    # What the audit log says of an act may name what was acted on; it does not say whose it was.
    assert {table for table, _ in left} <= {"audit"}, left
    with closing(sqlite3.connect(database)) as db:
        known = {row[0] for row in db.execute("SELECT id FROM audit_users")}
        users = [msgspec.json.decode(row[0])["user"] for row in db.execute("SELECT line FROM audit")]
    assert not any(user == USER for user in users)
    assert any(user not in known for user in users), "whose acts are still there, under a random id"
    assert deleted.named_in_audit == 0
    assert [one.path for one in deleted.backups] == [str(tmp_path / "one.backup")]
    allowed = {"state/gateway.db"} if left else set[str]()
    assert set(files_with(home, USER)) <= allowed
    mark = f"MARK-OF-{USER}"
    assert set(files_with(home, mark)) <= {"state/gateway.db"}
    assert {table for table, row in rows_of(database) if mark in row.replace(OTHER, "")} <= {"audit"}

    async with gateway(config(upstream.url), home=home) as served, served.connect() as client:
        assert (await client.result("audit.verify"))["intact"]
        sessions = (await client.result("session.list", limit=50))["sessions"]
        assert f"{OTHER}-s" in {one["sessionKey"] for one in sessions}, "others keep theirs"
        assert any(path.name == "b.txt" for path in (home / "workspaces").rglob("*"))
    with pytest.raises(StorageUnusable, match="There is no user"):
        await delete_user(USER, StorageSettings(), paths)


async def test_the_owner_is_not_deleted(tmp_path: Path) -> None:
    with pytest.raises(StorageUnusable, match="owner"):
        await delete_user("owner", StorageSettings(), Paths.find({"OPENCLAW_HOME": str(tmp_path)}))


@postgres.INSTALLED
async def test_a_postgresql_database_forgets_a_user_in_every_table(upstream: Upstream, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    paths = Paths.find({"OPENCLAW_HOME": str(home)})
    async with postgres.database() as url:
        storage = msgspec.convert({"url": url}, StorageSettings)
        async with gateway({**config(upstream.url), "storage": {"url": url}}, home=home) as served:
            for user in (USER, OTHER):
                await live(served, user)
        await handed_out(storage, paths, tmp_path / "out")
        await delete_user(USER, storage, paths)
        connection: Any = await asyncpg.connect(url)
        try:
            sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            for (table,) in await connection.fetch(sql):
                for (row,) in await connection.fetch(f"SELECT replace(t::text, '{OTHER}', '') FROM {table} t"):
                    hidden = USER.encode().hex()  # bytes are written as their digits
                    others = OTHER.encode().hex()
                    assert table == "audit" or (USER not in row and hidden not in row.replace(others, "")), table
            assert await connection.fetchval("SELECT count(*) FROM sessions WHERE user_name = $1", OTHER) >= 1
        finally:
            await connection.close()


def test_every_table_that_names_a_user_is_deleted_from() -> None:
    from openclaw_rpc.adapters.moving.tables import TABLES

    named = {
        table.name for table in TABLES if {"user_name", "user_no"} & {*table.columns} or table.name == "memory_users"
    }
    covered = {*statements.DELETE, "audit"}
    assert named <= covered, f"whatever names a user must go with them: {named - covered}"
