"""The audit log in the file: whoever changes it shows, and whoever tries by the way is refused."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from openclaw_rpc.domain.tools.audit import AuditLog, AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.kept import in_sqlite
from tests.support.store import at

ROOT = Path(__file__).parents[3]
Edit = Callable[[sqlite3.Connection], object]


async def write(log: AuditLog, *names: str) -> None:
    for name in names:
        await log.append(AuditRecord(at=at(1), user="ada", outcome="done", tool=name))


def opened(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "state" / "gateway.db", isolation_level=None)


def change(home: Path, edit: Edit) -> None:
    """As somebody who knows SQLite: without the triggers."""
    with closing(opened(home)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        edit(db)


def replaced(place: int, old: str, new: str) -> Edit:
    return lambda db: db.execute(
        "UPDATE audit SET line = CAST(replace(CAST(line AS TEXT), ?, ?) AS BLOB) WHERE place = ?", (old, new, place)
    )


@pytest.mark.parametrize("sql", ["UPDATE audit SET tool = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE seq = 2"])
async def test_the_file_itself_refuses_to_change_or_remove_a_record(tmp_path: Path, sql: str) -> None:
    async with in_sqlite(tmp_path) as kept:
        await write(kept.audit, "a", "b")
    with closing(opened(tmp_path)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(sql)
    async with in_sqlite(tmp_path) as kept:
        assert (await kept.audit.verify()).records == 2


@pytest.mark.parametrize(
    ("edit", "seq"),
    [
        (replaced(2, '"b"', '"x"'), 3),
        (replaced(5, '"e"', '"x"'), 5),
        (replaced(1, "done", "begun"), 2),
        (lambda db: db.execute("DELETE FROM audit WHERE place = 3"), 3),
        (lambda db: db.execute("DELETE FROM audit WHERE place = 1"), 1),
        (lambda db: db.execute("DELETE FROM audit WHERE place = 5"), 5),
        (lambda db: db.execute("DELETE FROM audit WHERE place > 1"), 2),
        (lambda db: db.execute("DELETE FROM audit"), 1),
        (lambda db: db.execute("UPDATE audit SET place = 0 WHERE place = 2"), 1),
        (lambda db: db.execute("UPDATE audit SET line = x'7b' WHERE place = 4"), 4),
    ],
    ids=[
        "changed",
        "last",
        "first",
        "removed",
        "first removed",
        "last removed",
        "end",
        "emptied",
        "swapped",
        "garbage",
    ],
)
async def test_a_change_shows_where_it_is(tmp_path: Path, edit: Edit, seq: int) -> None:
    async with in_sqlite(tmp_path) as kept:
        await write(kept.audit, *"abcde")
        assert (await kept.audit.verify()).intact
        change(tmp_path, edit)
        verdict = await kept.audit.verify()
        assert (verdict.intact, verdict.seq) == (False, seq), verdict
        assert verdict.fault


async def test_a_change_still_shows_when_the_log_went_on(tmp_path: Path) -> None:
    async with in_sqlite(tmp_path) as kept:
        await write(kept.audit, *"abcde")
        change(tmp_path, lambda db: db.execute("DELETE FROM audit WHERE place > 3"))
        await write(kept.audit, "f")
        verdict = await kept.audit.verify()
        assert (verdict.intact, verdict.seq) == (False, 4)
        records, _ = await kept.audit.query(AuditQuery(limit=10))
        assert [(record.seq, record.tool) for record in records] == [(6, "f"), (3, "c"), (2, "b"), (1, "a")]


async def test_the_file_lets_go_of_nothing_but_what_was_pruned(tmp_path: Path) -> None:
    async with in_sqlite(tmp_path) as kept:
        await write(kept.audit, *"abcde")
        assert await kept.audit.prune(at(9), 2) == 2
    for sql in ("DELETE FROM audit", "DELETE FROM audit WHERE seq = 3", "UPDATE audit SET tool = 'x'"):
        with closing(opened(tmp_path)) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(sql)


def head(seq: int, of: int) -> Edit:
    """A head behind the record ``of``, as somebody without the key would write it."""

    def edit(db: sqlite3.Connection) -> None:
        (line,) = db.execute("SELECT line FROM audit WHERE seq = ?", (of,)).fetchone()
        forged = {"seq": seq, "hash": hashlib.sha256(line).hexdigest(), "signature": "0" * 64}
        db.execute("UPDATE single_values SET value = ? WHERE name = 'audit_pruned'", (json.dumps(forged).encode(),))
        db.execute("DELETE FROM audit WHERE seq <= ?", (seq,))

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        head(4, of=4),
        lambda db: db.execute("DELETE FROM single_values WHERE name = 'audit_pruned'"),
        lambda db: db.execute("DELETE FROM single_values WHERE name = 'audit_key'"),
        lambda db: db.execute("DELETE FROM audit WHERE seq = 3"),
    ],
    ids=["forged head", "no head", "no key", "first that is kept"],
)
async def test_a_change_of_where_the_log_begins_shows(tmp_path: Path, edit: Edit) -> None:
    async with in_sqlite(tmp_path) as kept:
        await write(kept.audit, *"abcdef")
        assert await kept.audit.prune(at(9), 2) == 2
        assert (await kept.audit.verify()).intact
        change(tmp_path, edit)
        verdict = await kept.audit.verify()
        assert not verdict.intact and verdict.fault


async def test_records_that_were_changed_are_not_pruned_away(tmp_path: Path) -> None:
    async with in_sqlite(tmp_path) as kept:
        await write(kept.audit, *"abcde")
        change(tmp_path, replaced(2, '"b"', '"x"'))
        with pytest.raises(Unavailable, match="does not verify"):
            await kept.audit.prune(at(9), 10)
        assert len((await kept.audit.query(AuditQuery(limit=10)))[0]) == 5


async def test_what_is_chained_names_nobody(tmp_path: Path) -> None:
    async with in_sqlite(tmp_path) as kept:
        await write(kept.audit, "a", "b")
        with closing(opened(tmp_path)) as db:
            lines = [row[0] for row in db.execute("SELECT line FROM audit")]
            assert not any(b"ada" in line for line in lines)
            assert len({json.loads(line)["user"] for line in lines}) == 1
        records, _ = await kept.audit.query(AuditQuery(limit=10, user="ada"))
        assert [record.user for record in records] == ["ada", "ada"]


KILLED = """
import sys, anyio
from pathlib import Path
from openclaw_rpc.protocol.audit import AuditRecord
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.kept import in_sqlite
async def main():
    async with in_sqlite(Path(sys.argv[1])) as kept, anyio.create_task_group() as group:
        async def one(number):
            while True:
                await kept.audit.append(AuditRecord(at="2026-01-01T00:00:00.000Z", user="ada", outcome="done"))
                print("kept", flush=True)
        for number in range(8):
            group.start_soon(one, number)
anyio.run(main)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
async def test_after_a_crash_the_chain_is_whole_and_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        acknowledged = sum(line == "kept\n" for line in (process.stdout.readline() for _ in range(100)))
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += sum(line == "kept\n" for line in process.stdout)
    async with in_sqlite(tmp_path) as kept:
        verdict = await kept.audit.verify()
        assert verdict.intact
        assert verdict.records >= acknowledged >= 100
        await write(kept.audit, "after")
        assert (await kept.audit.verify()).records == verdict.records + 1
