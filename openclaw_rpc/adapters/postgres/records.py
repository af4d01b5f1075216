"""Calls that wait for a human, and what is remembered of skills, in PostgreSQL."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.transaction import Row, Transaction
from openclaw_rpc.domain.skills.ports import SkillRecord
from openclaw_rpc.domain.tools.approvals import WaitingCall

_PUT_APPROVAL: Final = """INSERT INTO approvals (id, data) VALUES ($1, $2)
    ON CONFLICT (id) DO UPDATE SET data = excluded.data"""
_SELECT: Final = "SELECT slug, enabled, invocations, last_used, installed_at, source, version FROM skills"
_NOTE: Final = """INSERT INTO skills AS known (slug, enabled, installed_at, source, version)
    VALUES ($1, coalesce($2, true), $3, $4, $5)
    ON CONFLICT (slug) DO UPDATE SET enabled = coalesce($2, known.enabled),
    installed_at = coalesce($3, known.installed_at), source = coalesce($4, known.source),
    version = coalesce($5, known.version)"""
_USED: Final = """INSERT INTO skills AS known (slug, invocations, last_used) VALUES ($1, 1, $2)
    ON CONFLICT (slug) DO UPDATE SET invocations = known.invocations + 1, last_used = $2"""


class PostgresApprovalStore:
    """See the port `ApprovalStore`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def put(self, call: WaitingCall) -> None:
        """See the port."""
        row = call.info.approval_id, msgspec.json.encode(call)
        await self._database.write(lambda db: db.change(_PUT_APPROVAL, *row))

    async def remove(self, approval_id: str) -> None:
        """See the port."""
        await self._database.write(lambda db: db.change("DELETE FROM approvals WHERE id = $1", approval_id))

    async def all(self) -> list[WaitingCall]:
        """See the port."""
        rows = await self._database.read(lambda db: db.all("SELECT data FROM approvals ORDER BY place"), single=True)
        return [msgspec.json.decode(row[0], type=WaitingCall) for row in rows]


class PostgresSkillRecords:
    """See the port `SkillRecords`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def load(self) -> dict[str, SkillRecord]:
        """See the port."""
        rows = await self._database.read(lambda db: db.all(_SELECT), single=True)
        return {row[0]: _record_of(row) for row in rows}

    async def note(
        self,
        slug: str,
        *,
        enabled: bool | None = None,
        installed_at: str | None = None,
        source: str | None = None,
        version: str | None = None,
    ) -> SkillRecord:
        """See the port."""
        return await self._changed(_NOTE, slug, enabled, installed_at, source, version)

    async def used(self, slug: str, at: str) -> SkillRecord:
        """See the port."""
        return await self._changed(_USED, slug, at)

    async def forget(self, slug: str) -> None:
        """See the port."""
        await self._database.write(lambda db: db.change("DELETE FROM skills WHERE slug = $1", slug))

    async def _changed(self, sql: str, slug: str, *values: object) -> SkillRecord:
        return await self._database.write(partial(_change, sql=sql, slug=slug, values=values))


async def _change(db: Transaction, sql: str, slug: str, values: tuple[object, ...]) -> SkillRecord:
    (row,) = await db.changing(
        f"{sql} RETURNING slug, enabled, invocations, last_used, installed_at, source, version", slug, *values
    )
    return _record_of(row)


def _record_of(row: Row) -> SkillRecord:
    names = SkillRecord.__struct_fields__
    return msgspec.convert(dict(zip(names, row[1:], strict=True)), SkillRecord, strict=False)
