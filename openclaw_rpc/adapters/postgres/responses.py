"""Responses in PostgreSQL."""

from __future__ import annotations

from typing import Final

import msgspec

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.domain.responses.ports import ResponseRecord

_COLUMNS: Final = "id, user_name, created_at, finished, body, input, context, events, conversation, session_key, run_id"
_SELECT: Final = f"SELECT {_COLUMNS} FROM responses "  # noqa: S608
_SETS: Final = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])
_PUT: Final = f"""INSERT INTO responses ({_COLUMNS}, node) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
    $11, $12) ON CONFLICT (id) DO UPDATE SET {_SETS}"""  # noqa: S608


class PostgresResponseStore:
    """See the port `ResponseStore`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def put(self, record: ResponseRecord) -> None:
        """See the port."""
        row = msgspec.structs.astuple(record)
        await self._database.write(lambda db: db.change(_PUT, *row, db.node))

    async def find(self, response_id: str) -> ResponseRecord | None:
        """See the port."""
        return await self._one("WHERE id = $1", response_id)

    async def holder(self, response_id: str) -> int | None:
        """See the port."""
        sql = "SELECT node FROM responses WHERE id = $1 AND NOT finished"
        return await self._database.read(lambda db: db.value(sql, response_id), single=True)

    async def last(self, user: str, conversation: str) -> ResponseRecord | None:
        """See the port."""
        where = "WHERE user_name = $1 AND conversation = $2 AND finished ORDER BY created_at DESC, place DESC LIMIT 1"
        return await self._one(where, user, conversation)

    async def delete(self, response_id: str) -> bool:
        """See the port."""
        sql = "DELETE FROM responses WHERE id = $1"
        return await self._database.write(lambda db: db.change(sql, response_id)) > 0

    async def unfinished(self) -> list[ResponseRecord]:
        """See the port."""
        return await self._all("WHERE NOT finished AND NOT EXISTS (SELECT FROM nodes WHERE number = responses.node)")

    async def prune(self, before: str) -> int:
        """See the port."""
        return await self._database.write(lambda db: db.change("DELETE FROM responses WHERE created_at < $1", before))

    async def _one(self, where: str, *values: str) -> ResponseRecord | None:
        found = await self._all(where, *values)
        return found[0] if found else None

    async def _all(self, where: str, *values: str) -> list[ResponseRecord]:
        rows = await self._database.read(lambda db: db.all(_SELECT + where, *values), single=True)
        names = ResponseRecord.__struct_fields__
        return [ResponseRecord(**dict(zip(names, row, strict=True))) for row in rows]
