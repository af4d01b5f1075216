"""Sessions, their runs, events and usage in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from openclaw_rpc.adapters.postgres import reads, writes
from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.deliveries import PostgresDeliveries
from openclaw_rpc.adapters.postgres.documents import PostgresDocuments
from openclaw_rpc.adapters.store.batches import batch_of
from openclaw_rpc.adapters.store.rows import session_of, session_row
from openclaw_rpc.adapters.store.rules import KEPT_EVENTS, key_expiry
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.records import EventRecord, RunRecord, SessionQuery, SessionRecord, Spent, UsageQuery, UsageSum
from openclaw_rpc.protocol.chat import ChatMessage
from openclaw_rpc.protocol.errors import Timeout, Unavailable


class PostgresStore:
    """The store port. Of events about the newest ``keep_events`` that last are kept a session.

    Records are taken as they are when a method is called: what a caller changes while the write waits is not in it.
    """

    def __init__(self, database: Postgres, *, keep_events: int = KEPT_EVENTS) -> None:
        self.database = database
        self.deliveries = PostgresDeliveries(database)
        self.documents = PostgresDocuments(database)
        self._keep_events = keep_events

    async def find_session(self, user: str, key: str, *, of_anybody: bool = False) -> SessionRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        find = partial(reads.find_session, user=user, key=key, of_anybody=of_anybody)
        return await self.database.read(find, single=True)

    async def list_sessions(self, query: SessionQuery) -> tuple[list[SessionRecord], int, str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Store`.

        Raises:
            Timeout: so many messages are searched for the text that it would take too long; the server does answer.
        """
        try:
            return await self.database.read(partial(reads.list_sessions, query=query))
        except Unavailable as error:
            # No index answers which texts contain a few characters: each message of each session is looked at.
            if query.text is None or not isinstance(error.__cause__, TimeoutError) or not self.database.answers:
                raise
            raise Timeout(
                "searching all messages for that text takes too long: narrow it by since, until, agentId or channel",
                field="text",
            ) from error

    async def delete_session(self, session_id: str) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.write(partial(writes.delete_session, session_id=session_id))

    async def copy_session(
        self, source_id: str, record: SessionRecord, upto: str | None, *, before: bool = False
    ) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        copy = partial(writes.copy_session, source_id=source_id, row=session_row(record, 0), upto=upto, before=before)
        return await self.database.write(copy)

    async def messages(
        self, session_id: str, limit: int, before: str | None = None, *, with_it: bool = False
    ) -> tuple[list[ChatMessage], bool]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.read(lambda db: reads.messages(db, session_id, limit, before, with_it=with_it))

    async def admit(self, change: Change, *, of_anybody: bool = False) -> RunRecord:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        run = change.run
        if run is None or not isinstance(change.session, SessionRecord):
            raise TypeError("a run is admitted with its session")
        expired = key_expiry(run.created_at) if run.idempotency_key is not None else None
        batch = batch_of(change, self._keep_events)
        with self.deliveries.told(change):
            return await self.database.write(lambda db: writes.admit(db, batch, expired, of_anybody)) or run

    async def commit(self, change: Change) -> SessionRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        batch = batch_of(change, self._keep_events)
        with self.deliveries.told(change):
            row = await self.database.write(lambda db: writes.commit(db, batch))
        return session_of(row) if row is not None else None

    async def commit_all(self, changes: Sequence[Change]) -> None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        batches = [batch_of(change, self._keep_events) for change in changes]
        with self.deliveries.told(*changes):
            await self.database.write(lambda db: writes.commit_all(db, batches))

    async def find_run(self, run_id: str) -> RunRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.read(partial(reads.find_run, run_id=run_id), single=True)

    async def unfinished_runs(self) -> list[RunRecord]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.read(reads.unfinished_runs, single=True)

    async def events(self, session_id: str, after: int, limit: int) -> list[EventRecord]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.read(
            partial(reads.events, session_id=session_id, after=after, limit=limit), single=True
        )

    async def usage(self, query: UsageQuery) -> tuple[list[UsageSum], UsageSum]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.read(partial(reads.usage, query=query))

    async def spent(self, since: str, until: str) -> list[Spent]:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.read(partial(reads.spent, since=since, until=until), single=True)

    async def find_repeated(self, user: str, key: str, at: str) -> RunRecord | None:
        """See :class:`~openclaw_rpc.domain.ports.Store`."""
        return await self.database.read(partial(reads.find_repeated, user=user, key=key, at=at), single=True)
