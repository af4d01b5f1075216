"""`python -m tests.crash --kills 200`: kill a gateway while it works, and look whether it lost anything."""

import argparse
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import anyio

from tests.crash.deliveries import kill_deliveries
from tests.crash.kills import kill

WEBHOOKS, MESSAGES = 1000, 200


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how often while runs stream (200)")
    parser.add_argument("--delivery-kills", type=int, default=20, help="how often while things are sent (20)")
    parser.add_argument("--seed", type=int, help="for the same kills again")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    faults = [*_runs(options.kills, seed), *_deliveries(options.delivery_kills, seed)]
    for fault in faults:
        print("FAULT", fault)
    print("nothing acknowledged was lost" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


def _runs(kills: int, seed: int) -> list[str]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="openclaw-crash-") as home:
        found = anyio.run(kill, kills, Path(home), seed)
        raised = _raised(home)
    ends = ", ".join(f"{count} {status}" for status, count in sorted(found.ends.items()))
    print(f"{found.kills} kills in {time.monotonic() - began:.0f} s (seed {seed})")
    print(f"{found.accepted} runs accepted ({ends}), {found.unanswered} killed before their answer")
    return found.faults + raised


def _deliveries(kills: int, seed: int) -> list[str]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="openclaw-crash-") as home:
        work = partial(kill_deliveries, kills, Path(home), seed, webhooks=WEBHOOKS, messages=MESSAGES)
        found = anyio.run(work)
        raised = _raised(home)
    print(f"{found.kills} kills in {time.monotonic() - began:.0f} s while things were sent")
    print(
        f"{found.webhooks} calls of webhooks taken; {found.sent} messages sent and {found.inbound} answered, "
        f"of {found.unknown} it is not known; {found.times} times of a task"
    )
    return found.faults + raised


def _raised(home: str) -> list[str]:
    errors = Path(home, "stderr.txt").read_text()
    return [errors[-4000:]] if "Traceback" in errors else []


if __name__ == "__main__":
    sys.exit(main())
