"""A user in a PostgreSQL database."""

from __future__ import annotations

from openclaw_rpc.adapters.postgres import Postgres
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.users import statements as sql
from openclaw_rpc.domain.users import Traces
from openclaw_rpc.protocol.base import JsonObject


class PostgresUsers:
    """See :class:`~openclaw_rpc.domain.users.Users`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def traces(self, user: str) -> Traces:
        """See the port."""
        return await self._database.read(lambda db: _traces(db, user))

    async def told(self, user: str) -> dict[str, list[JsonObject]]:
        """See the port."""
        return await self._database.read(lambda db: _told(db, user))

    async def delete(self, user: str) -> dict[str, int]:
        """See the port."""
        return await self._database.write(lambda db: _delete(db, user))


async def _traces(db: Transaction, user: str) -> Traces:
    async def texts(statement: str) -> frozenset[str]:
        return frozenset(row[0] for row in await db.all(statement, user))

    return Traces(
        names=await texts(sql.NAMES),
        sessions=await texts(sql.SESSION_IDS),
        runs=await texts(sql.RUN_IDS),
        named_in_audit=await db.value(sql.OLD_RECORDS, user),
    )


async def _told(db: Transaction, user: str) -> dict[str, list[JsonObject]]:
    told: dict[str, list[JsonObject]] = {}
    for kind, statement in sql.TOLD.items():
        rows = await db.all(f"SELECT to_jsonb(t) FROM ({statement}) t", user)  # noqa: S608
        told[kind] = [sql.unpacked(row[0]) for row in rows]
    found = await _traces(db, user)
    for content in sql.CONTENTS:
        rows = await db.all(f"SELECT {content.data} FROM {content.table}")  # noqa: S608
        told[content.table] = [sql.plain(row[0]) for row in rows if sql.is_of(row[0], found.names, frozenset())]
    lines = await db.all(f"SELECT line FROM memories WHERE id IN ({sql.MEMORIES})", user)  # noqa: S608
    told["memories"] = [sql.plain(row[0]) for row in lines]
    return told


async def _delete(db: Transaction, user: str) -> dict[str, int]:
    found = await _traces(db, user)
    gone: dict[str, int] = {}
    for content in sql.CONTENTS:
        rows = await db.all(f"SELECT {content.key}, {content.data} FROM {content.table}")  # noqa: S608
        keys = [(row[0],) for row in rows if sql.is_of(row[1], found.names, found.sessions | found.runs)]
        await db.change_each(f"DELETE FROM {content.table} WHERE {content.key} = $1", keys)  # noqa: S608
        gone[content.table] = len(keys)
    for table, which in sql.DELETE.items():
        gone[table] = await db.change(f"DELETE FROM {table} WHERE {which}", user)  # noqa: S608
    return gone
