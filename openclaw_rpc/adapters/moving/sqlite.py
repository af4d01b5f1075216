"""The rows of the SQLite file, and of the dated files that memories lie in."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.memory.reads import load
from openclaw_rpc.adapters.memory.rules import line_of
from openclaw_rpc.adapters.moving.tables import MARK, Row, Table
from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.domain.kept import StorageUnusable

_NAMES: Final = {"user_name": "user"}
"""What a column is called here."""
_BY_ROWID: Final = frozenset({"usage", "responses", "approvals"})
"""Tables whose number is the rowid."""
_MEMORIES: Final = """SELECT m.id, m.user_no, m.key, m.folded, m.kind, m.session_key, m.category, m.created_at, m.words,
    w.c0 FROM memories m JOIN memory_words_content w ON w.id = m.id WHERE m.id > ? ORDER BY m.id LIMIT ?"""


class SqliteSide:
    """See `Side`."""

    def __init__(self, database: Database, folder: Folder, identity: str) -> None:
        self.identity = identity
        self._database = database
        self._folder = folder

    async def version(self) -> int:
        """See the port."""
        return await self._database.read(lambda db: db.execute("PRAGMA user_version").fetchone()[0], single=True)

    async def nodes(self) -> list[str]:
        """See the port."""
        return []

    async def count(self, table: Table) -> int:
        """See the port."""
        sql = f"SELECT count(*) FROM {_name(table)} WHERE {table.where}"  # noqa: S608 - names of tables.py
        return await self._database.read(lambda db: db.execute(sql).fetchone()[0], single=True)

    async def last(self, table: Table) -> Row | None:
        """See the port."""
        key = _columns(table)[: table.key]
        order = ", ".join(f"{name} DESC" for name in key)
        sql = f"SELECT {', '.join(key)} FROM {_name(table)} WHERE {table.where} ORDER BY {order} LIMIT 1"  # noqa: S608
        return await self._database.read(lambda db: db.execute(sql).fetchone(), single=True)

    async def rows(self, table: Table, after: Row | None, limit: int) -> list[Row]:
        """See the port."""
        if table.name == "memories":
            found = await self._database.read(lambda db: self._memories(db, after[0] if after else -1, limit))
            missing = [row[0] for row in found if row[9] is None]
            if missing:
                raise StorageUnusable(f"The memory {missing[0]} can't be read from its file in {self._folder.root}.")
            return found
        columns = _columns(table)
        key = ", ".join(columns[: table.key])
        behind = "" if after is None else f"AND ({key}) > ({', '.join('?' * table.key)})"
        names = ", ".join(columns)
        sql = f"SELECT {names} FROM {_name(table)} WHERE {table.where} {behind} ORDER BY {key} LIMIT ?"  # noqa: S608
        found = await self._database.read(lambda db: db.execute(sql, (*(after or ()), limit)).fetchall())
        flags = [name in table.flags for name in table.columns]
        return [
            tuple(bool(value) if flag else value for value, flag in zip(row, flags, strict=True)) if any(flags) else row
            for row in found
        ]

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        """See the port."""
        if table.name == "memories":
            await self._database.write(lambda db: _put_memories(db, rows))
            return
        marks = ", ".join("?" * len(table.columns))
        sql = f"INSERT INTO {_name(table)} ({', '.join(_columns(table))}) VALUES ({marks})"  # noqa: S608
        await self._database.write(lambda db: db.executemany(sql, rows).rowcount)

    async def marked(self) -> str | None:
        """See the port."""
        sql = "SELECT value FROM single_values WHERE name = ?"
        found = await self._database.read(lambda db: db.execute(sql, (MARK,)).fetchone(), single=True)
        return None if found is None else found[0].decode()

    async def mark(self, source: str | None) -> None:
        """See the port."""
        if source is None:
            sql, values = "DELETE FROM single_values WHERE name = ?", (MARK,)
        else:
            sql, values = "INSERT OR REPLACE INTO single_values VALUES (?, ?)", (MARK, source.encode())
        await self._database.write(lambda db: db.execute(sql, values).rowcount)

    def _memories(self, db: sqlite3.Connection, after: int, limit: int) -> list[Row]:
        """Memories with their lines, wherever these lie; None for one whose file can't be read."""
        found = db.execute(_MEMORIES, (after, limit)).fetchall()
        memories = load(db, self._folder, [row[0] for row in found]).memories
        return [(*row[:9], line_of(memories[row[0]][0]) if row[0] in memories else None, row[9]) for row in found]


def _put_memories(db: sqlite3.Connection, rows: Sequence[Row]) -> None:
    for row in rows:
        number, line, body = row[0], row[9], row[10]
        db.execute(
            """INSERT INTO memories (id, user_no, key, folded, kind, session_key, category, created_at, words, size)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (*row[:9], len(line)),
        )
        db.execute("INSERT INTO memory_contents (id, line) VALUES (?, ?)", (number, line))
        db.execute("INSERT INTO memory_words (rowid, body) VALUES (?, ?)", (number, body))


def _name(table: Table) -> str:
    return "single_values" if table.name == "counters" else table.name


def _columns(table: Table) -> list[str]:
    columns = [_NAMES.get(name, name) for name in table.columns]
    return ["rowid", *columns[1:]] if table.name in _BY_ROWID else columns
