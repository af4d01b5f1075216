"""How quickly the gateway is there, and what it takes at rest."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from tests.bench.measure import TOP, Process, Row, await_port, configuration, free_port

STARTS = 5
SETTLE_SECONDS = 1.5


async def measure() -> list[Row]:
    """Starts, one after the other, the last one's memory once it has settled.

    With the modules' bytecode at hand, as where the package was installed: a first start, which is not counted, leaves
    it behind.
    """
    seconds: list[float] = []
    resident = 0.0
    for _ in range(1 + STARTS):
        with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as home:
            port = free_port()
            Path(home, "gateway.yaml").write_text(yaml.safe_dump(configuration(port, 1)))
            env = {**os.environ, "OPENCLAW_HOME": home}
            env.pop("PYTHONDONTWRITEBYTECODE", None)
            popen = subprocess.Popen(
                [sys.executable, "-m", "openclaw_rpc", "gateway"], cwd=TOP, env=env, stdout=subprocess.DEVNULL
            )
            try:
                seconds.append(await_port(port, popen))
                time.sleep(SETTLE_SECONDS)
                resident = Process(popen).resident()
            finally:
                popen.terminate()
                popen.wait(20)
    return [
        Row("start to the open port", sorted(seconds[1:])[STARTS // 2], "s", 0.6),
        Row("memory at rest", resident / 1024, "MB", 60),
    ]
