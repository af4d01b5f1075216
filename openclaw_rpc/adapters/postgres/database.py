"""The database that every store writes to: one connection that writes, a pool that reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Self, TypeVar

from openclaw_rpc.adapters.postgres.connecting import SECONDS, Place, connected, prepared
from openclaw_rpc.adapters.postgres.driver import AWAY, Pool, PostgresError, create_pool
from openclaw_rpc.adapters.postgres.faults import as_told, away
from openclaw_rpc.adapters.postgres.migrations import migrate
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.postgres.writer import Write, Writer
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.protocol.errors import Unavailable

T = TypeVar("T")

Read = Callable[[Transaction], Awaitable[T]]
CLOSE_SECONDS: Final = 5.0
WATCH_SECONDS: Final = 1.0


class Postgres:
    """A PostgreSQL database (14 or newer); what was acknowledged is as safe as its `synchronous_commit`.

    Writes and reads raise :class:`~openclaw_rpc.protocol.errors.Unavailable` where the server is away, within 2 s;
    nothing of that write is kept then. A write whose caller is cancelled is done all the same.
    """

    def __init__(self, url: str, pool: Pool, *, place: Place | None) -> None:
        self.writer = Writer(lambda: connected(url, place=place))
        self.answers = True
        """Whether the server did when it was asked last."""
        self.last: Callable[[], Awaitable[None]] = _nothing
        """What is done when it is closed, behind the last write."""
        self._pool = pool

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
        try:
            readers = await create_pool(url, pool, SECONDS, prepared)
        except AWAY as error:
            raise _unreachable(error) from None
        database = cls(url, readers, place=place)
        try:
            await database.writer.start()
            yield database
        finally:
            await database.writer.stop()
            with suppress(Unavailable):
                await database.last()
            with suppress(*AWAY):
                await asyncio.wait_for(readers.close(), CLOSE_SECONDS)

    def write(self, write: Write[T]) -> asyncio.Future[T]:
        """Queue a write, see :meth:`Writer.submit`."""
        return self.writer.submit(write)

    async def read(self, read: Read[T], *, single: bool = False) -> T:
        """Read, all from one moment; ``single``: with one statement alone, which needs no transaction."""
        try:
            async with self._pool.acquire(timeout=SECONDS) as connection:
                transaction = Transaction(connection)
                if single:
                    return await read(transaction)
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    return await read(transaction)
        except AWAY as error:
            raise away(error) from error
        except PostgresError as error:
            raise as_told(error) from error

    async def apart(self, write: Write[T], *, single: bool = False) -> T:
        """Write over a connection of its own: what must neither wait for the other writes nor hold them up."""
        try:
            async with self._pool.acquire(timeout=SECONDS) as connection:
                transaction = Transaction(connection, self.writer.node)
                if single:
                    return await write(transaction)
                async with connection.transaction():
                    return await write(transaction)
        except AWAY as error:
            raise away(error) from error
        except PostgresError as error:
            raise as_told(error) from error

    async def watch(self) -> None:
        """Ask each second whether the server answers, until cancelled."""
        while True:
            try:
                await self.read(lambda db: db.value("SELECT 1"), single=True)
                self.answers = True
            except Unavailable:
                self.answers = False
            await asyncio.sleep(WATCH_SECONDS)


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
