"""The store's file: whose it is, which version it has, and what is said of one that can't be used."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from openclaw_rpc.adapters.sqlite.file import StoreUnusable, open_reader, open_writer
from openclaw_rpc.adapters.sqlite.migrations import MIGRATIONS
from openclaw_rpc.adapters.store import reads, writes
from openclaw_rpc.adapters.store.rows import session_row
from openclaw_rpc.adapters.store.rules import cursor_after
from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.records import SessionQuery, UsageQuery
from tests.support.store import at, event, message, run, session, used

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.db"


async def test_opening_the_store_tells_what_is_wrong_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match=str(tmp_path)):
        async with SqliteStore.open(tmp_path):
            pass


def test_the_file_and_its_folder_are_the_owners_alone(path: Path) -> None:
    with closing(open_writer(path)) as db:
        writes.create_session(db, session_row(session("one"), 0))
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert modes == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    with closing(open_writer(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_readers_can_not_write(path: Path) -> None:
    open_writer(path).close()
    reader = open_reader(path)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM sessions")
    reader.close()


def test_a_file_of_a_newer_program_is_refused_and_left_alone(path: Path) -> None:
    db = open_writer(path)
    writes.create_session(db, session_row(session("one"), 0))
    db.close()
    newer = len(MIGRATIONS) + 1
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {newer}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnusable, match=rf"{path}.*version is {newer}.*newer program"):
        open_writer(path)
    assert path.read_bytes() == before


def test_an_older_file_is_brought_forward_with_what_is_in_it(path: Path) -> None:
    db = open_writer(path)
    writes.create_session(db, session_row(session("one"), 0))
    db.close()
    newer = (*MIGRATIONS, ("ALTER TABLE sessions ADD COLUMN colour TEXT", "UPDATE sessions SET colour = 'red'"))
    db = open_writer(path, newer)
    assert db.execute("SELECT key, colour FROM sessions").fetchall() == [("one", "red")]
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    db.close()


def test_a_step_forward_that_fails_changes_nothing(path: Path) -> None:
    open_writer(path).close()
    broken = (*MIGRATIONS, ("ALTER TABLE sessions ADD COLUMN colour TEXT", "UPDATE nowhere SET x = 1"))
    with pytest.raises(StoreUnusable, match="nowhere"):
        open_writer(path, broken)
    db = open_writer(path)
    with pytest.raises(sqlite3.OperationalError, match="colour"):
        db.execute("SELECT colour FROM sessions")
    db.close()


def test_a_file_that_is_no_database_is_named_with_what_to_do(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"gateway:\n  port: 18789\n" * 100)
    with pytest.raises(StoreUnusable, match=rf"{path}.*not a database.*Move it away"):
        open_writer(path)
    assert path.read_bytes().startswith(b"gateway:")


def test_a_damaged_database_is_named_with_what_to_do(path: Path) -> None:
    open_writer(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * 3996 + whole[4096:])
    with pytest.raises(StoreUnusable, match=rf"{path}.*Move it away") as refused:
        open_writer(path)
    assert refused.value.path == path


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()
    with pytest.raises(StoreUnusable, match="another program's"):
        open_writer(path)
    db = sqlite3.connect(path)
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("bookmarks",)]
    db.close()


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable, match=r"storage\.path"):
        open_writer(tmp_path / "file" / "store.db")
    with pytest.raises(StoreUnusable, match=str(tmp_path)):
        open_writer(tmp_path)


def test_two_processes_may_open_a_new_file_at_once(path: Path) -> None:
    code = "import sys; from pathlib import Path; from openclaw_rpc.adapters.sqlite.file import open_writer"
    code += "; open_writer(Path(sys.argv[1])).close()"
    started = [subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT) for _ in range(4)]
    assert [process.wait(30) for process in started] == [0] * 4
    open_reader(path).close()


FIRST_VERSION = f"""
INSERT INTO sessions VALUES
    ('s_gone', 'ada', 'gone', 'main', 'api', '{at(0)}', '{at(0)}', 'e_0', 0, 0, NULL, NULL, NULL, NULL, NULL),
    ('s_ada_one', 'ada', 'one', 'main', 'api', '{at(0)}', '{at(9)}', 'e_1', 7, 3, 't', 's', 'm', '{{"a":"b"}}', NULL),
    ('s_bob_two', 'bob', 'two', 'main', 'api', '{at(0)}', '{at(8)}', 'e_2', 2, 1, NULL, NULL, NULL, NULL, NULL);
DELETE FROM sessions WHERE id = 's_gone';
INSERT INTO messages (session_id, message_id, role, content, created_at, status) VALUES
    ('s_ada_one', 'm_9', 'user', 'first', '{at(10)}', 'complete'),
    ('s_bob_two', 'm_1', 'user', 'hers', '{at(10)}', 'complete'),
    ('s_ada_one', 'm_1', 'user', 'second', '{at(10)}', 'complete'),
    ('s_ada_one', 'm_5', 'user', 'third', '{at(10)}', 'complete');
INSERT INTO events VALUES
    ('s_ada_one', 7, 'chat.message', x'7b7d', 'r_1', NULL), ('s_bob_two', 2, 'chat.message', x'7b7d', NULL, NULL),
    ('s_ada_one', 6, 'chat.delta', x'7b7d', 'r_1', '[[5,3],[6,4]]');
"""


async def test_a_file_of_the_first_version_keeps_all_that_is_in_it(path: Path) -> None:
    one, two = session("one"), session("two", "bob")
    runs = [
        run("r_2", one, status="running", created_at=at(3)),
        run("r_1", one, status="completed", created_at=at(2), idempotency_key="k"),
        run("r_3", two, created_at=at(1)),
    ]
    with closing(open_writer(path, MIGRATIONS[:1])) as db:
        db.executescript(FIRST_VERSION)
        for kept in runs:
            row = (kept.id, kept.session_id, kept.user, kept.status, kept.created_at, kept.idempotency_key)
            db.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, msgspec.json.encode(kept)))
        kept_then = msgspec.structs.astuple(used())[:12]
        db.execute("INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kept_then)
    async with SqliteStore.open(path) as store:
        record = await store.find_session("ada", "one")
        assert record == session(
            "one", updated_at=at(9), seq=7, message_count=3, title="t", summary="s", model="m", labels={"a": "b"}
        )
        assert [m.content for m in (await store.messages(one.id, 9))[0]] == ["first", "second", "third"]
        assert [m.content for m in (await store.messages(one.id, 9, before="m_1"))[0]] == ["first"]
        assert [m.content for m in (await store.messages(two.id, 9))[0]] == ["hers"]
        assert await store.events(one.id, 0, 9) == [
            event(one, 6, type="chat.delta", run_id="r_1", marks=((5, 3), (6, 4))),
            event(one, 7, run_id="r_1"),
        ]
        assert await store.events(two.id, 0, 9) == [event(two, 2)]
        assert await store.find_run("r_1") == runs[1]
        assert [found.id for found in await store.unfinished_runs()] == ["r_3", "r_2"]
        again = await store.admit(
            Change(session=one, run=run("r_4", one, idempotency_key="k", created_at=at(5)), messages=[message("m_4")])
        )
        assert again.id == "r_1"
        assert (await store.usage(UsageQuery(user="ada", by="day", limit=9)))[1].requests == 1
        await store.commit(Change(one.id, messages=[message("m_1", "better"), message("m_6", "fourth")]))
        contents = [m.content for m in (await store.messages(one.id, 9))[0]]
        assert contents == ["first", "better", "third", "fourth"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_page_of_sessions_is_read_in_the_order_of_an_index(path: Path) -> None:
    """Sorting would read every session that the pages before it hold. Everybody's are the newest of each user."""
    async with SqliteStore.open(path) as store:
        for number in range(40):
            one = session(f"s{number}", "ada" if number % 4 else "bob")
            await store.admit(Change(session=one, run=run(f"r_{number}", one), messages=[message(f"m_{number}")]))
    for user in ("ada", None):
        asked: list[str] = []
        with closing(open_reader(path)) as db:
            db.set_trace_callback(asked.append)
            for more in ({"offset": 9}, {"cursor": cursor_after(session("one"))}, {"since": at(1), "until": at(2)}):
                reads.list_sessions(db, SessionQuery(user=user, limit=9, **more))  # pyright: ignore[reportArgumentType]
            db.set_trace_callback(None)
            plans = [str(db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in asked if "ORDER BY" in sql]
        assert len(plans) == 3
        sorted_ = 1 if user is None else 0  # those that were gathered
        for plan in plans:
            assert "INDEX sessions_by_user (user=? AND" in plan or "INDEX sessions_by_user (user=?)" in plan
            assert "SCAN sessions" not in plan
            assert plan.count("TEMP B-TREE FOR ORDER BY") == sorted_


def test_usage_of_everybody_since_a_time_is_read_by_each_users_index(path: Path) -> None:
    asked: list[str] = []
    open_writer(path).close()
    with closing(open_reader(path)) as db:
        db.set_trace_callback(asked.append)
        reads.usage(db, UsageQuery(user=None, by="day", limit=9, since=at(1)))
        db.set_trace_callback(None)
        plans = [str(db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in asked if "usage" in sql]
    assert len(plans) == 2
    assert [plan for plan in plans if "INDEX usage_by_user (user=? AND at>?)" not in plan] == []
