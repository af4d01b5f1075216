"""Commands run for real, in bubblewrap where it works here, and in nothing."""

import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw_rpc.adapters.commands import LocalRunner
from openclaw_rpc.adapters.commands.bubblewrap import LEVELS, arguments
from openclaw_rpc.domain.background import Background
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.commands import CommandLimits, Commands, CommandSettings, Job
from openclaw_rpc.protocol.command import CommandExecuteParams, CommandResult
from tests.support.tools import Lines
from tests.support.workspace import workspaces

SANDBOXES = ("bubblewrap", "none")
MIB = 1024 * 1024
SMALL = CommandLimits(memory_bytes=256 * MIB, processes=40, file_bytes=4 * MIB, output_bytes=64 * 1024)


@functools.cache
def no_bubblewrap() -> str | None:
    """Why commands can't be run in bubblewrap here; None where they can."""
    program = shutil.which("bwrap")
    if program is None:
        return "bwrap is not installed"
    job = Job(argv=("/bin/sh", "-c", ":"), cwd="/")
    said = ""
    for level in range(len(LEVELS)):
        done = subprocess.run(arguments(program, job, level=level), capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return None
        said = done.stderr.strip()
    return f"bwrap does not work here: {said}"


def need(sandbox: str) -> None:
    """Skip a test whose sandbox can't be had here."""
    if sandbox == "bubblewrap" and (why := no_bubblewrap()) is not None:
        print(why)
        pytest.skip(why)


class Shell:
    """A workspace, and commands that are run in it."""

    def __init__(
        self, root: Path, sandbox: str, *, find: Callable[[str], str | None] = shutil.which, **settings: Any
    ) -> None:
        need(sandbox)
        (root / "workspace").mkdir(exist_ok=True)
        self.home = root / "workspace"
        self.log = Lines()
        self.settings = CommandSettings(sandbox=sandbox, **{"command_limits": SMALL, **settings})  # type: ignore[arg-type]
        self.runner = LocalRunner(lambda: self.settings, self.log, hidden=[root], find=find)
        self.commands = Commands(self.runner, workspaces(root), lambda: self.settings, bash=shutil.which("bash"))
        self.background = Background(self.commands, lambda: self.settings, SystemClock(), self.log)

    async def __call__(
        self, line: str, on_output: Callable[[Any, str], None] | None = None, *, user: str = "owner", **params: Any
    ) -> CommandResult:
        with anyio.fail_after(20):
            return await self.commands.execute(user, CommandExecuteParams(command=line, **params), on_output)


def alive(marker: str) -> list[int]:
    """The processes in whose command line, of one word, the marker stands, zombies left out."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if marker.encode() in words:
                found.append(int(entry.name))
    return found


async def gone(marker: str, seconds: float = 5.0) -> None:
    """Wait until none of those is left."""
    with anyio.fail_after(seconds):
        while alive(marker):  # noqa: ASYNC110
            await anyio.sleep(0.005)


async def there(marker: str, seconds: float = 10.0) -> None:
    """Wait until there is one."""
    with anyio.fail_after(seconds):
        while not alive(marker):  # noqa: ASYNC110
            await anyio.sleep(0.005)


async def end(marker: str) -> None:
    """Kill all of those. One that is just becoming another program shows no command line for a moment."""
    with anyio.fail_after(10):
        await there(marker)
        while found := alive(marker):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await anyio.sleep(0.02)
