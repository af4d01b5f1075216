"""What is to be sent to the outside, in PostgreSQL."""

from __future__ import annotations

from typing import Final, get_args

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.reads import Where
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.store.rows import SELECT_DELIVERY, delivery_of
from openclaw_rpc.adapters.store.rules import cursor_read, due, written_cursor
from openclaw_rpc.adapters.store.telling import TellsKept
from openclaw_rpc.domain.events.change import Delivery, DeliveryKind, DeliveryStatus
from openclaw_rpc.domain.records import DeliveryQuery

_OPEN: Final = "status IN ('pending', 'sending')"
_TARGETS: Final = f"""WITH RECURSIVE targets AS (
    SELECT min(target) AS target FROM deliveries WHERE kind = $1 AND {_OPEN}
    UNION ALL
    SELECT (SELECT min(target) FROM deliveries WHERE kind = $1 AND {_OPEN} AND target > before.target)
    FROM targets AS before WHERE before.target IS NOT NULL
) SELECT target, (SELECT count(*) FROM deliveries AS one
    WHERE one.kind = $1 AND one.target = targets.target AND one.status = 'sending')
FROM targets WHERE target IS NOT NULL"""  # noqa: S608
"""Whoever something is to be sent to, and how much of it is being sent."""
_HEADS: Final = f"""WITH RECURSIVE lanes AS (
    SELECT min(lane) AS lane FROM deliveries WHERE kind = $1 AND target = $2 AND {_OPEN} AND lane > ''
    UNION ALL
    SELECT (SELECT min(lane) FROM deliveries WHERE kind = $1 AND target = $2 AND {_OPEN} AND lane > before.lane)
    FROM lanes AS before WHERE before.lane IS NOT NULL
) SELECT number, next_at FROM lanes CROSS JOIN LATERAL (
    SELECT number, next_at, status FROM deliveries
    WHERE kind = $1 AND target = $2 AND {_OPEN} AND deliveries.lane = lanes.lane ORDER BY number LIMIT 1
) AS head WHERE lanes.lane IS NOT NULL AND head.status = 'pending'"""  # noqa: S608
"""The oldest open delivery of each of a target's lanes, each found by a look into the index; those that wait."""
_LOOSE: Final = """SELECT number, next_at FROM deliveries
    WHERE kind = $1 AND target = $2 AND status = 'pending' AND lane = '' ORDER BY next_at, number LIMIT $3"""
"""What of a target's stands in no lane, the soonest first."""


_TAKE: Final = """UPDATE deliveries SET status = 'sending', attempts = attempts + 1, node = $2 WHERE number IN (
        SELECT number FROM deliveries WHERE number = ANY($1) AND status = 'pending' FOR UPDATE SKIP LOCKED
    ) RETURNING number"""
"""Take those that no other node took meanwhile, or is about to take."""
_BROKEN_OFF: Final = """WHERE kind = $1 AND status = 'sending'
    AND NOT EXISTS (SELECT FROM nodes WHERE nodes.number = deliveries.node) ORDER BY deliveries.number LIMIT $2"""


class PostgresDeliveries(TellsKept):
    """The port `Deliveries`."""

    def __init__(self, database: Postgres) -> None:
        super().__init__()
        self._database = database

    async def claim(
        self, kind: DeliveryKind, now: str, limit: int, *, per_target: int
    ) -> tuple[list[Delivery], str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        return await self._database.write(lambda db: _claim(db, kind, now, limit, per_target))

    async def broken_off(self, kind: DeliveryKind, limit: int) -> list[Delivery]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        rows = await self._database.read(lambda db: db.all(SELECT_DELIVERY + _BROKEN_OFF, kind, limit), single=True)
        return [delivery_of(row) for row in rows]

    async def settle(
        self, delivery_id: str, status: DeliveryStatus, *, next_at: str | None = None, error: str | None = None
    ) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = """UPDATE deliveries SET status = $1, next_at = coalesce($2, next_at), last_error = $3
            WHERE id = $4 AND status = 'sending'"""
        return await self._database.write(lambda db: db.change(sql, status, next_at, error, delivery_id)) > 0

    async def redeliver(self, delivery_id: str, now: str) -> bool:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = f"UPDATE deliveries SET status = 'pending', attempts = 0, next_at = $1 WHERE id = $2 AND NOT {_OPEN}"  # noqa: S608
        again = await self._database.write(lambda db: db.change(sql, now, delivery_id)) > 0
        if again:
            self.kept(get_args(DeliveryKind))
        return again

    async def drop(self, kind: DeliveryKind, target: str) -> int:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        sql = "DELETE FROM deliveries WHERE kind = $1 AND target = $2"
        return await self._database.write(lambda db: db.change(sql, kind, target))

    async def find(self, delivery_id: str) -> Delivery | None:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        row = await self._database.read(lambda db: db.one(SELECT_DELIVERY + "WHERE id = $1", delivery_id), single=True)
        return delivery_of(row) if row is not None else None

    async def list(self, query: DeliveryQuery) -> tuple[list[Delivery], str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        where = Where()
        for name in ("kind", "target", "lane", "status"):
            where.given(f"{name} = ?", getattr(query, name))
        if query.cursor is not None:
            where.add("number < ?", cursor_read(query.cursor, int))
        sql = f"{SELECT_DELIVERY}{where} ORDER BY number DESC LIMIT {where.value(query.limit + 1)}"
        rows = await self._database.read(lambda db: db.all(sql, *where.values), single=True)
        page = rows[: query.limit]
        return [delivery_of(row) for row in page], written_cursor(page[-1][0]) if len(rows) > len(page) else None

    async def count(self, kind: DeliveryKind, target: str | None = None) -> dict[DeliveryStatus, int]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        where = Where()
        where.add("kind = ?", kind)
        where.given("target = ?", target)
        sql = f"SELECT status, count(*) FROM deliveries{where} GROUP BY status"  # noqa: S608
        rows = await self._database.read(lambda db: db.all(sql, *where.values), single=True)
        return {row[0]: row[1] for row in rows}

    async def prune(self, before: str) -> int:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        return await self._database.write(lambda db: _prune(db, before))


async def _claim(
    db: Transaction, kind: DeliveryKind, now: str, limit: int, per_target: int
) -> tuple[list[Delivery], str | None]:
    found: list[tuple[int, list[tuple[int, str]]]] = []
    for target, sending in await db.all(_TARGETS, kind):
        if sending < per_target:
            waiting = await db.all(_LOOSE, kind, target, per_target) + await db.all(_HEADS, kind, target)
            found.append((sending, [(number, next_at) for number, next_at in waiting]))
    taken, coming = due(found, now, limit, per_target)
    if not taken:
        return [], coming
    mine = [row[0] for row in await db.changing(_TAKE, taken, db.node)]
    rows = await db.all(SELECT_DELIVERY + "WHERE number = ANY($1)", mine)
    deliveries = {row[0]: delivery_of(row) for row in rows}
    return [deliveries[number] for number in taken if number in deliveries], coming


async def _prune(db: Transaction, before: str) -> int:
    await db.change("DELETE FROM claims WHERE at < $1", before)
    return await db.change(f"DELETE FROM deliveries WHERE created_at < $1 AND NOT ({_OPEN})", before)  # noqa: S608
