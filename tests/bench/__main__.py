"""`python -m tests.bench [NAME …]`: prints every figure with the limit beside it; exit 1 where one is over."""

import asyncio
import importlib
import sys

import uvloop

from tests.bench.measure import Row

PARTS = ("start", "ws", "http", "agent")


def shown(row: Row) -> str:
    """A figure as a line."""
    bound = "" if row.limit is None else f"{'at least' if row.least else 'at most'} {row.limit:g}"
    verdict = "" if row.limit is None else "ok" if row.holds else "OVER"
    return f"{row.name:<48} {row.value:>12.2f} {row.unit:<4} {bound:<16} {verdict}"


async def main(names: list[str]) -> int:
    """Measure the parts that were named, or all."""
    over = 0
    for name in names or PARTS:
        for row in await importlib.import_module(f"tests.bench.{name}").measure():
            print(shown(row), flush=True)
            over += not row.holds
    return 1 if over else 0


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(sys.argv[1:])))
