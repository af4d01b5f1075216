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


class Progress:
    """How far a move is: ``told`` is called with what is being done, how many rows are done, and of how many."""

    def __init__(self, told: Callable[[str, int, int], None], rows: int) -> None:
        self._told = told
        self._done, self._rows = 0, rows

    def add(self, what: str, rows: int) -> None:
        """So many rows more."""
        self._done += rows
        self._told(what, self._done, max(self._done, self._rows))


async def move(
    source: Side, target: Side, told: Callable[[str, int, int], None], *, tables: Sequence[Table] = TABLES
) -> list[Moved]:
    """Copy everything, and compare. ``told`` is called with what is done, how many rows are done, and of how many.

    Raises:
        StorageUnusable: the target holds something else, or a row of it differs; the message names table and row.
    """
    mark = await target.marked()
    if mark is None:
        if any([await target.count(table) for table in tables]):
            return await compare(source, target, told, tables=tables)
        await target.mark(source.identity)
    elif mark != source.identity:
        raise StorageUnusable(f"The target holds an unfinished move from {mark}. Finish that, or name an empty one.")
    progress = Progress(told, 2 * await _rows(source, tables))
    for table in tables:
        what = f"copying {table.name}"
        last = await target.last(table)
        progress.add(what, await target.count(table))
        while rows := await source.rows(table, last, BATCH):
            await target.put(table, rows)
            last = rows[-1][: table.key]
            progress.add(what, len(rows))
    moved = [await _compared(source, target, table, progress) for table in tables]
    await target.mark(None)
    return moved


async def compare(
    source: Side, target: Side, told: Callable[[str, int, int], None], *, tables: Sequence[Table] = TABLES
) -> list[Moved]:
    """Look at every row of both sides; ``told`` as for `move`.

    Raises:
        StorageUnusable: they differ; the message names the table and the first row that does.
    """
    progress = Progress(told, await _rows(source, tables))
    return [await _compared(source, target, table, progress) for table in tables]


async def _rows(source: Side, tables: Sequence[Table]) -> int:
    return sum([await source.count(table) for table in tables])


async def _compared(source: Side, target: Side, table: Table, progress: Progress) -> Moved:
    count, total = 0, 0
    theirs = _every(target, table)
    async for row in _every(source, table):
        other = await anext(theirs, None)
        if other != row:
            raise _differs(table, row if other is None else min(row, other, key=lambda one: one[: table.key]))
        count, total = count + 1, (total + digest(row)) % 2**64
        if count % BATCH == 0:
            progress.add(f"comparing {table.name}", BATCH)
    progress.add(f"comparing {table.name}", count % BATCH)
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
