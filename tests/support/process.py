"""A gateway in a process of its own, that tests may kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import yaml
from anyio.streams.buffered import BufferedByteReceiveStream

TOP = Path(__file__).parent.parent.parent
START_SECONDS = 30


class GatewayProcess:
    """A process that listens at ``url``."""

    def __init__(self, process: anyio.abc.Process, url: str) -> None:
        self.url = url
        self.ws_url = url.replace("http", "ws", 1)
        self._process = process

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def kill(self) -> None:
        """End it as a loss of power would."""
        if self.runs:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    def send(self, what: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(what)

    def ask_to_stop(self) -> None:
        """Ask it to stop, and wait for nothing."""
        self._process.send_signal(signal.SIGTERM)

    async def terminate(self) -> int:
        """Ask it to stop: its exit code."""
        self.ask_to_stop()
        return await self.ended()

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        with anyio.fail_after(START_SECONDS):
            return await self._process.wait()


@asynccontextmanager
async def gateway_process(config: Mapping[str, Any], home: Path) -> AsyncGenerator[GatewayProcess]:
    """A gateway with that configuration and home, as a user starts it. It ends with the block, come what may."""
    path = home / "gateway.yaml"
    path.write_text(yaml.safe_dump(dict(config)))
    path.chmod(0o600)
    command = [sys.executable, "-m", "openclaw_rpc", "gateway", "--json", "--port", "0", "--with-parent"]
    env = {**os.environ, "OPENCLAW_HOME": str(home), "PYTHONPATH": str(TOP)}
    with (home / "stderr.txt").open("ab") as errors:
        process = await anyio.open_process(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=env, cwd=TOP
        )
    try:
        assert process.stdout is not None
        with anyio.fail_after(START_SECONDS):
            line = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 65536)
        yield GatewayProcess(process, json.loads(line)["url"])
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()
