"""Forgetting what is over, in PostgreSQL."""

from __future__ import annotations

from functools import partial
from typing import Final

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.reads import SELECT_SESSION
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.postgres.writes import delete_session
from openclaw_rpc.adapters.store.rows import session_of
from openclaw_rpc.domain.records import SessionRecord

_QUIET: Final = f"{SELECT_SESSION}WHERE updated_at < $1 ORDER BY number LIMIT $2"
_WITH_EVENTS: Final = """SELECT number FROM sessions WHERE updated_at < $1 AND EXISTS (
    SELECT 1 FROM events WHERE place >= number << 32 AND place < (number + 1) << 32) ORDER BY number LIMIT $2"""
_DROP_EVENTS: Final = """DELETE FROM events WHERE place >= $1::bigint << 32 AND place < ($1::bigint + 1) << 32
    AND EXISTS (SELECT 1 FROM sessions WHERE number = $1::bigint AND updated_at < $2)"""
_DROP_USAGE: Final = """DELETE FROM usage
    WHERE place IN (SELECT place FROM usage WHERE at < $1 ORDER BY place LIMIT $2)"""


class PostgresRetention:
    """See :class:`~openclaw_rpc.domain.retention.RetentionStore`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def quiet_sessions(self, before: str, limit: int) -> list[SessionRecord]:
        """See the port."""
        rows = await self._database.read(lambda db: db.all(_QUIET, before, limit), single=True)
        return [session_of(row) for row in rows]

    async def delete_quiet(self, session_id: str, before: str) -> bool:
        """See the port."""
        return await self._database.write(partial(_delete_quiet, session_id=session_id, before=before))

    async def drop_events(self, before: str, limit: int) -> int:
        """See the port."""
        rows = await self._database.read(lambda db: db.all(_WITH_EVENTS, before, limit), single=True)
        if rows:
            await self._database.write(lambda db: db.change_each(_DROP_EVENTS, [(row[0], before) for row in rows]))
        return len(rows)

    async def drop_usage(self, before: str, limit: int) -> int:
        """See the port."""
        return await self._database.write(lambda db: db.change(_DROP_USAGE, before, limit))


async def _delete_quiet(db: Transaction, session_id: str, before: str) -> bool:
    sql = "SELECT 1 FROM sessions WHERE id = $1 AND updated_at < $2 FOR UPDATE"
    return await db.value(sql, session_id, before) is not None and await delete_session(db, session_id)
