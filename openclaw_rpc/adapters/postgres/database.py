"""The database that every store writes to: one connection that writes, a pool that reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Self, TypeVar

from openclaw_rpc.adapters.postgres.connecting import SECONDS, Place, connected, prepared
from openclaw_rpc.adapters.postgres.driver import AWAY, Connection, Pool, PostgresError, create_pool
from openclaw_rpc.adapters.postgres.faults import as_told, away
from openclaw_rpc.adapters.postgres.migrations import migrate
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.postgres.writer import Write, Writer
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.protocol.errors import Unavailable

T = TypeVar("T")

Read = Callable[[Transaction], Awaitable[T]]
CLOSE_SECONDS: Final = 5.0
APART: Final = 2
"""How many connections there are for what must not wait for reads: a node that can't say that it lives is dead."""
WATCH_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 1.9
"""A server that answered nothing for so long is away: that is to be told within 2 s."""


class Postgres:
    """A PostgreSQL database (14 or newer): one connection that writes, some that read, two for a node's own life.

    What was acknowledged is as safe as its `synchronous_commit`.

    Writes and reads raise :class:`~openclaw_rpc.protocol.errors.Unavailable` where the server is away, within 2 s;
    nothing of that write is kept then. A write whose caller is cancelled is done all the same.
    """

    def __init__(self, url: str, readers: Pool, apart: Pool, *, place: Place | None) -> None:
        self.writer = Writer(lambda: connected(url, place=place))
        self._answered = time.monotonic()
        """When the server did for the last time, as far as was looked."""
        self.last: Callable[[], Awaitable[None]] = _nothing
        """What is done when it is closed, behind the last write."""
        self._readers = readers
        self._apart = apart

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, pool: int = 8, place: Place | None = None) -> AsyncGenerator[Self]:
        """Open the database, its tables made or brought to the newest version; on leaving, finish the queued writes.

        ``place``: a gateway's; while it runs ``alone``, a second one with the same database is refused, while nodes of
        one gateway have it ``shared``, one that is alone.

        Raises:
            StorageUnusable: it can't be reached, is too old or newer than this program, or another gateway runs on it.
        """
        await _made_ready(url)
        async with _pool(url, pool) as readers, _pool(url, APART) as apart:
            database = cls(url, readers, apart, place=place)
            try:
                await database.writer.start()
                yield database
            finally:
                await database.writer.stop()
                with suppress(Unavailable):
                    await database.last()

    @property
    def answers(self) -> bool:
        """Whether the server does, as far as is known."""
        return time.monotonic() - self._answered < SILENT_SECONDS

    def write(self, write: Write[T]) -> asyncio.Future[T]:
        """Queue a write, see :meth:`Writer.submit`."""
        return self.writer.submit(write)

    async def read(self, read: Read[T], *, single: bool = False) -> T:
        """Read, all from one moment; ``single``: with one statement alone, which needs no transaction."""
        async with self._borrowed(self._readers) as connection:
            transaction = Transaction(connection)
            if single:
                return await read(transaction)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await read(transaction)

    async def apart(self, write: Write[T], *, single: bool = False) -> T:
        """Write over a connection of its own: what must neither wait for reads and other writes nor hold them up."""
        async with self._borrowed(self._apart) as connection:
            transaction = Transaction(connection, self.writer.node)
            if single:
                return await write(transaction)
            async with connection.transaction():
                return await write(transaction)

    @asynccontextmanager
    async def _borrowed(self, pool: Pool) -> AsyncGenerator[Connection]:
        try:
            async with pool.acquire(timeout=SECONDS) as connection:
                yield connection
            self._answered = time.monotonic()
        except AWAY as error:
            raise away(error) from error
        except PostgresError as error:
            raise as_told(error) from error

    async def watch(self) -> None:
        """Ask whether the server answers where nothing else asks it, until cancelled."""
        while True:
            if time.monotonic() - self._answered > WATCH_SECONDS:
                try:
                    await self.read(lambda db: db.value("SELECT 1"), single=True)
                except Unavailable:
                    self._answered = float("-inf")
            await asyncio.sleep(WATCH_SECONDS / 2)


@asynccontextmanager
async def _pool(url: str, most: int) -> AsyncGenerator[Pool]:
    try:
        pool = await create_pool(url, most, SECONDS, prepared)
    except AWAY as error:
        raise _unreachable(error) from None
    try:
        yield pool
    finally:
        with suppress(*AWAY):
            await asyncio.wait_for(pool.close(), CLOSE_SECONDS)


async def _nothing() -> None:
    """Nothing is to be done."""


async def _made_ready(url: str) -> None:
    try:
        connection = await connected(url)
    except AWAY as error:
        raise _unreachable(error) from None
    except (PostgresError, ValueError) as error:
        raise StorageUnusable(f"PostgreSQL can't be used: {error}. Look at `storage.url`.") from None
    try:
        await migrate(connection)
    except AWAY as error:
        raise _unreachable(error) from None
    finally:
        with suppress(*AWAY):
            await connection.close(timeout=SECONDS)


def _unreachable(error: BaseException) -> StorageUnusable:
    said = str(error) or type(error).__name__
    return StorageUnusable(f"PostgreSQL can't be reached: {said}. Look at `storage.url`, and whether it runs.")
