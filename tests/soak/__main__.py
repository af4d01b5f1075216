"""`python -m tests.soak --minutes 30`: let a gateway work, and look whether what it takes levels off."""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

import anyio

from tests.soak.chart import chart
from tests.soak.levels import judged
from tests.soak.load import soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--clients", type=int, default=4, help="how many at a time (4)")
    parser.add_argument("--chart", type=Path, default=Path("soak.svg"), help="where the chart goes (soak.svg)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openclaw-soak-") as home:
        found = anyio.run(partial(soak, options.minutes * 60, options.clients, Path(home)))
        raised = "Traceback" in Path(home, "stderr.txt").read_text()
    options.chart.write_text(chart(found.samples))
    verdicts = judged(found.samples)
    print(f"{found.turns} turns, {found.sessions} sessions in {found.samples[-1].at:.0f} s; chart: {options.chart}")
    print(f"{'':12}{'middle third':>16}{'last third':>16}{'allowed':>16}")
    for one in verdicts:
        print(
            f"{one.name:12}{one.middle:>16,.0f}{one.last:>16,.0f}{one.allowed:>16,.0f}  {'ok' if one.ok else 'GROWS'}"
        )
    for fault in found.faults:
        print("FAULT", fault)
    if raised:
        print("FAULT the gateway wrote a traceback")
    return 0 if all(one.ok for one in verdicts) and not found.faults and not raised else 1


if __name__ == "__main__":
    sys.exit(main())
