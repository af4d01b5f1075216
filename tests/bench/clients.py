"""What the Python client costs who uses it: an event, beside one of openai's loop over the same text; an import."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from tests.bench.measure import TOKEN, TOP, Row, gateway, model_server

WORDS = 500
ROUNDS = 3


def cost(who: str, *arguments: str) -> float:
    """Seconds of CPU an event, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.loops", who, *arguments]
    done = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True, timeout=120)
    seconds, events = done.stdout.split()
    return float(seconds) / (1 if who == "import" else int(events))


async def measure() -> list[Row]:
    """The loops in turn, so that the machine's speed is the same for all."""
    found: dict[str, list[float]] = {"openai": [], "openclaw": [], "async": []}
    with model_server() as (_, upstream), gateway(upstream) as (_, port):
        for _ in range(ROUNDS):
            for who, costs in found.items():
                costs.append(cost(who, f"http://127.0.0.1:{port}", TOKEN, str(WORDS)))
    imports = median(cost("import") for _ in range(5))
    openai, waiting, awaited = (median(costs) * 1e6 for costs in found.values())
    return [
        Row("an event of openai's loop", openai, "us"),
        Row("an event of the client that waits", waiting, "us"),
        Row("an event of the client that is awaited", awaited, "us"),
        Row("an event that is waited for, of openai's", waiting / openai, "x", 0.5),
        Row("an event that is awaited, of openai's", awaited / openai, "x", 0.5),
        Row("import openclaw", imports * 1000, "ms", 120),
    ]
