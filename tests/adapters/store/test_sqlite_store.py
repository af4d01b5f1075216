"""What SQLite's store adds: durability, grouped commits, the file's mode and version, faults of the disk."""

import sqlite3
import threading
import weakref
from pathlib import Path

import anyio
import pytest

from openclaw_rpc.adapters.store.sqlite import SqliteStore
from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.records import UsageQuery
from openclaw_rpc.protocol.errors import Conflict, InternalError, Unavailable
from tests.support.store import at, delivery, event, message, run, session, used

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.db"


async def ids(store: SqliteStore, session_id: str) -> list[str]:
    return [m.message_id for m in (await store.messages(session_id, 100_000))[0]]


class Held:
    """A write that stands in the writer's thread until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.released = threading.Event()

    def __call__(self, db: sqlite3.Connection) -> None:
        self.reached.set()
        assert self.released.wait(20)


async def hold(store: SqliteStore) -> Held:
    """Keep the writer busy, so that what is written next is queued."""
    held = Held()
    store.writer.submit(held)
    assert await anyio.to_thread.run_sync(held.reached.wait, 20)
    return held


async def test_all_that_was_acknowledged_is_there_after_reopening(path: Path) -> None:
    one = session("one")
    async with SqliteStore.open(path) as store:
        await store.admit(Change(session=one, run=run("r_1", one), messages=[message("m_1")]))
        await store.commit(
            Change(one.id, SessionPatch(epoch="e_2"), events=[event(one, 1, b"\x00\xff")], usage=[used()])
        )
    async with SqliteStore.open(path) as store:
        record = await store.find_session("ada", "one")
        assert record is not None
        assert (record.seq, record.epoch, record.message_count) == (1, "e_2", 1)
        assert await ids(store, one.id) == ["m_1"]
        assert await store.events(one.id, 0, 9) == [event(one, 1, b"\x00\xff")]
        assert [kept.id for kept in await store.unfinished_runs()] == ["r_1"]
        assert (await store.usage(UsageQuery(user="ada", by="day", limit=9)))[1].requests == 1


async def test_writes_that_wait_share_one_commit(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        await store.commit(Change(session=session("one")))
        before = store.writer.commits
        held = await hold(store)
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for i in range(500):
                    group.start_soon(lambda i=i: store.commit(Change("s_ada_one", messages=[message(f"m_{i}")])))
                await anyio.wait_all_tasks_blocked()
                held.released.set()
        assert store.writer.commits - before == 2  # the held one's, and one for all
        assert await ids(store, "s_ada_one") == [f"m_{i}" for i in range(500)]


async def test_a_group_is_bounded(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        await store.commit(Change(session=session("one")))
        before = store.writer.commits
        held = await hold(store)
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for i in range(1025):
                    group.start_soon(lambda i=i: store.commit(Change("s_ada_one", usage=[used(prompt_tokens=i)])))
                await anyio.wait_all_tasks_blocked()
                held.released.set()
        assert store.writer.commits - before == 4


def break_half_way(db: sqlite3.Connection) -> None:
    db.execute("UPDATE sessions SET title = 'half'")
    raise ValueError("a fault of the write itself")


def break_a_rule(db: sqlite3.Connection) -> None:
    db.execute("UPDATE sessions SET title = 'half'")
    db.execute("INSERT INTO runs VALUES ('r', 's_none', 'u', 'queued', 'now', NULL, '{}')")


def end_the_transaction(db: sqlite3.Connection) -> None:
    db.execute("UPDATE sessions SET title = 'half'")
    db.execute("ROLLBACK")
    raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.parametrize(
    ("broken", "told"),
    [(break_half_way, InternalError), (break_a_rule, Unavailable), (end_the_transaction, Unavailable)],
)
async def test_a_write_that_fails_half_way_is_undone_and_harms_no_other(
    path: Path, broken: object, told: type[Exception]
) -> None:
    assert callable(broken)
    async with SqliteStore.open(path) as store:
        await store.commit(Change(session=session("one")))
        held = await hold(store)
        failed: list[type[BaseException]] = []

        async def fail() -> None:
            try:
                await store.writer.submit(broken)
            except Exception as error:
                failed.append(type(error))

        async def conflict() -> None:
            with pytest.raises(Conflict):
                await store.commit(Change(session=session("one", id="s_again")))

        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: store.commit(Change("s_ada_one", messages=[message("m_1")])))
                group.start_soon(fail)
                group.start_soon(conflict)
                group.start_soon(lambda: store.commit(Change("s_ada_one", messages=[message("m_2")])))
                await anyio.wait_all_tasks_blocked()
                held.released.set()
        assert failed == [told]
        assert sorted(await ids(store, "s_ada_one")) == ["m_1", "m_2"]
        record = await store.find_session("ada", "one")
        assert record is not None
        assert (record.title, record.message_count) == (None, 2)


async def test_a_refused_write_does_not_split_its_group(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        await store.commit(Change(session=session("one")))
        before = store.writer.commits
        held = await hold(store)

        async def conflict(i: int) -> None:
            with pytest.raises(Conflict):
                await store.commit(Change(session=session("one", id=f"s_{i}")))

        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                for i in range(5):
                    group.start_soon(lambda i=i: store.commit(Change("s_ada_one", messages=[message(f"m_{i}")])))
                    group.start_soon(conflict, i)
                await anyio.wait_all_tasks_blocked()
                held.released.set()
        assert store.writer.commits - before == 2
        assert len(await ids(store, "s_ada_one")) == 5


async def test_a_write_whose_caller_is_cancelled_is_done_all_the_same(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        await store.commit(Change(session=session("one")))
        held = await hold(store)
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: store.commit(Change("s_ada_one", messages=[message("m_1")])))
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        held.released.set()
        with anyio.fail_after(20):
            await store.commit(Change("s_ada_one", messages=[message("m_2")]))
        assert await ids(store, "s_ada_one") == ["m_1", "m_2"]


async def test_a_record_is_kept_as_it_was_when_it_was_given(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        one = session("one")
        asked, messages = run("r_1", one), [message("m_1")]
        await store.commit(Change(session=one))
        held = await hold(store)
        with anyio.fail_after(20):
            async with anyio.create_task_group() as group:
                group.start_soon(lambda: store.commit(Change(one.id, run=asked, messages=messages)))
                await anyio.wait_all_tasks_blocked()
                asked.status = "completed"
                messages.clear()
                held.released.set()
        assert [kept.status for kept in await store.unfinished_runs()] == ["queued"]
        assert await ids(store, one.id) == ["m_1"]


async def test_closing_waits_for_the_writes_that_are_queued_and_takes_no_more(path: Path) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group, SqliteStore.open(path) as store:
            await store.commit(Change(session=session("one")))
            held = await hold(store)
            for i in range(20):
                group.start_soon(lambda i=i: store.commit(Change("s_ada_one", messages=[message(f"m_{i}")])))
            await anyio.wait_all_tasks_blocked()
            group.start_soon(anyio.to_thread.run_sync, held.released.set)
        with pytest.raises(Unavailable):
            await store.commit(Change("s_ada_one", messages=[message("m_late")]))
        with pytest.raises(Unavailable):
            await store.find_session("ada", "one")
    async with SqliteStore.open(path) as store:
        assert await ids(store, "s_ada_one") == [f"m_{i}" for i in range(20)]


async def test_the_file_is_whole_and_alone_after_closing(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        await store.commit(Change(session=session("one")))
    assert [p.name for p in path.parent.iterdir()] == ["store.db"]


async def test_commits_reach_the_disk_and_references_hold(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        asked = ("journal_mode", "synchronous", "foreign_keys")
        values = [await store.writer.submit(lambda db, p=p: db.execute(f"PRAGMA {p}").fetchone()[0]) for p in asked]
    assert values == ["wal", 2, 1]


async def test_a_file_that_another_process_holds_for_long_is_told_as_unavailable(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        await store.commit(Change(session=session("one")))
        await store.writer.submit(lambda db: db.execute("PRAGMA busy_timeout = 20").fetchone())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await store.commit(Change("s_ada_one", messages=[message("m_1")]))
        other.execute("ROLLBACK")
        other.close()
        await store.commit(Change("s_ada_one", messages=[message("m_2")]))
        assert await ids(store, "s_ada_one") == ["m_2"]


async def test_what_is_due_is_found_with_as_much_work_however_much_waits(tmp_path: Path) -> None:
    async def steps(name: str, count: int) -> int:
        """The instructions that SQLite takes to find the first of so many."""
        passed = 0

        def count_up() -> None:
            nonlocal passed
            passed += 1

        async with SqliteStore.open(tmp_path / name) as store:
            await store.commit(Change(deliveries=[delivery(f"d{n}", lane="") for n in range(count)]))
            await store.database.write(lambda db: db.set_progress_handler(count_up, 10))
            found, _ = await store.deliveries.claim("webhook", at(1), 9, per_target=4)
            assert len(found) == 4
        return passed

    assert await steps("many", 4000) < 2 * await steps("few", 40)


class Nothing:
    """A write that changes nothing."""

    def __call__(self, db: sqlite3.Connection) -> None:
        return None


async def test_what_was_written_does_not_stay_in_memory_until_something_else_is(path: Path) -> None:
    async with SqliteStore.open(path) as store:
        write = Nothing()
        known = weakref.ref(write)
        await store.writer.submit(write)
        del write
        with anyio.fail_after(10):
            while known() is not None:  # noqa: ASYNC110
                await anyio.sleep(0.001)
