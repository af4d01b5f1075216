"""What is to be sent to the outside, in the store's SQLite file."""

import sqlite3
from collections import defaultdict

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.store.reads import Where
from openclaw_rpc.adapters.store.rows import SELECT_DELIVERY, Row, delivery_of
from openclaw_rpc.adapters.store.rules import cursor_read, written_cursor
from openclaw_rpc.domain.events.change import Delivery, DeliveryKind, DeliveryStatus
from openclaw_rpc.domain.records import DeliveryQuery

_OPEN = "status IN ('pending', 'sending')"
_HEADS = f"""WITH RECURSIVE heads (number) AS (
    SELECT (SELECT number FROM deliveries WHERE kind = ?1 AND {_OPEN} ORDER BY target, lane, number LIMIT 1)
    UNION ALL
    SELECT (
        SELECT number FROM deliveries WHERE kind = ?1 AND {_OPEN} AND (target, lane) > (before.target, before.lane)
        ORDER BY target, lane, number LIMIT 1
    ) FROM heads JOIN deliveries AS before ON before.number = heads.number
) SELECT number, target, status, next_at FROM deliveries WHERE number IN (SELECT number FROM heads) ORDER BY next_at"""  # noqa: S608
"""The oldest open delivery of each lane, each found by one look into the index."""


class SqliteDeliveries:
    """The port `Deliveries` on a file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, kind: DeliveryKind, now: str, limit: int, *, per_target: int
    ) -> tuple[list[Delivery], str | None]:
        """See :class:`~openclaw_rpc.domain.ports.Deliveries`."""
        return await self._database.write(lambda db: _claim(db, kind, now, limit, per_target))

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
        return await self._database.write(lambda db: db.execute(sql, (now, delivery_id)).rowcount > 0)

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
    heads: list[Row] = db.execute(_HEADS, (kind,)).fetchall()
    sending: defaultdict[str, int] = defaultdict(int)
    for _, target, status, _ in heads:
        sending[target] += status == "sending"
    ranked: list[tuple[int, int]] = []
    for number, target, status, next_at in heads:
        if status == "pending" and next_at <= now and sending[target] < per_target:
            ranked.append((sending[target], number))
            sending[target] += 1
    # By the place in each target's own row first: targets take turns. The sort keeps the order of what is due.
    taken = [number for _, number in sorted(ranked, key=lambda one: one[0])][:limit]
    if not taken:
        coming = [next_at for _, _, status, next_at in heads if status == "pending" and next_at > now]
        return [], coming[0] if coming else None
    marks = ", ".join("?" * len(taken))
    db.execute(
        f"UPDATE deliveries SET status = 'sending', attempts = attempts + 1 WHERE number IN ({marks})",  # noqa: S608
        taken,
    )
    rows = db.execute(f"{SELECT_DELIVERY}WHERE number IN ({marks})", taken).fetchall()
    found = {row[0]: delivery_of(row) for row in rows}
    return [found[number] for number in taken], None


def _prune(db: sqlite3.Connection, before: str) -> int:
    db.execute("DELETE FROM claims WHERE at < ?", (before,))
    return db.execute(f"DELETE FROM deliveries WHERE created_at < ? AND NOT ({_OPEN})", (before,)).rowcount  # noqa: S608
