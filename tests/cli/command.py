"""The real `openclaw`, run as a process, and a gateway that it started."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli import forked

SECONDS = 60


def program() -> list[str]:
    """The console script beside this Python; the module where the package is not installed."""
    script = Path(sys.executable).with_name("openclaw")
    return [str(script)] if script.exists() else [sys.executable, "-m", "openclaw_rpc.cli"]


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """Standard output as JSON, a value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Home:
    """A temporary OPENCLAW_HOME, and commands run in it."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """This process's environment without anything that would steer the command, and the home."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENCLAW_")}
        for name in ("NO_COLOR", "FORCE_COLOR"):
            kept.pop(name, None)
        return {**kept, "OPENCLAW_HOME": str(self.path), "PYTHONUNBUFFERED": "1", **self.env}

    def run(self, *words: str, stdin: str = "", env: dict[str, str] | None = None) -> Done:
        """Run `openclaw` to its end; with variables of its own in a process that was not there before."""
        environment = {**self.environment(), **(env or {})}
        if self.env or env or "COVERAGE_RUN" in environment:
            done = subprocess.run(
                [*program(), *words],
                check=False,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                env=environment,
            )
            ended = Done(done.returncode, done.stdout, done.stderr)
        else:
            ended = Done(*forked.run(words, stdin, environment, SECONDS))
        assert "Traceback" not in ended.err, ended.err
        return ended

    def start(self, *words: str, **more: Any) -> "subprocess.Popen[str]":
        """Start `openclaw` and leave it running."""
        return subprocess.Popen(
            [*program(), *words],
            stdin=more.pop("stdin", subprocess.DEVNULL),
            stdout=more.pop("stdout", subprocess.PIPE),
            stderr=more.pop("stderr", subprocess.PIPE),
            text=True,
            env=self.environment(),
            **more,
        )

    def configure(self, text: str) -> Path:
        """Write gateway.yaml."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.path / "gateway.yaml"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        return file


@dataclass
class Gateway:
    """A gateway in a process of its own."""

    home: Home
    port: int
    process: "subprocess.Popen[str]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *words: str, **more: Any) -> Done:
        return self.home.run(*words, **more)

    def stop(self) -> tuple[int, str, str]:
        """Stop it gracefully; its exit code and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, out, err


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def start_gateway(home: Home, *words: str, config: str = "", port: int | None = None) -> Gateway:
    """Write the configuration, start `openclaw gateway`, and return when it accepts connections."""
    port = port or free_port()
    home.configure(f"gateway:\n  port: {port}\n  shutdown_seconds: 1\n{config}")
    gateway = Gateway(home, port, home.start("gateway", *words))
    wait_until_open(gateway.process, port)
    return gateway


def wait_until_open(process: "subprocess.Popen[str]", port: int) -> None:
    """Return when the port is open; fail when the process ends before."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the gateway ended: {process.communicate()}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            # bounded, and shorter than what it waits for: the only sign is the open port
            time.sleep(0.02)
    raise AssertionError("the gateway did not open its port")


def plain(text: str) -> str:
    """Text without escape sequences."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
