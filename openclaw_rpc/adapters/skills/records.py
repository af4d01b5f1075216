"""What is remembered of skills: in the gateway's file."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.domain.skills.ports import SkillRecord

_SELECT: Final = "SELECT slug, enabled, invocations, last_used, installed_at, source, version FROM skills"
_NOTE: Final = """INSERT INTO skills (slug, enabled, installed_at, source, version)
    VALUES (?1, coalesce(?2, 1), ?3, ?4, ?5)
    ON CONFLICT (slug) DO UPDATE SET enabled = coalesce(?2, enabled), installed_at = coalesce(?3, installed_at),
    source = coalesce(?4, source), version = coalesce(?5, version)"""
_USED: Final = """INSERT INTO skills (slug, invocations, last_used) VALUES (?1, 1, ?2)
    ON CONFLICT (slug) DO UPDATE SET invocations = invocations + 1, last_used = ?2"""


class SqliteSkillRecords:
    """See the port `SkillRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> dict[str, SkillRecord]:
        """See the port."""
        rows = await self._database.read(lambda db: db.execute(_SELECT).fetchall())
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
        return await self._change(_NOTE, (slug, enabled, installed_at, source, version))

    async def used(self, slug: str, at: str) -> SkillRecord:
        """See the port."""
        return await self._change(_USED, (slug, at))

    async def forget(self, slug: str) -> None:
        """See the port."""
        await self._database.write(lambda db: db.execute("DELETE FROM skills WHERE slug = ?", (slug,)).rowcount)

    async def _change(self, sql: str, values: Sequence[object]) -> SkillRecord:
        return await self._database.write(partial(_changed, sql=sql, values=values))


def _changed(db: sqlite3.Connection, sql: str, values: Sequence[object]) -> SkillRecord:
    db.execute(sql, tuple(values))
    return _record_of(db.execute(f"{_SELECT} WHERE slug = ?", (values[0],)).fetchone())


def _record_of(row: tuple[Any, ...]) -> SkillRecord:
    names = SkillRecord.__struct_fields__
    return msgspec.convert(dict(zip(names, row[1:], strict=True)), SkillRecord, strict=False)
