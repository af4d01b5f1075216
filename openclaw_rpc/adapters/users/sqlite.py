"""A user in the gateway's file."""

from __future__ import annotations

import re
import sqlite3

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.users import statements as sql
from openclaw_rpc.domain.users import Traces


class SqliteUsers:
    """See :class:`~openclaw_rpc.domain.users.Users`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def traces(self, user: str) -> Traces:
        """See the port."""
        return await self._database.read(lambda db: _traces(db, user))

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
