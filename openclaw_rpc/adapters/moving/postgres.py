"""The rows of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openclaw_rpc.adapters.moving.tables import MARK, Row, Table
from openclaw_rpc.adapters.postgres import Postgres
from openclaw_rpc.adapters.postgres.transaction import Transaction

_MARK: Final = """INSERT INTO single_values VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""


class PostgresSide:
    """See `Side`."""

    def __init__(self, database: Postgres, identity: str) -> None:
        self.identity = identity
        self._database = database

    async def version(self) -> int:
        """See the port."""
        return await self._database.read(lambda db: db.value("SELECT version FROM schema_version"), single=True)

    async def nodes(self) -> list[str]:
        """See the port."""
        rows = await self._database.read(lambda db: db.all("SELECT name FROM nodes ORDER BY number"), single=True)
        return [name for (name,) in rows]

    async def count(self, table: Table) -> int:
        """See the port."""
        sql = f"SELECT count(*) FROM {table.name} WHERE {table.where}"  # noqa: S608 - names of tables.py
        return await self._database.read(lambda db: db.value(sql), single=True)

    async def last(self, table: Table) -> Row | None:
        """See the port."""
        key = table.columns[: table.key]
        order = ", ".join(f"{name} DESC" for name in key)
        sql = f"SELECT {', '.join(key)} FROM {table.name} WHERE {table.where} ORDER BY {order} LIMIT 1"  # noqa: S608
        return await self._database.read(lambda db: db.one(sql), single=True)

    async def rows(self, table: Table, after: Row | None, limit: int) -> list[Row]:
        """See the port."""
        key = ", ".join(table.columns[: table.key])
        places = ", ".join(f"${at}" for at in range(2, 2 + table.key))
        behind = "" if after is None else f"AND ({key}) > ({places})"
        columns = ", ".join(table.columns)
        sql = f"SELECT {columns} FROM {table.name} WHERE {table.where} {behind} ORDER BY {key} LIMIT $1"  # noqa: S608
        return await self._database.read(lambda db: db.all(sql, limit, *(after or ())), single=True)

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        """See the port."""
        columns, values = list(table.columns), [f"${at}" for at in range(1, len(table.columns) + 1)]
        if table.name == "memories":
            # What a memory is found by is made of its body; nothing was compacted yet.
            columns += ["compacted", "words"]
            values += ["false", f"ARRAY(SELECT DISTINCT unnest(string_to_array({values[-1]}, ' ')))"]
        sql = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join(values)})"  # noqa: S608

        async def keep(db: Transaction) -> None:
            await db.change_each(sql, rows)
            if table.numbered:
                sequence = f"pg_get_serial_sequence('{table.name}', '{table.columns[0]}')"
                await db.all(f"SELECT setval({sequence}, $1)", rows[-1][0])

        await self._database.write(keep)

    async def marked(self) -> str | None:
        """See the port."""
        sql = "SELECT value FROM single_values WHERE name = $1"
        found: bytes | None = await self._database.read(lambda db: db.value(sql, MARK), single=True)
        return None if found is None else found.decode()

    async def mark(self, source: str | None) -> None:
        """See the port."""
        if source is None:
            await self._database.write(lambda db: db.change("DELETE FROM single_values WHERE name = $1", MARK))
        else:
            await self._database.write(lambda db: db.change(_MARK, MARK, source.encode()))
