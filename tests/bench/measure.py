"""Processes under measurement: started, asked for their CPU time and memory, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

TOKEN = "bench-token-0123456789"
TOP = Path(__file__).resolve().parents[2]
START_SECONDS = 20


class Build(NamedTuple):
    """A checkout of the gateway, and the Python that has what it needs."""

    top: Path
    python: str

    @classmethod
    def at(cls, path: Path) -> Build:
        """A checkout elsewhere, with its own `.venv`."""
        return cls(path.resolve(), str(path.resolve() / ".venv" / "bin" / "python"))


OURS = Build(TOP, sys.executable)


class Row(NamedTuple):
    """A figure, and what it must not exceed (or, with ``least``, fall below).

    ``slowness`` is the machine's while it was taken, where that was told right beside it.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    least: bool = False
    slowness: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure is within its limit."""
        return self.limit is None or (self.value >= self.limit if self.least else self.value <= self.limit)

    @property
    def timed(self) -> bool:
        """Whether it is time, which a slow machine has more of."""
        return self.unit in ("s", "ms", "us")

    def at_speed(self, slowness: float) -> Row:
        """The same on a machine that is so many times as fast."""
        return self._replace(value=self.value / (self.slowness or slowness)) if self.timed else self


class Process:
    """A process, by its id."""

    def __init__(self, popen: subprocess.Popen[bytes], started: float = 0.0) -> None:
        self.popen = popen
        self.started = started
        """How many seconds it took until its port was open."""
        self.pid = popen.pid

    def cpu(self) -> float:
        """Seconds of CPU that all its threads have had."""
        tasks = Path(f"/proc/{self.pid}/task")
        total = 0
        for task in tasks.iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self) -> float:
        """Proportional set size, in KiB: its own pages, and its share of those that others use too."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1])
        raise AssertionError("the kernel tells no Pss")

    def resident(self) -> float:
        """Resident set size, in KiB."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """The greatest resident set size since `forget_peak`, in KiB."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        """Begin to look for the greatest size anew (proc(5), clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return float(line.split()[1])
        raise AssertionError(f"the kernel tells no {name}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def await_port(port: int, popen: subprocess.Popen[bytes]) -> float:
    """Wait until a port is open; the seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS:
        if popen.poll() is not None:
            raise AssertionError(f"the process ended with {popen.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return time.monotonic() - began
        time.sleep(0.002)
    raise AssertionError("the port did not open")


@contextlib.contextmanager
def running(*command: str, port: int, env: dict[str, str] | None = None, build: Build = OURS) -> Generator[Process]:
    """A process that listens on a port, ended afterwards."""
    popen = subprocess.Popen(
        [build.python, *command], cwd=build.top, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL
    )
    try:
        yield Process(popen, await_port(port, popen))
    finally:
        popen.send_signal(signal.SIGTERM)
        try:
            popen.wait(20)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()


def configuration(port: int, upstream: int | None) -> dict[str, Any]:
    """A gateway without limits that would be in the way."""
    plenty = {f"{kind}_per_minute": 10**9 for kind in ("requests", "messages", "skills", "files")}
    chosen: dict[str, Any] = {
        "gateway": {
            "port": port,
            "heartbeat_seconds": 3600,
            "auth": {"token": TOKEN},
            "rate_limit": plenty,
            "max_connections": 100_000,
            "max_connections_per_principal": 100_000,
        },
        "runs": {"max_running": 1000, "max_queued": 1000},
        "logging": {"level": "info"},
        "outbound": {"allow_private_hosts": ["127.0.0.1"]},
    }
    if upstream is not None:
        base_url = f"http://127.0.0.1:{upstream}/v1"
        chosen["providers"] = {
            "primary": {
                "type": "openai-compatible", "model": "scripted", "base_url": base_url, "api_key": "sk-bench",
            }
        }  # fmt: skip
    return chosen


@contextlib.contextmanager
def gateway(upstream: int | None = None, build: Build = OURS) -> Generator[tuple[Process, int]]:
    """A gateway in a process of its own: the process, and its port."""
    with tempfile.TemporaryDirectory(prefix="openclaw-bench-") as home:
        port = free_port()
        path = Path(home, "gateway.yaml")
        path.write_text(yaml.safe_dump(configuration(port, upstream)))
        path.chmod(0o600)
        with running("-m", "openclaw_rpc", "gateway", port=port, env={"OPENCLAW_HOME": home}, build=build) as process:
            yield process, port


@contextlib.contextmanager
def model_server() -> Generator[tuple[Process, int]]:
    """The scripted model server in a process of its own."""
    port = free_port()
    with running("-m", "tests.support.upstream", "--port", str(port), port=port) as process:
        yield process, port
