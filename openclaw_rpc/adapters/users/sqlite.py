"""A user in the gateway's file."""

from __future__ import annotations

import re
import sqlite3

import msgspec

from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.memory.reads import load
from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.users import statements as sql
from openclaw_rpc.domain.users import Traces
from openclaw_rpc.protocol.base import JsonObject


class SqliteUsers:
    """See :class:`~openclaw_rpc.domain.users.Users`."""

    def __init__(self, database: Database, memories: Folder) -> None:
        self._database = database
        self._memories = memories

    async def traces(self, user: str) -> Traces:
        """See the port."""
        return await self._database.read(lambda db: _traces(db, user))

    async def told(self, user: str) -> dict[str, list[JsonObject]]:
        """See the port."""
        return await self._database.read(lambda db: _told(db, self._memories, user))

    async def delete(self, user: str) -> dict[str, int]:
        """See the port."""
        return await self._database.write(lambda db: _delete(db, user))


def _own(text: str) -> str:
    """The statement with SQLite's names and places."""
    return re.sub(r"\$1", "?1", text.replace("user_name", "user"))


def _traces(db: sqlite3.Connection, user: str) -> Traces:
    def texts(statement: str) -> frozenset[str]:
        return frozenset(row[0] for row in db.execute(_own(statement), (user,)))

    old: int = db.execute(_own(sql.OLD_RECORDS), (user,)).fetchone()[0]
    return Traces(names=texts(sql.NAMES), sessions=texts(sql.SESSION_IDS), runs=texts(sql.RUN_IDS), named_in_audit=old)


def _told(db: sqlite3.Connection, folder: Folder, user: str) -> dict[str, list[JsonObject]]:
    told: dict[str, list[JsonObject]] = {}
    for kind, statement in sql.TOLD.items():
        rows = db.execute(_own(statement), (user,))
        names = [column[0] for column in rows.description]
        told[kind] = [dict(zip(names, map(sql.plain, row), strict=True)) for row in rows]
    found = _traces(db, user)
    for content in sql.CONTENTS:
        rows = db.execute(f"SELECT {content.data} FROM {content.table}")  # noqa: S608
        told[content.table] = [sql.plain(row[0]) for row in rows if sql.is_of(row[0], found.names, frozenset())]
    numbers = [row[0] for row in db.execute(_own(sql.MEMORIES), (user,))]
    told["memories"] = [msgspec.to_builtins(memory) for memory, _ in load(db, folder, numbers).memories.values()]
    return told


def _delete(db: sqlite3.Connection, user: str) -> dict[str, int]:
    found = _traces(db, user)
    gone: dict[str, int] = {}
    for content in sql.CONTENTS:
        rows = db.execute(f"SELECT {content.key}, {content.data} FROM {content.table}")  # noqa: S608
        keys = [(key,) for key, data in rows if sql.is_of(data, found.names, found.sessions | found.runs)]
        db.executemany(f"DELETE FROM {content.table} WHERE {content.key} = ?", keys)  # noqa: S608
        gone[content.table] = len(keys)
    for table, which in {**sql.IN_FILES, **sql.DELETE}.items():
        gone[table] = db.execute(_own(f"DELETE FROM {table} WHERE {which}"), (user,)).rowcount  # noqa: S608
    return gone
