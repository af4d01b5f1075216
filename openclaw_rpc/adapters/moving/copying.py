"""The move itself: table by table, in order of the keys, so that one that was interrupted goes on where it stopped."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

import msgspec

from openclaw_rpc.adapters.moving.tables import TABLES, Row, Side, Table, digest
from openclaw_rpc.domain.kept import StorageUnusable

BATCH: Final = 1_000


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A table that is the same on both sides: its rows, and the sum of their digests (64 bits, in hexadecimal)."""

    table: str
    rows: int
    checksum: str


async def move(
    source: Side, target: Side, told: Callable[[str, int], None], *, tables: Sequence[Table] = TABLES
) -> list[Moved]:
    """Copy everything, and compare. ``told`` is called with a table's name and how many of its rows are there.

    Raises:
        StorageUnusable: the target holds something else, or a row of it differs; the message names table and row.
    """
    mark = await target.marked()
    if mark is None:
        if any([await target.count(table) for table in tables]):
            return await compare(source, target, tables=tables)
        await target.mark(source.identity)
    elif mark != source.identity:
        raise StorageUnusable(f"The target holds an unfinished move from {mark}. Finish that, or name an empty one.")
    for table in tables:
        done, last = await target.count(table), await target.last(table)
        while rows := await source.rows(table, last, BATCH):
            await target.put(table, rows)
            done, last = done + len(rows), rows[-1][: table.key]
            told(table.name, done)
    moved = await compare(source, target, tables=tables)
    await target.mark(None)
    return moved


async def compare(source: Side, target: Side, *, tables: Sequence[Table] = TABLES) -> list[Moved]:
    """Look at every row of both sides.

    Raises:
        StorageUnusable: they differ; the message names the table and the first row that does.
    """
    return [await _compared(source, target, table) for table in tables]


async def _compared(source: Side, target: Side, table: Table) -> Moved:
    count, total = 0, 0
    theirs = _every(target, table)
    async for row in _every(source, table):
        other = await anext(theirs, None)
        if other != row:
            raise _differs(table, row if other is None else min(row, other, key=lambda one: one[: table.key]))
        count, total = count + 1, (total + digest(row)) % 2**64
    more = await anext(theirs, None)
    if more is not None:
        raise _differs(table, more)
    return Moved(table=table.name, rows=count, checksum=f"{total:016x}")


async def _every(side: Side, table: Table) -> AsyncGenerator[Row]:
    last: Row | None = None
    while rows := await side.rows(table, last, BATCH):
        for row in rows:
            yield row
        last = rows[-1][: table.key]


def _differs(table: Table, row: Row) -> StorageUnusable:
    key = ", ".join(f"{name} {value!r}" for name, value in zip(table.columns, row[: table.key], strict=False))
    return StorageUnusable(f"The target holds something else: table {table.name}, row with {key}.")
