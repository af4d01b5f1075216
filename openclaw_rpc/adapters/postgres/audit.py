"""The audit log in PostgreSQL."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from openclaw_rpc.adapters.audit import chain
from openclaw_rpc.adapters.audit.chain import ChainEnd
from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.reads import Where
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict

_INSERT: Final = "INSERT INTO audit (line, seq, at, tool, user_name, outcome) VALUES ($1, $2, $3, $4, $5, $6)"
_SAVE_HEAD: Final = """INSERT INTO single_values VALUES ('audit_head', $1)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""


class PostgresAuditLog:
    """An `AuditLog`. A record, and where the chain ends, are kept together or not at all.

    The table refuses to change or remove a record. Whoever owns the database can forge both; what the chain shows is a
    change by anybody, or anything, that did not mean to forge it.
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
        where.given("user_name = ?", query.user)
        where.given("outcome = ?", query.outcome)
        sql = f"SELECT line FROM audit{where} ORDER BY place DESC LIMIT {where.value(query.limit + 1)}"  # noqa: S608
        rows = await self._database.read(lambda db: db.all(sql, *where.values), single=True)
        found = [chain.read(row[0]) for row in rows]
        page = found[: query.limit]
        return page, page[-1].seq if len(found) > len(page) else None

    async def verify(self) -> AuditVerdict:
        """See the port."""
        return await self._database.read(_verify)


async def _append(db: Transaction, record: AuditRecord) -> None:
    await db.alone("audit")
    line, head = chain.link(record, await _head(db))
    kept = chain.read(line)
    await db.change(_INSERT, line, kept.seq, kept.at, kept.tool, kept.user, kept.outcome)
    await db.change(_SAVE_HEAD, msgspec.json.encode(head))


async def _head(db: Transaction) -> ChainEnd:
    found = await db.value("SELECT value FROM single_values WHERE name = 'audit_head'")
    return msgspec.json.decode(found, type=ChainEnd) if found else ChainEnd()


async def _verify(db: Transaction) -> AuditVerdict:
    rows = await db.all("SELECT line FROM audit ORDER BY place")
    return chain.verify((row[0] for row in rows), await _head(db))
