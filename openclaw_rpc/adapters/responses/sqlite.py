"""Responses in a SQLite file of their own."""

import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, Self

import anyio
import anyio.to_thread
import msgspec

from openclaw_rpc.adapters.store.reader import Readers
from openclaw_rpc.adapters.store.schema import Statements, open_reader, open_writer
from openclaw_rpc.adapters.store.writer import Writer
from openclaw_rpc.domain.responses.ports import ResponseRecord

MIGRATIONS: Final[Sequence[Statements]] = (
    (
        """CREATE TABLE responses (
            id TEXT NOT NULL PRIMARY KEY, user TEXT NOT NULL, created_at TEXT NOT NULL, finished INTEGER NOT NULL,
            body BLOB NOT NULL, input BLOB NOT NULL, context BLOB NOT NULL, events BLOB NOT NULL, conversation TEXT,
            session_key TEXT, run_id TEXT
        )""",
        "CREATE INDEX responses_by_time ON responses (created_at)",
        "CREATE INDEX responses_unfinished ON responses (created_at) WHERE NOT finished",
        """CREATE INDEX responses_by_conversation ON responses (user, conversation, created_at)
            WHERE conversation IS NOT NULL""",
    ),
)
_SELECT = "SELECT id, user, created_at, finished, body, input, context, events, conversation, session_key, run_id "
_PUT = "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FIND = _SELECT + "FROM responses WHERE id = ? AND user = ?"
_LAST = (
    _SELECT
    + "FROM responses WHERE user = ? AND conversation = ? AND finished ORDER BY created_at DESC, rowid DESC LIMIT 1"
)
_UNFINISHED = _SELECT + "FROM responses WHERE NOT finished"


class SqliteResponseStore:
    """See the port `ResponseStore`. WAL, `synchronous=FULL`, group commit: as the sessions are kept."""

    def __init__(self, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self._writer = Writer(writer)
        self._readers = Readers([reader])

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncGenerator[Self]:
        """Open or make the file; on leaving, finish the queued writes and close it.

        Raises:
            StoreUnusable: it can't be opened, is damaged, another program's, or newer than this program.
        """
        writer, reader = await anyio.to_thread.run_sync(_connect, path)
        store = cls(writer, reader)
        try:
            yield store
        finally:
            store._writer.stop()
            store._readers.stop()
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(store._close, writer)

    def _close(self, connection: sqlite3.Connection) -> None:
        self._writer.join()
        self._readers.close()
        connection.close()

    async def put(self, record: ResponseRecord) -> None:
        """See the port."""
        await self._writer.submit(partial(_put, row=msgspec.structs.astuple(record)))

    async def find(self, user: str, response_id: str) -> ResponseRecord | None:
        """See the port."""
        return await self._one(_FIND, response_id, user)

    async def last(self, user: str, conversation: str) -> ResponseRecord | None:
        """See the port."""
        return await self._one(_LAST, user, conversation)

    async def _one(self, sql: str, *values: str) -> ResponseRecord | None:
        found = await self._readers.run(partial(_select, sql=sql, values=values))
        return found[0] if found else None

    async def delete(self, user: str, response_id: str) -> bool:
        """See the port."""
        sql = "DELETE FROM responses WHERE id = ? AND user = ?"
        return await self._writer.submit(partial(_change, sql=sql, values=(response_id, user))) > 0

    async def unfinished(self) -> list[ResponseRecord]:
        """See the port."""
        return await self._readers.run(partial(_select, sql=_UNFINISHED, values=()))

    async def prune(self, before: str) -> int:
        """See the port."""
        sql = "DELETE FROM responses WHERE created_at < ?"
        return await self._writer.submit(partial(_change, sql=sql, values=(before,)))


def _connect(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    writer = open_writer(path, MIGRATIONS)
    try:
        return writer, open_reader(path)
    except BaseException:
        writer.close()
        raise


def _put(db: sqlite3.Connection, row: tuple[object, ...]) -> None:
    db.execute(_PUT, row)


def _change(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> int:
    return db.execute(sql, values).rowcount


def _select(db: sqlite3.Connection, sql: str, values: tuple[str, ...]) -> list[ResponseRecord]:
    names = ResponseRecord.__struct_fields__
    rows = [dict(zip(names, row, strict=True)) for row in db.execute(sql, values).fetchall()]
    return [msgspec.structs.replace(ResponseRecord(**row), finished=bool(row["finished"])) for row in rows]
