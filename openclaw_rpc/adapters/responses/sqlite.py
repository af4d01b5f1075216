"""Responses in the gateway's file."""

import sqlite3
from functools import partial

import msgspec

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.domain.responses.ports import ResponseRecord

_SELECT = "SELECT id, user, created_at, finished, body, input, context, events, conversation, session_key, run_id "
_PUT = "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FIND = _SELECT + "FROM responses WHERE id = ?"
_LAST = (
    _SELECT
    + "FROM responses WHERE user = ? AND conversation = ? AND finished ORDER BY created_at DESC, rowid DESC LIMIT 1"
)
_UNFINISHED = _SELECT + "FROM responses WHERE NOT finished"


class SqliteResponseStore:
    """See the port `ResponseStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, record: ResponseRecord) -> None:
        """See the port."""
        await self._database.write(partial(_put, row=msgspec.structs.astuple(record)))

    async def find(self, response_id: str) -> ResponseRecord | None:
        """See the port."""
        return await self._one(_FIND, response_id)

    async def holder(self, response_id: str) -> int | None:
        """See the port: all is one process."""
        return None

    async def last(self, user: str, conversation: str) -> ResponseRecord | None:
        """See the port."""
        return await self._one(_LAST, user, conversation)

    async def _one(self, sql: str, *values: str) -> ResponseRecord | None:
        found = await self._database.read(partial(_select, sql=sql, values=values))
        return found[0] if found else None

    async def delete(self, response_id: str) -> bool:
        """See the port."""
        sql = "DELETE FROM responses WHERE id = ?"
        return await self._database.write(partial(_change, sql=sql, values=(response_id,))) > 0

    async def unfinished(self) -> list[ResponseRecord]:
        """See the port."""
        return await self._database.read(partial(_select, sql=_UNFINISHED, values=()))

    async def prune(self, before: str) -> int:
        """See the port."""
        sql = "DELETE FROM responses WHERE created_at < ?"
        return await self._database.write(partial(_change, sql=sql, values=(before,)))


def _put(db: sqlite3.Connection, row: tuple[object, ...]) -> None:
    db.execute(_PUT, row)


def _change(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> int:
    return db.execute(sql, values).rowcount


def _select(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> list[ResponseRecord]:
    names = ResponseRecord.__struct_fields__
    rows = [dict(zip(names, row, strict=True)) for row in db.execute(sql, values).fetchall()]
    return [msgspec.structs.replace(ResponseRecord(**row), finished=bool(row["finished"])) for row in rows]
