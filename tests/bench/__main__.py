"""`python -m tests.bench [NAME …]`: prints every figure with the limit beside it; exit 1 where one is over.

`--against PATH` measures another checkout of the gateway beside this one, in turns, and nothing else.

Time is shown twice: as it was taken, and as it would be at the speed at which the limits were set, which an echo tells
before and after each part. The second figure is held against the limit.
"""

import argparse
import asyncio
import importlib
import sys
from pathlib import Path

import uvloop

from tests.bench import against
from tests.bench.measure import Build, Row
from tests.bench.yardstick import ECHO_US, slowness

PARTS = ("start", "ws", "fan", "memory", "http", "agent", "skills", "channels", "openclaw", "clients", "dashboard")
PARTS += ("budgets", "storage", "million", "cluster")


def shown(row: Row, slow: float) -> str:
    """A figure as a line."""
    there = row.at_speed(slow)
    bound = "" if row.limit is None else f"{'at least' if row.least else 'at most'} {row.limit:g}"
    verdict = "" if row.limit is None else "ok" if there.holds else "OVER"
    scaled = f"{there.value:>12.2f}" if row.timed else " " * 12
    return f"{row.name:<52} {row.value:>12.2f} {scaled} {row.unit:<4} {bound:<16} {verdict}"


async def main(names: list[str], other: Build | None) -> int:
    """Measure the parts that were named, or all; where there is another build, this one beside it."""
    over = 0
    before = await slowness()
    for name in ["against"] if other else names or PARTS:
        rows = await (against.measure(other) if other else importlib.import_module(f"tests.bench.{name}").measure())
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
        parser = argparse.ArgumentParser()
        parser.add_argument("names", nargs="*", choices=[*PARTS, []], metavar="NAME")
        parser.add_argument("--against", type=Path, metavar="PATH")
        asked = parser.parse_args()
        sys.exit(runner.run(main(asked.names, Build.at(asked.against) if asked.against else None)))
