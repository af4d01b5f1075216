"""What a turn, a resume and a page of the list cost where a user has a million sessions, beside a thousand."""

from __future__ import annotations

from typing import Final

from tests.bench.measure import Row
from tests.bench.storage import AT_ONCE, FEW, costs, page, resume, storages, turn

MANY: Final = 1_000_000
ACTS: Final = (("a turn", turn, 1.2), ("a resume", resume, 1.2), ("a page of the list", page, 1.3))


async def measure() -> list[Row]:
    """Each act, on each engine that is installed."""
    rows: list[Row] = []
    async with storages(FEW, MANY) as there:
        for name, act, limit in ACTS:
            told = await costs(there, act, AT_ONCE)
            for engine in dict.fromkeys(engine for engine, _ in told):
                few, many = (sum(told[engine, count]) for count in (FEW, MANY))
                rows.append(Row(f"{name}, {FEW} sessions ({engine})", few, "ms"))
                rows.append(Row(f"{name}, {MANY} sessions / {FEW} ({engine})", many / few, "x", limit))
    return rows
