"""A gateway for as long as a command needs it: the running one, or one started as a child and stopped at the end."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import IO
from urllib.parse import urlsplit

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import Shared
from openclaw_rpc.cli.program import program
from openclaw_rpc.cli.target import GatewayTarget, find_target, is_given

START_SECONDS = 20.0
STOP_SECONDS = 15.0
PROBE_SECONDS = 2.0


@contextmanager
def some_gateway(options: Shared, note: Callable[[str], None]) -> Generator[GatewayTarget]:
    """Where to connect. Where nobody said so and nothing listens there, a gateway is started on a free port.

    Raises:
        CliError: it does not start.
    """
    target = find_target(options)
    if is_given(options) or listens(target.url):
        yield target
        return
    note("No gateway runs; one is started for the time being.")
    with _child(options) as port:
        # its token may have been made just now
        yield find_target(options, port=port)


def listens(url: str) -> bool:
    """Whether anything accepts connections at the address of a URL."""
    parts = urlsplit(url)
    try:
        address = (parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80))
        with socket.create_connection(address, timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def _child(options: Shared) -> Generator[int]:
    """A gateway in a process of its own, so that Ctrl-C is ours alone; it ends when its standard input does."""
    port = free_port()
    command = [sys.executable, "-m", "openclaw_rpc.cli", "gateway", "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--with-parent", "--typed-as", program()]
    if options.config is not None:
        command += ["--config", str(options.config)]
    apart = 0x200 if sys.platform == "win32" else 0  # CREATE_NEW_PROCESS_GROUP
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=sys.platform != "win32",
            creationflags=apart,
        )
        try:
            _until_open(child, port, said)
            yield port
        finally:
            _stop(child)


def _until_open(child: "subprocess.Popen[bytes]", port: int, said: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not listens(f"http://127.0.0.1:{port}"):
        if child.poll() is not None:
            said.seek(0)
            lines = [line.strip() for line in said.read().decode(errors="replace").splitlines() if line.strip()]
            first = (lines or [f"it ended with exit code {child.returncode}"])[0].removeprefix("error: ")
            raise CliError(f"The gateway did not start: {first}", hint="\n  ".join(lines[1:]) or None)
        if time.monotonic() > deadline:
            raise CliError(f"The gateway did not start within {START_SECONDS:g} s.", hint="openclaw doctor says why.")
        time.sleep(0.03)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    """Let it end gracefully; what was under way is on disk in any case."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
