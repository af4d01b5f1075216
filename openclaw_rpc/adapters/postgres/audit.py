"""The audit log in PostgreSQL."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Final

import msgspec

from openclaw_rpc.adapters.audit import chain
from openclaw_rpc.adapters.audit.chain import ChainEnd, Head
from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.reads import Where
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict

_INSERT: Final = "INSERT INTO audit (line, seq, at, tool, user_name, outcome) VALUES ($1, $2, $3, $4, $5, $6)"
_SAVE: Final = """INSERT INTO single_values VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_MAKE_KEY: Final = "INSERT INTO single_values VALUES ('audit_key', $1) ON CONFLICT DO NOTHING"
_VALUE: Final = "SELECT value FROM single_values WHERE name = $1"


class PostgresAuditLog:
    """An `AuditLog`. A record, and where the chain ends, are kept together or not at all.

    The table refuses to change a record, or to remove one that is not before the head that pruning left. Whoever owns
    the database can forge all of it; what the chain shows is a change by anybody who did not mean to forge it.
    """

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def append(self, record: AuditRecord) -> None:
        """See the port."""
        await self._database.write(partial(_append, record=record))

    async def query(self, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
        """See the port."""
        where = Where()
        where.add("seq IS NOT NULL")
        where.given("seq < ?", query.before)
        where.given("at >= ?", query.since)
        where.given("at < ?", query.until)
        where.given("tool = ?", query.tool)
        if query.user is not None:
            user = where.value(query.user)
            # Records of older versions name the user itself.
            where.add(f"a.user_name IN ({user}, (SELECT id FROM audit_users WHERE user_name = {user}))")  # noqa: S608
        where.given("outcome = ?", query.outcome)
        sql = f"""SELECT line, u.user_name FROM audit a LEFT JOIN audit_users u ON u.id = a.user_name
            {where} ORDER BY place DESC LIMIT {where.value(query.limit + 1)}"""  # noqa: S608
        rows = await self._database.read(lambda db: db.all(sql, *where.values), single=True)
        found = [chain.named(*row) for row in rows]
        page = found[: query.limit]
        return page, page[-1].seq if len(found) > len(page) else None

    async def prune(self, before: str, limit: int) -> int:
        """See the port."""
        return await self._database.write(partial(_prune, before=before, limit=limit))

    async def verify(self) -> AuditVerdict:
        """See the port."""
        return await self._database.read(_verify)


async def _append(db: Transaction, record: AuditRecord) -> None:
    await db.alone("audit")
    known = msgspec.structs.replace(record, user=await _id_of(db, record.user))
    line, head = chain.link(known, await _head(db))
    kept = chain.read(line)
    await db.change(_INSERT, line, kept.seq, kept.at, kept.tool, kept.user, kept.outcome)
    await db.change(_SAVE, "audit_head", msgspec.json.encode(head))


async def _id_of(db: Transaction, user: str) -> str:
    """The random id that stands for a user in what is chained."""
    if not user:
        return ""
    await db.change("INSERT INTO audit_users VALUES ($1, $2) ON CONFLICT DO NOTHING", new_id("u"), user)
    return await db.value("SELECT id FROM audit_users WHERE user_name = $1", user)


async def _prune(db: Transaction, before: str, limit: int) -> int:
    await db.alone("audit")
    await db.change(_MAKE_KEY, secrets.token_bytes(32))
    rows = await db.all("SELECT line, at FROM audit ORDER BY place LIMIT $1", limit)
    found = [(row[0], row[1]) for row in rows]
    head, count = chain.pruned(await _pruned(db), await db.value(_VALUE, "audit_key"), found, before)
    if count:
        # The table lets go of what lies before this head, and of nothing else.
        await db.change(_SAVE, "audit_pruned", msgspec.json.encode(head))
        await db.change("DELETE FROM audit WHERE seq <= $1", head.seq)
    return count


async def _pruned(db: Transaction) -> Head:
    found = await db.value(_VALUE, "audit_pruned")
    return msgspec.json.decode(found, type=Head) if found else Head()


async def _head(db: Transaction) -> ChainEnd:
    found = await db.value(_VALUE, "audit_head")
    return msgspec.json.decode(found, type=ChainEnd) if found else ChainEnd()


async def _verify(db: Transaction) -> AuditVerdict:
    rows = await db.all("SELECT line FROM audit ORDER BY place")
    key = await db.value(_VALUE, "audit_key") or b""
    return chain.verify((row[0] for row in rows), await _head(db), await _pruned(db), key)
