"""One connection that writes. All that was queued while it wrote goes into the next commit, so a sync serves many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar, cast

from openclaw_rpc.adapters.postgres.driver import AWAY, RACED, Connection, PostgresError
from openclaw_rpc.adapters.postgres.faults import as_told, away, fenced, is_away
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.domain.kept import StorageUnusable, Unsure
from openclaw_rpc.protocol.errors import GatewayError, Unavailable

T = TypeVar("T")

Write = Callable[[Transaction], Awaitable[T]]
"""What is done inside a transaction that is not its own. It may be called again after a rollback.

One that refuses does so before it changes anything, so that it disturbs no other of its group.
"""

_Job = tuple[Write[Any], "asyncio.Future[Any]"]
_Outcome = tuple["asyncio.Future[Any]", Any, GatewayError | None]

GROUP: Final = 512
"""How many writes share a commit at most."""
LOOK_SECONDS: Final = 0.05
UNSURE_SECONDS: Final = 0.5
"""How far apart it is asked what became of a commit that was not answered, and how long whoever waits is kept so."""


class _Lost(NamedTuple):
    """A commit that was not answered, and what its writes come to if it was done."""

    xid: int
    outcomes: list[_Outcome]


class _GroupLost(Exception):
    """A write failed half-way: what the group has done so far must be undone."""


class Writer:
    """Does writes in the order they came. ``commits`` counts the transactions that were committed."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]]) -> None:
        self.commits = 0
        self.node: int | None = None
        """The node that writes, where the gateway has several: once others took it for dead, nothing is kept."""
        self.fenced: Callable[[], None] = _nothing
        """Called when that is found."""
        self._connect = connect
        self._connection: Connection | None = None
        self._lost: list[_Lost] = []
        """One at most: nothing is written before it is known what became of it."""
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect, and write from now on.

        Raises:
            StorageUnusable: it can't be used.
        """
        try:
            self._connection = await self._connect()
        except AWAY as error:
            raise StorageUnusable(f"PostgreSQL can't be reached: {type(error).__name__}") from error
        self._task = asyncio.get_running_loop().create_task(self._main(), name="store-writer")

    def submit(self, write: Write[T]) -> asyncio.Future[T]:
        """Queue a write. The future is done when it is durable; cancelling it does not take the write back.

        Raises:
            Unavailable: the store is closing. From the future: the server is away, and nothing was kept.
        """
        if self._closing:
            raise Unavailable("the store is closed", reason="stopping")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((write, future))
        return future

    async def stop(self) -> None:
        """Take no more writes, do those that were queued, and close the connection."""
        self._closing = True
        self._queue.put_nowait(None)
        if self._task is not None:
            await asyncio.shield(self._task)
        if self._connection is not None:
            with suppress(*AWAY):
                await self._connection.close(timeout=1)

    async def _main(self) -> None:
        job = await self._next()
        while job is not None:
            jobs = [job]
            while not self._queue.empty() and len(jobs) < GROUP and (job := self._queue.get_nowait()) is not None:
                jobs.append(job)
            for outcome in await self._run(jobs):
                _settle(*outcome)
            if job is not None:
                job = await self._next()
        self._find_out(committed=False)

    async def _next(self) -> _Job | None:
        """The next write. Until it comes, the server is asked what became of a lost commit."""
        while self._lost and self._queue.empty():
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)
        return await self._queue.get()

    async def _run(self, jobs: Sequence[_Job], *, again: bool = True) -> list[_Outcome]:
        """Commit the jobs together or, where one of them spoils that, each alone."""
        try:
            return await self._committed(jobs)
        except Exception as error:
            if is_away(error):
                self._drop()
            if len(jobs) == 1 and again and isinstance(error, RACED):
                return await self._run(jobs, again=False)
            if len(jobs) == 1 or is_away(error) or isinstance(error, GatewayError):
                cause = error.__cause__ if isinstance(error, _GroupLost) else error
                told = as_told(cause if isinstance(cause, Exception) else error)
                return [(future, None, told) for _, future in jobs]
            return [outcome for job in jobs for outcome in await self._run([job])]

    async def _committed(self, jobs: Sequence[_Job]) -> list[_Outcome]:
        connection = await self._connected()
        await self._begin(connection)
        try:
            outcomes = [await self._run_one(connection, *job) for job in jobs]
            xid: int | None = None
            if any(error is None for _, _, error in outcomes):
                xid = await connection.fetchval("SELECT pg_current_xact_id_if_assigned()::text::bigint")
        except BaseException:
            with suppress(*AWAY, PostgresError):
                await connection.execute("ROLLBACK")
            raise
        try:
            await connection.execute("COMMIT")
        except AWAY:
            self._drop()
            if xid is None:
                raise
            return await self._looked_up(xid, outcomes)
        self.commits += 1
        return outcomes

    async def _begin(self, connection: Connection) -> None:
        """Begin a transaction; a node's holds its own row, so that nobody takes it for dead before this is over.

        Raises:
            Unavailable: it was taken for dead before.
        """
        if self.node is None:
            await connection.execute("BEGIN")
            return
        found = await connection.execute(f"BEGIN; SELECT FROM nodes WHERE number = {self.node:d} FOR KEY SHARE")
        if found != "SELECT 1":
            await connection.execute("ROLLBACK")
            self.fenced()
            raise fenced()

    async def _run_one(self, connection: Connection, write: Write[Any], future: asyncio.Future[Any]) -> _Outcome:
        """Do one write of a group; one that is refused before it changed anything disturbs nobody."""
        transaction = Transaction(connection, self.node)
        try:
            return future, await write(transaction), None
        except GatewayError as error:
            if transaction.changed:
                raise _GroupLost from error
            return future, None, error

    async def _looked_up(self, xid: int, outcomes: list[_Outcome]) -> list[_Outcome]:
        """What came of a commit whose answer was lost. Where the server is not back soon, that is told later."""
        later = [(asyncio.get_running_loop().create_future(), value, error) for _, value, error in outcomes]
        self._lost.append(_Lost(xid, later))
        with suppress(TimeoutError):
            async with asyncio.timeout(UNSURE_SECONDS):
                while self._lost:
                    await self._look()
                    await asyncio.sleep(LOOK_SECONDS)
        told: list[_Outcome] = []
        for (future, _, refused), (outcome, _, _) in zip(outcomes, later, strict=True):
            if not outcome.done():
                told.append((future, None, refused or Unsure(away(), outcome)))
            elif (error := outcome.exception()) is None:
                told.append((future, outcome.result(), None))
            else:
                told.append((future, None, cast("GatewayError", error)))
        return told

    async def _look(self) -> None:
        """Find out what became of a lost commit, if the server can say."""
        # Unavailable: the lost connection may hold the gateway's place for another moment.
        with suppress(*AWAY, Unavailable):
            async with asyncio.timeout(UNSURE_SECONDS):
                await self._connected()

    async def _connected(self) -> Connection:
        """The connection; nothing is written over it before it is known what became of the last commit."""
        if self._connection is None or self._connection.is_closed():
            try:
                self._connection = await self._connect()
            except StorageUnusable as error:
                raise Unavailable(str(error), reason="storage", engine="postgres") from None
        for lost in self._lost:
            status = await self._connection.fetchval("SELECT pg_xact_status($1::text::xid8)", str(lost.xid))
            if status == "in progress":
                raise away()
            self._find_out(committed=status == "committed")
        return self._connection

    def _find_out(self, *, committed: bool) -> None:
        lost, self._lost = self._lost, []
        for future, value, error in (outcome for one in lost for outcome in one.outcomes):
            _settle(future, value, error or (None if committed else away()))
            future.add_done_callback(_heard)
        self.commits += bool(lost) and committed

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _nothing() -> None:
    """Nobody is told."""


def _heard(future: asyncio.Future[Any]) -> None:
    """Mostly nobody asks what came of a write in the end."""
    if not future.cancelled():
        future.exception()


def _settle(future: asyncio.Future[Any], value: Any, error: GatewayError | None) -> None:
    """Tell whoever waits, if anybody does, what came of a write."""
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
