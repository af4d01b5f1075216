"""Forgetting what is over, in the gateway's file."""

import sqlite3
from functools import partial
from typing import Final

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.store.rows import SELECT_SESSION, first_place, session_of
from openclaw_rpc.adapters.store.writes import delete_session
from openclaw_rpc.domain.records import SessionRecord

_QUIET: Final = f"{SELECT_SESSION}WHERE updated_at < ? ORDER BY number LIMIT ?"
_WITH_EVENTS: Final = """SELECT number FROM sessions WHERE updated_at < ? AND EXISTS (
    SELECT 1 FROM events WHERE place >= number << 32 AND place < (number + 1) << 32) ORDER BY number LIMIT ?"""
_DROP_USAGE: Final = "DELETE FROM usage WHERE rowid IN (SELECT rowid FROM usage WHERE at < ? ORDER BY rowid LIMIT ?)"


class SqliteRetention:
    """See :class:`~openclaw_rpc.domain.retention.RetentionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def quiet_sessions(self, before: str, limit: int) -> list[SessionRecord]:
        """See the port."""
        rows = await self._database.read(lambda db: db.execute(_QUIET, (before, limit)).fetchall(), single=True)
        return [session_of(row) for row in rows]

    async def delete_quiet(self, session_id: str, before: str) -> bool:
        """See the port."""
        return await self._database.write(partial(_delete_quiet, session_id=session_id, before=before))

    async def drop_events(self, before: str, limit: int) -> int:
        """See the port."""
        read = partial(_numbers, before=before, limit=limit)
        numbers = await self._database.read(read, single=True)
        if numbers:
            await self._database.write(lambda db: [_drop_events(db, number, before) for number in numbers])
        return len(numbers)

    async def drop_usage(self, before: str, limit: int) -> int:
        """See the port."""
        return await self._database.write(lambda db: db.execute(_DROP_USAGE, (before, limit)).rowcount)


def _delete_quiet(db: sqlite3.Connection, session_id: str, before: str) -> bool:
    quiet = db.execute("SELECT 1 FROM sessions WHERE id = ? AND updated_at < ?", (session_id, before)).fetchone()
    return quiet is not None and delete_session(db, session_id)


def _numbers(db: sqlite3.Connection, before: str, limit: int) -> list[int]:
    return [row[0] for row in db.execute(_WITH_EVENTS, (before, limit))]


def _drop_events(db: sqlite3.Connection, number: int, before: str) -> None:
    if db.execute("SELECT 1 FROM sessions WHERE number = ? AND updated_at < ?", (number, before)).fetchone():
        db.execute("DELETE FROM events WHERE place >= ? AND place < ?", (first_place(number), first_place(number + 1)))
