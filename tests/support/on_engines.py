"""`openclaw` on PostgreSQL and Redis of its own: `python -m tests.support.on_engines gateway`, as others start it.

`gateway` starts both on free ports, writes where they are into the home's `gateway.yaml`, and ends them with itself.
Any other command is handed on: it finds them in that file while the gateway runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from tests.support import postgres, redis


def main(words: list[str]) -> int:
    """Run a command of `openclaw`: its exit code."""
    command = [sys.executable, "-m", "openclaw_rpc", *words]
    if words[:1] != ["gateway"]:
        return subprocess.run(command, check=False).returncode
    with postgres.server() as database, redis.server() as bus:
        path = Path(os.environ["OPENCLAW_HOME"], "gateway.yaml")
        settings = yaml.safe_load(path.read_text()) if path.exists() else {}
        path.write_text(yaml.safe_dump({**settings, "storage": {"url": database.url()}, "bus": {"url": bus.url}}))
        process = subprocess.Popen(command)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: process.send_signal(number))
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
