"""What is to be sent to the outside, in the store's SQLite file."""

import sqlite3
from typing import get_args

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.store.reads import Where
from openclaw_rpc.adapters.store.rows import SELECT_DELIVERY, Row, delivery_of
from openclaw_rpc.adapters.store.rules import cursor_read, due, written_cursor
from openclaw_rpc.adapters.store.telling import TellsKept
from openclaw_rpc.domain.events.change import Delivery, DeliveryKind, DeliveryStatus
from openclaw_rpc.domain.records import DeliveryQuery

_OPEN = "status IN ('pending', 'sending')"
_TARGETS = f"""WITH RECURSIVE targets (target) AS (
    SELECT min(target) FROM deliveries WHERE kind = ?1 AND {_OPEN}
    UNION ALL
    SELECT (SELECT min(target) FROM deliveries WHERE kind = ?1 AND {_OPEN} AND target > before.target)
    FROM targets AS before WHERE before.target IS NOT NULL
) SELECT target FROM targets WHERE target IS NOT NULL"""  # noqa: S608
"""Whoever something is to be sent to."""
_HEADS = f"""WITH RECURSIVE lanes (lane) AS (
    SELECT min(lane) FROM deliveries WHERE kind = ?1 AND target = ?2 AND {_OPEN} AND lane > ''
    UNION ALL
    SELECT (SELECT min(lane) FROM deliveries WHERE kind = ?1 AND target = ?2 AND {_OPEN} AND lane > before.lane)
    FROM lanes AS before WHERE before.lane IS NOT NULL
), heads (number) AS (
    SELECT (SELECT min(number) FROM deliveries
        WHERE kind = ?1 AND target = ?2 AND {_OPEN} AND deliveries.lane = lanes.lane)
    FROM lanes WHERE lane IS NOT NULL
) SELECT number, next_at FROM deliveries WHERE number IN (SELECT number FROM heads) AND status = 'pending'"""  # noqa: S608
"""The oldest open delivery of each of a target's lanes, each found by a look into the index; those that wait."""
_LOOSE = """SELECT number, next_at FROM deliveries
    WHERE kind = ?1 AND target = ?2 AND status = 'pending' AND lane = '' ORDER BY next_at, number LIMIT ?3"""
"""What of a target's stands in no lane, the soonest first."""
_SENDING = "SELECT count(*) FROM deliveries WHERE kind = ? AND target = ? AND status = 'sending'"


class SqliteDeliveries(TellsKept):
    """The port `Deliveries` on a file."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def claim(
        self, kind: DeliveryKind, now: str, limit: int, *, per_target: int
    ) -> tuple[list[Delivery], str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        return await self._database.write(lambda db: _claim(db, kind, now, limit, per_target))

    async def broken_off(self, kind: DeliveryKind, limit: int) -> list[Delivery]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = SELECT_DELIVERY + "WHERE kind = ? AND status = 'sending' ORDER BY number LIMIT ?"
        rows = await self._database.read(lambda db: db.execute(sql, (kind, limit)).fetchall(), single=True)
        return [delivery_of(row) for row in rows]

    async def settle(
        self, delivery_id: str, status: DeliveryStatus, *, next_at: str | None = None, error: str | None = None
    ) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = """UPDATE deliveries SET status = ?, next_at = coalesce(?, next_at), last_error = ?
            WHERE id = ? AND status = 'sending'"""
        return await self._database.write(
            lambda db: db.execute(sql, (status, next_at, error, delivery_id)).rowcount > 0
        )

    async def redeliver(self, delivery_id: str, now: str) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = f"UPDATE deliveries SET status = 'pending', attempts = 0, next_at = ? WHERE id = ? AND NOT {_OPEN}"  # noqa: S608
        again = await self._database.write(lambda db: db.execute(sql, (now, delivery_id)).rowcount > 0)
        if again:
            self.kept(get_args(DeliveryKind))
        return again

    async def drop(self, kind: DeliveryKind, target: str) -> int:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = "DELETE FROM deliveries WHERE kind = ? AND target = ?"
        return await self._database.write(lambda db: db.execute(sql, (kind, target)).rowcount)

    async def find(self, delivery_id: str) -> Delivery | None:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = SELECT_DELIVERY + "WHERE id = ?"
        row = await self._database.read(lambda db: db.execute(sql, (delivery_id,)).fetchone(), single=True)
        return delivery_of(row) if row is not None else None

    async def list(self, query: DeliveryQuery) -> tuple[list[Delivery], str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        where = Where()
        for name in ("kind", "target", "lane", "status"):
            where.given(f"{name} = ?", getattr(query, name))
        if query.cursor is not None:
            where.add("number < ?", cursor_read(query.cursor, int))
        sql = f"{SELECT_DELIVERY}{where} ORDER BY number DESC LIMIT ?"
        values = (*where.values, query.limit + 1)
        rows: list[Row] = await self._database.read(lambda db: db.execute(sql, values).fetchall(), single=True)
        page = rows[: query.limit]
        return [delivery_of(row) for row in page], written_cursor(page[-1][0]) if len(rows) > len(page) else None

    async def count(self, kind: DeliveryKind, target: str | None = None) -> dict[DeliveryStatus, int]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        where = Where()
        where.add("kind = ?", kind)
        where.given("target = ?", target)
        sql = f"SELECT status, count(*) FROM deliveries{where} GROUP BY status"  # noqa: S608
        rows = await self._database.read(lambda db: db.execute(sql, where.values).fetchall(), single=True)
        return dict(rows)

    async def prune(self, before: str) -> int:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        return await self._database.write(lambda db: _prune(db, before))


def _claim(
    db: sqlite3.Connection, kind: DeliveryKind, now: str, limit: int, per_target: int
) -> tuple[list[Delivery], str | None]:
    found: list[tuple[int, list[tuple[int, str]]]] = []
    for (target,) in db.execute(_TARGETS, (kind,)).fetchall():
        sending: int = db.execute(_SENDING, (kind, target)).fetchone()[0]
        if sending < per_target:
            waiting = db.execute(_LOOSE, (kind, target, per_target)).fetchall()
            found.append((sending, waiting + db.execute(_HEADS, (kind, target)).fetchall()))
    taken, coming = due(found, now, limit, per_target)
    if not taken:
        return [], coming
    marks = ", ".join("?" * len(taken))
    db.execute(
        f"UPDATE deliveries SET status = 'sending', attempts = attempts + 1 WHERE number IN ({marks})",  # noqa: S608
        taken,
    )
    rows = db.execute(f"{SELECT_DELIVERY}WHERE number IN ({marks})", taken).fetchall()
    deliveries = {row[0]: delivery_of(row) for row in rows}
    return [deliveries[number] for number in taken], coming


def _prune(db: sqlite3.Connection, before: str) -> int:
    db.execute("DELETE FROM claims WHERE at < ?", (before,))
    return db.execute(f"DELETE FROM deliveries WHERE created_at < ? AND NOT ({_OPEN})", (before,)).rowcount  # noqa: S608
