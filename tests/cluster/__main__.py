"""`python -m tests.cluster`: three nodes under faults, 200 clients, and a look whether anything was lost."""

import argparse
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import anyio

from tests.cluster.campaign import FAULTS, campaign

HEALED_SECONDS = 3.0
"""How long a stream may stand still once the engine or the node is there again, or the node taken for dead."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--streams", type=int, default=200, help="clients, two to a session (200)")
    parser.add_argument("--faults", type=int, default=30, help="how many, of each kind in turn (30)")
    parser.add_argument("--only", choices=FAULTS, help="faults of one kind alone")
    parser.add_argument("--seed", type=int, help="for the same faults again")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    kinds = FAULTS if options.only is None else (options.only,)
    faults = [kinds[at % len(kinds)] for at in range(options.faults)]
    random.Random(seed).shuffle(faults)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="openclaw-cluster-") as home:
        work = partial(campaign, Path(home), seed, nodes=options.nodes, streams=options.streams, faults=faults)
        found = anyio.run(work)
    did = ", ".join(f"{times} {what}" for what, times in sorted(found.done.items()))
    ends = ", ".join(f"{times} {status}" for status, times in sorted(found.ends.items()))
    print(f"{options.nodes} nodes, {options.streams} streams, {time.monotonic() - began:.0f} s (seed {seed}): {did}")
    print(
        f"{len(found.asked)} runs acknowledged ({ends}); the longest silence of a stream {found.silence:.1f} s, "
        f"of which {found.healing:.1f} s after the fault was over (at most {HEALED_SECONDS:g})"
    )
    if found.healing > HEALED_SECONDS:
        found.faults.append(f"a stream stood still for {found.healing:.1f} s")
    for error, times in found.errors.most_common():
        print(f"{times} ended in an error: {error}")
    for said, times in found.refused.most_common():
        print(f"{times} times a node did not start at once: {said}")
    for fault in found.faults:
        print("FAULT", fault)
    print("nothing was lost, twice or out of order" if not found.faults else f"{len(found.faults)} faults")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
