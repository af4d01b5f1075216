"""A transaction, as the stores see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from openclaw_rpc.adapters.postgres.driver import Connection

Row = tuple[Any, ...]


class Transaction:
    """Statements of one transaction. ``changed``: whether one of them was to change something.

    ``node`` is the number of the node whose write it is, where the gateway has several.
    """

    def __init__(self, connection: Connection, node: int | None = None) -> None:
        self.changed = False
        self.node = node
        self._connection = connection

    async def all(self, sql: str, *values: object) -> list[Row]:
        """The rows of a query."""
        return [tuple(row) for row in await self._connection.fetch(sql, *values)]

    async def one(self, sql: str, *values: object) -> Row | None:
        """The first row of a query."""
        row = await self._connection.fetchrow(sql, *values)
        return None if row is None else tuple(row)

    async def value(self, sql: str, *values: object) -> Any:
        """The first column of the first row of a query; None where there is none."""
        return await self._connection.fetchval(sql, *values)

    async def alone(self, what: str) -> None:
        """Until this transaction is over, have other nodes wait that ask for the same."""
        if self.node is not None:
            await self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", what)

    async def change(self, sql: str, *values: object) -> int:
        """Change something; how many rows."""
        self.changed = True
        status = await self._connection.execute(sql, *values)
        return int(status.rpartition(" ")[2])

    async def change_each(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """The same change with the values of each row."""
        self.changed = True
        await self._connection.executemany(sql, rows)

    async def changing(self, sql: str, *values: object) -> list[Row]:
        """Change something; what it returns."""
        self.changed = True
        return await self.all(sql, *values)
