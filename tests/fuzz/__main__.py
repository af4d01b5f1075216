"""`python -m tests.fuzz --cases 100000`: hostile input, and whether the gateway bears it."""

import argparse
import random
import sys
import time

import anyio

from tests.fuzz.frames import Fuzzed, fuzz
from tests.support.gateway import gateway, settings


async def over_websocket(cases: int, seed: int) -> Fuzzed:
    """Frames against a gateway whose offline agent answers."""
    async with gateway(settings()) as served:
        return await fuzz(served, cases, seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="how many inputs (10000)")
    parser.add_argument("--seed", type=int, help="for the same inputs again")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    began = time.monotonic()
    found = anyio.run(over_websocket, options.cases, seed)
    print(f"websocket: {found.cases} frames in {time.monotonic() - began:.0f} s (seed {seed})")
    print("  answers:", ", ".join(f"{count} {code}" for code, count in sorted(found.codes.items())))
    print("  closed:", ", ".join(f"{count} with {code}" for code, count in sorted(found.closed.items())) or "never")
    for fault in found.faults:
        print("FAULT", fault[:2000])
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
