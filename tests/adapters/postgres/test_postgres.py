"""The database itself: what is acknowledged is there, what is refused is not, whatever becomes of the connection."""

from __future__ import annotations

import random
import signal
from collections.abc import AsyncGenerator, Generator
from typing import Any

import anyio
import pytest

from openclaw_rpc.adapters.postgres import Postgres
from openclaw_rpc.adapters.postgres.connecting import connected, read, written
from openclaw_rpc.adapters.postgres.documents import PostgresDocuments
from openclaw_rpc.adapters.postgres.driver import Connection
from openclaw_rpc.adapters.postgres.migrations import MIGRATIONS, migrate
from openclaw_rpc.adapters.postgres.nodes import PostgresNodes
from openclaw_rpc.adapters.postgres.store import PostgresStore
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.postgres.writer import Writer
from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.kept import StorageUnusable, Unsure
from openclaw_rpc.domain.nodes.ports import NodeState
from openclaw_rpc.domain.records import SessionQuery
from openclaw_rpc.protocol.errors import SessionExists, Timeout, Unavailable
from tests.support import postgres
from tests.support.cutting_proxy import CuttingProxy
from tests.support.postgres import Server
from tests.support.store import message, session

pytestmark = [postgres.INSTALLED, pytest.mark.timeout(120)]


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    async with postgres.database() as made:
        yield made


@pytest.fixture
def own() -> Generator[Server]:
    """A server that a test may stop."""
    with postgres.server() as made:
        yield made


async def contents(url: str) -> list[str]:
    async with Postgres.open(url) as database:
        kept, _ = await PostgresStore(database).messages("s_ada_one", 100_000)
        return [one.content for one in kept]


@pytest.mark.parametrize("text", ["", "a\0b", "\0", "\1", "\10", "\0\1\0", "🦞 龙\0虾", "\11\0"])
async def test_any_text_comes_back_as_it_was(url: str, text: str) -> None:
    assert read(written(text)) == text
    async with Postgres.open(url) as database:
        store = PostgresStore(database)
        await store.commit(Change(session=session("one", title=text), messages=[message("m", text)]))
        kept = await store.find_session("ada", "one")
        assert kept is not None
        assert kept.title == text
        (told,), _ = await store.messages(kept.id, 1)
        assert told.content == text
        found, _, _ = await store.list_sessions(SessionQuery(user="ada", limit=10, text=text))
        assert [one.key for one in found] == ["one"]


async def test_a_second_gateway_on_one_database_is_refused_until_the_first_has_gone(url: str) -> None:
    async with Postgres.open(url, place="alone"):
        with pytest.raises(StorageUnusable, match="Another gateway runs"):
            async with Postgres.open(url, place="alone"):
                pass
        async with Postgres.open(url) as beside:
            assert await beside.read(lambda db: db.value("SELECT 1")) == 1
    async with Postgres.open(url, place="alone"):
        pass


async def test_a_node_says_that_it_is_alive_while_all_that_read_are_busy(url: str) -> None:
    asked = anyio.Event()

    async def read_on(db: Transaction) -> None:
        assert await db.value("SELECT 1") == 1
        asked.set()
        await anyio.sleep_forever()

    async with Postgres.open(url, pool=1, place="shared") as database, anyio.create_task_group() as group:
        nodes = PostgresNodes(database, PostgresDocuments(database))
        number = await nodes.join("n1", 3.0, NodeState(version="1", started_at="", status="ready"))
        group.start_soon(database.read, read_on)
        await asked.wait()
        seen = await nodes.beat(NodeState(version="1", started_at="", status="draining"))
        assert [(node.number, node.status) for node in seen] == [(number, "draining")]
        assert await database.apart(lambda db: db.value("SELECT 1"), single=True) == 1
        group.cancel_scope.cancel()


async def test_what_one_borrower_of_a_connection_broke_off_does_not_reach_the_next(url: str) -> None:
    async def break_off(db: Transaction) -> None:
        await db.all("CREATE TABLE left_over (one int)")
        raise Timeout("enough", reason="test")

    async with Postgres.open(url, pool=1) as database:
        for _ in range(3):
            with pytest.raises(Timeout):
                await database.apart(break_off)
            assert await database.apart(lambda db: db.value("SELECT to_regclass('left_over')"), single=True) is None


async def test_tables_of_a_newer_program_are_refused(url: str) -> None:
    connection = await connected(url)
    await migrate(connection, [*MIGRATIONS, ("CREATE TABLE later (id bigint)",)])
    try:
        with pytest.raises(StorageUnusable, match="newer program"):
            async with Postgres.open(url):
                pass
    finally:
        await connection.execute("DROP TABLE later")
        await connection.execute("UPDATE schema_version SET version = $1", len(MIGRATIONS))
        await connection.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:hunter2@127.0.0.1:1/x",
        "postgresql://127.0.0.1:notaport/x",
        "postgresql://[::1",
        "mysql://x",
    ],
)
async def test_a_server_that_cannot_be_reached_is_said_to_be_without_its_password(url: str) -> None:
    with pytest.raises(StorageUnusable) as refused:
        async with Postgres.open(url):
            pass
    assert "storage.url" in str(refused.value)
    assert "hunter2" not in str(refused.value)


async def test_a_refused_write_disturbs_no_other_of_its_group(url: str) -> None:
    async with Postgres.open(url) as database:
        store = PostgresStore(database)
        await store.commit(Change(session=session("one")))
        refused: list[int] = []

        async def write(number: int) -> None:
            try:
                await store.commit(
                    Change(session=session("one", id=f"other{number}"))
                    if number % 3 == 0
                    else Change("s_ada_one", messages=[message(f"m{number}", str(number))])
                )
            except SessionExists:
                refused.append(number)

        async with anyio.create_task_group() as group:
            for number in range(90):
                group.start_soon(write, number)
        assert sorted(refused) == list(range(0, 90, 3))
        assert database.writer.commits < 90, "they share commits"
    assert sorted(map(int, await contents(url))) == [number for number in range(90) if number % 3]


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_acknowledged_is_there_and_what_was_refused_is_not(url: str, seed: int) -> None:
    """The connection is cut anywhere, behind a commit that was not answered too."""
    dice = random.Random(seed)
    async with Postgres.open(url) as database:
        await PostgresStore(database).commit(Change(session=session("one")))
    acknowledged: set[str] = set()
    refused: set[str] = set()
    server = postgres.shared()
    with CuttingProxy(server.port, allowance=lambda: dice.randint(3_000, 9_000)) as proxy:
        through = url.replace(f":{server.port}/", f":{proxy.port}/")
        database = None
        while database is None:
            try:
                async with Postgres.open(through, pool=1) as database:
                    store = PostgresStore(database)

                    async def write(name: str, store: PostgresStore = store) -> None:
                        try:
                            await store.commit(Change("s_ada_one", messages=[message(name, name)]))
                            acknowledged.add(name)
                        except Unavailable:
                            refused.add(name)

                    for turn in range(60):
                        async with anyio.create_task_group() as group:
                            for number in range(dice.randint(1, 3)):
                                group.start_soon(write, f"{turn}-{number}")
            except StorageUnusable:
                continue
        assert proxy.connections > 3
    kept = await contents(url)
    assert len(kept) == len(set(kept)), "nothing is there twice"
    assert set(kept) == acknowledged
    assert acknowledged
    assert not acknowledged & refused


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_it_goes_on_when_the_server_is_back(own: Server, how: signal.Signals) -> None:
    async with Postgres.open(own.url(), place="alone") as database:
        store = PostgresStore(database)
        await store.commit(Change(session=session("one"), messages=[message("before", "before")]))
        await anyio.to_thread.run_sync(own.stop, how)
        with anyio.fail_after(10):
            for ask in (
                store.find_session("ada", "one"),
                store.commit(Change("s_ada_one", session=SessionPatch(title="x"))),
            ):
                with pytest.raises(Unavailable) as refused:
                    await ask
                assert refused.value.details["engine"] == "postgres"
                assert refused.value.details["retryAfter"] > 0
        await anyio.to_thread.run_sync(own.start)
        with anyio.fail_after(20):
            while True:
                try:
                    await store.commit(Change("s_ada_one", messages=[message("after", "after")]))
                    break
                except Unavailable:
                    await anyio.lowlevel.checkpoint()
        kept = await store.find_session("ada", "one")
        assert kept is not None
        assert kept.title is None, "what was refused was not kept"
    assert await contents(own.url()) == ["before", "after"]


async def test_a_server_that_answers_nothing_is_given_up_within_two_seconds(own: Server) -> None:
    async with Postgres.open(own.url()) as database:
        store = PostgresStore(database)
        await store.commit(Change(session=session("one")))
        own.freeze()
        try:
            with anyio.fail_after(8):
                for ask in (store.find_session("ada", "one"), store.commit(Change("s_ada_one"))):
                    with pytest.raises(Unavailable):
                        await ask
        finally:
            own.thaw()


async def test_a_search_that_takes_too_long_is_not_told_as_an_absence_of_the_server(url: str) -> None:
    async with Postgres.open(url) as database:
        store = PostgresStore(database)
        await store.commit(Change(session=session("one", title="of many")))
        holding = await connected(url)
        try:
            async with holding.transaction():
                # Whoever reads the sessions waits, as for the end of a long search.
                await holding.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
                with pytest.raises(Timeout, match="narrow it by since") as slow:
                    await store.list_sessions(SessionQuery(user="ada", limit=10, text="many"))
                assert slow.value.field == "text"
                with pytest.raises(Unavailable):
                    await store.list_sessions(SessionQuery(user="ada", limit=10))
        finally:
            await holding.close()
        found, _, _ = await store.list_sessions(SessionQuery(user="ada", limit=10, text="many"))
        assert [one.key for one in found] == ["one"]


class Unanswered:
    """A connection on which a commit is done, or is not, and which is lost before that is said."""

    def __init__(self, connection: Connection, *, commits: bool) -> None:
        self._connection = connection
        self._commits = commits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, query: str, *values: object) -> str:
        if query != "COMMIT":
            return await self._connection.execute(query, *values)
        if self._commits:
            await self._connection.execute(query)
        self._connection.terminate()
        raise ConnectionResetError


@pytest.mark.parametrize("commits", [True, False])
async def test_what_came_of_a_commit_is_told_when_the_server_is_back(url: str, commits: bool) -> None:
    first = Unanswered(await connected(url), commits=commits)
    connections: list[Any] = [first]

    async def connect() -> Any:
        if not connections:
            raise ConnectionRefusedError
        return connections.pop()

    async def write(db: Transaction) -> str:
        await db.change("CREATE TABLE written AS SELECT 1 AS at")
        return "done"

    writer = Writer(connect)
    await writer.start()
    try:
        with anyio.fail_after(10):
            with pytest.raises(Unsure) as told:
                await writer.submit(write)
            with pytest.raises(Unavailable):
                await writer.submit(write)
            connections.append(await connected(url))
            if commits:
                assert await told.value.outcome == "done"
            else:
                with pytest.raises(Unavailable):
                    await told.value.outcome
            assert await writer.submit(lambda db: db.value("SELECT to_regclass('written') IS NOT NULL")) == commits
            await writer.submit(lambda db: db.value("DROP TABLE IF EXISTS written"))
    finally:
        await writer.stop()
