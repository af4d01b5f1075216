"""The store in one SQLite file: a thread that writes, two that read."""

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Self

import anyio
import anyio.to_thread

from openclaw_rpc.adapters.store import reads, writes
from openclaw_rpc.adapters.store.deliveries import SqliteDeliveries
from openclaw_rpc.adapters.store.reader import Readers
from openclaw_rpc.adapters.store.rows import session_of, session_row
from openclaw_rpc.adapters.store.rules import KEPT_EVENTS, key_expiry
from openclaw_rpc.adapters.store.schema import StoreUnusable, open_reader, open_writer
from openclaw_rpc.adapters.store.writer import Writer
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.records import (
    EventRecord,
    RunRecord,
    SessionQuery,
    SessionRecord,
    UsageQuery,
    UsageSum,
)
from openclaw_rpc.protocol.chat import ChatMessage

__all__ = ["SqliteStore", "StoreUnusable"]

READERS = 2


class SqliteStore:
    """The store port on a file: WAL, `synchronous=FULL`, so what was acknowledged survives a loss of power.

    Every method raises :class:`~openclaw_rpc.protocol.errors.Unavailable` where the disk is full or fails (nothing of
    that write is kept then, and the next is tried again) and after the store was closed. A write whose caller is
    cancelled is done all the same. Records are taken as they are when the method is called: what a caller changes
    while the write waits is not in it.
    """

    def __init__(
        self, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection], *, keep_events: int = KEPT_EVENTS
    ) -> None:
        self.writer = Writer(writer)
        self._readers = Readers(readers)
        self.deliveries = SqliteDeliveries(self.writer, self._readers)
        self._keep_events = keep_events

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, keep_events: int = KEPT_EVENTS) -> AsyncGenerator[Self]:
        """Open or make the file; on leaving, finish the queued writes and close it.

        ``keep_events`` is about how many of the newest lasting events of a session are kept.

        Raises:
            StoreUnusable: the file can't be opened, is damaged, another program's, or newer than this program.
        """
        connections = await anyio.to_thread.run_sync(_connect, path)
        writer, *readers = connections
        store = cls(writer, readers, keep_events=keep_events)
        try:
            yield store
        finally:
            store.writer.stop()
            store._readers.stop()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(store._close, writer)

    def _close(self, connection: sqlite3.Connection) -> None:
        self.writer.join()
        self._readers.close()
        # The last one to close: SQLite then folds the WAL into the file and removes it.
        connection.close()

    async def find_session(self, user: str, key: str, *, of_anybody: bool = False) -> SessionRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self._readers.run(
            partial(reads.find_session, user=user, key=key, of_anybody=of_anybody), single=True
        )

    async def list_sessions(self, query: SessionQuery) -> tuple[list[SessionRecord], int, str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self._readers.run(partial(reads.list_sessions, query=query))

    async def delete_session(self, session_id: str) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.writer.submit(partial(writes.delete_session, session_id=session_id))

    async def copy_session(self, source_id: str, record: SessionRecord, upto: str | None) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        copy = partial(writes.copy_session, source_id=source_id, row=session_row(record, 0), upto=upto)
        return await self.writer.submit(copy)

    async def messages(self, session_id: str, limit: int, before: str | None = None) -> tuple[list[ChatMessage], bool]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self._readers.run(partial(reads.messages, session_id=session_id, limit=limit, before=before))

    async def admit(self, change: Change, *, of_anybody: bool = False) -> RunRecord:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        run = change.run
        if run is None or not isinstance(change.session, SessionRecord):
            raise TypeError("a run is admitted with its session")
        expired = key_expiry(run.created_at) if run.idempotency_key is not None else None
        batch = writes.batch_of(change, self._keep_events)
        return await self.writer.submit(lambda db: writes.admit(db, batch, expired, of_anybody)) or run

    async def commit(self, change: Change) -> SessionRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        batch = writes.batch_of(change, self._keep_events)
        row = await self.writer.submit(lambda db: writes.commit(db, batch))
        return session_of(row) if row is not None else None

    async def commit_all(self, changes: Sequence[Change]) -> None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        batches = [writes.batch_of(change, self._keep_events) for change in changes]
        await self.writer.submit(lambda db: writes.commit_all(db, batches))

    async def find_run(self, run_id: str) -> RunRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self._readers.run(partial(reads.find_run, run_id=run_id), single=True)

    async def unfinished_runs(self) -> list[RunRecord]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self._readers.run(reads.unfinished_runs)

    async def events(self, session_id: str, after: int, limit: int) -> list[EventRecord]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self._readers.run(partial(reads.events, session_id=session_id, after=after, limit=limit))

    async def usage(self, query: UsageQuery) -> tuple[list[UsageSum], UsageSum]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self._readers.run(partial(reads.usage, query=query))


def _connect(path: Path) -> list[sqlite3.Connection]:
    """The writer's connection, then the readers'."""
    connections = [open_writer(path)]
    try:
        connections.extend(open_reader(path) for _ in range(READERS))
    except BaseException:
        for connection in connections:
            connection.close()
        raise
    return connections
