"""`python -m tests.crash --kills 200`: kill a gateway while it works, and look whether it lost anything."""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import anyio

from tests.crash.kills import kill


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how often (200)")
    parser.add_argument("--seed", type=int, help="for the same kills again")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="openclaw-crash-") as home:
        found = anyio.run(kill, options.kills, Path(home), seed)
        errors = Path(home, "stderr.txt").read_text()
    took = time.monotonic() - began
    ends = ", ".join(f"{count} {status}" for status, count in sorted(found.ends.items()))
    print(f"{found.kills} kills in {took:.0f} s (seed {seed})")
    print(f"{found.accepted} runs accepted ({ends}), {found.unanswered} killed before their answer")
    for fault in found.faults:
        print("FAULT", fault)
    if "Traceback" in errors:
        print("FAULT", errors[-4000:])
    print("nothing acknowledged was lost" if not found.faults else f"{len(found.faults)} faults")
    return 1 if found.faults or "Traceback" in errors else 0


if __name__ == "__main__":
    sys.exit(main())
