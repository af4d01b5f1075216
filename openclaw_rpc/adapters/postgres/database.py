"""The database that every store writes to: one connection that writes, a pool that reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Self, TypeVar

from openclaw_rpc.adapters.postgres.connecting import SECONDS, connected, prepared
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

    def __init__(self, url: str, pool: Pool, *, alone: bool) -> None:
        self.writer = Writer(lambda: connected(url, alone=alone))
        self.answers = True
        """Whether the server did when it was asked last."""
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, pool: int = 8, alone: bool = False) -> AsyncGenerator[Self]:
        """Open the database, its tables made or brought to the newest version; on leaving, finish the queued writes.

        ``alone``: a gateway's; while it runs, a second one with the same database is refused.

        Raises:
            StorageUnusable: it can't be reached, is too old or newer than this program, or another gateway runs on it.
        """
        await _made_ready(url)
        try:
            readers = await create_pool(url, pool, SECONDS, prepared)
        except AWAY as error:
            raise _unreachable(error) from None
        database = cls(url, readers, alone=alone)
        try:
            await database.writer.start()
            yield database
        finally:
            await database.writer.stop()
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

    async def watch(self) -> None:
        """Ask each second whether the server answers, until cancelled."""
        while True:
            try:
                await self.read(lambda db: db.value("SELECT 1"), single=True)
                self.answers = True
            except Unavailable:
                self.answers = False
            await asyncio.sleep(WATCH_SECONDS)


async def _made_ready(url: str) -> None:
    try:
        connection = await connected(url)
    except AWAY as error:
        raise _unreachable(error) from None
    except (PostgresError, ValueError) as error:
        raise StorageUnusable(f"PostgreSQL can't be used: {error}. Look at `storage.url`.") from None
    try:
        await migrate(connection)
    finally:
        await connection.close(timeout=SECONDS)


def _unreachable(error: BaseException) -> StorageUnusable:
    said = str(error) or type(error).__name__
    return StorageUnusable(f"PostgreSQL can't be reached: {said}. Look at `storage.url`, and whether it runs.")
