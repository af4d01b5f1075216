"""A real Redis or Valkey, started once for all tests of a process, on a port of its own."""

from __future__ import annotations

import atexit
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import pytest

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
MISSING = "Redis is not installed: apt install redis-server"
INSTALLED = pytest.mark.skipif(PROGRAM is None, reason=MISSING)
_NUMBERS = count(1)


class Server:
    """A server that can be stopped, started again, and frozen."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How it is reached."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Its process, while it runs."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        assert PROGRAM is not None
        log = (self._folder / "redis.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                (PROGRAM, *options, "--dir", str(self._folder)), stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 30
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Redis does not start: {Path(log.name).read_text()[-2000:]}")

    def command(self, *words: str) -> bytes:
        """What it answers to a command, as it writes it: `+PONG`."""
        parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.sendall(f"*{len(words)}\r\n{parts}".encode())
            return connection.recv(65536)

    def answers(self) -> bool:
        """Whether it takes commands."""
        try:
            return self.command("PING").startswith(b"+PONG")
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it at once, and lose all it holds."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def freeze(self) -> None:
        """Have it do nothing: its connections stay, and nothing comes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def server() -> Generator[Server]:
    """A server of one's own."""
    if PROGRAM is None:
        pytest.skip(MISSING)
    with tempfile.TemporaryDirectory(prefix="openclaw-redis-", ignore_cleanup_errors=True) as name:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        made = Server(Path(name), port)
        try:
            made.start()
            yield made
        finally:
            made.stop()


@cache
def shared() -> Server:
    """The server that all tests of this process share; it ends with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(server())


def prefix() -> str:
    """A prefix that no other test of this process uses."""
    return f"test-{next(_NUMBERS)}"
