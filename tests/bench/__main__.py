"""`python -m tests.bench [NAME …]`: prints every figure with the limit beside it; exit 1 where one is over.

Time is shown twice: as it was taken, and as it would be at the speed at which the limits were set, which an echo tells
before and after each part. The second figure is held against the limit.
"""

import asyncio
import importlib
import sys

import uvloop

from tests.bench.measure import Row
from tests.bench.yardstick import ECHO_US, slowness

PARTS = ("start", "ws", "http", "agent", "clients", "dashboard")


def shown(row: Row, slow: float) -> str:
    """A figure as a line."""
    there = row.at_speed(slow)
    bound = "" if row.limit is None else f"{'at least' if row.least else 'at most'} {row.limit:g}"
    verdict = "" if row.limit is None else "ok" if there.holds else "OVER"
    scaled = f"{there.value:>12.2f}" if row.timed else " " * 12
    return f"{row.name:<48} {row.value:>12.2f} {scaled} {row.unit:<4} {bound:<16} {verdict}"


async def main(names: list[str]) -> int:
    """Measure the parts that were named, or all."""
    over = 0
    before = await slowness()
    for name in names or PARTS:
        rows = await importlib.import_module(f"tests.bench.{name}").measure()
        after = await slowness()
        slow, before = (before + after) / 2, after
        print(
            f"{name}: an echo costs {slow * ECHO_US:.0f} us here; {ECHO_US:.0f} where the limits were set", flush=True
        )
        for row in rows:
            print(shown(row, slow), flush=True)
            over += not row.at_speed(slow).holds
    return 1 if over else 0


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(sys.argv[1:])))
