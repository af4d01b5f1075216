"""Runs jobs as processes of this machine."""

import errno
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import anyio
import msgspec

from openclaw_rpc.adapters.commands.bubblewrap import LEVELS, OUTER_PROCESSES, arguments
from openclaw_rpc.adapters.commands.running import Running
from openclaw_rpc.domain.commands import CommandOutcome, CommandSettings, Job, OnOutput, Sandbox, environment
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound, Unavailable

KEEPER: Final = Path(__file__).with_name("keeper.py")
GRACE_SECONDS: Final = 0.15
PROBE_SECONDS: Final = 10.0
MAX_RUNNING: Final = 16
CPU_SLACK: Final = 5


class Wrapping(msgspec.Struct, frozen=True):
    """How jobs are wrapped here: by which program and in which of its levels; none where ``program`` is empty."""

    sandbox: Sandbox
    program: str = ""
    level: int = 0


class LocalRunner:
    """Runs jobs, in bubblewrap where the settings and the machine say so."""

    def __init__(
        self,
        settings: Callable[[], CommandSettings],
        log: Log,
        *,
        hidden: Sequence[Path] = (),
        grace: float = GRACE_SECONDS,
        max_running: int = MAX_RUNNING,
        find: Callable[[str], str | None] = shutil.which,
    ) -> None:
        """What runs jobs.

        Args:
            settings: What holds at the moment.
            log: Where it says what jobs run in.
            hidden: The gateway's own folders, which no job in a sandbox sees but for its mounts.
            grace: Seconds between asking a job to end and ending it.
            max_running: Jobs at a time; more wait.
            find: Finds programs.
        """
        self._settings = settings
        self._log = log
        self._hidden = [str(path) for path in hidden]
        self._grace = grace
        self._slots = anyio.Semaphore(max_running)
        self._find = find
        self._lock = anyio.Lock()
        self._known: dict[str, Wrapping] = {}

    async def sandbox(self) -> Sandbox:
        """What jobs run in; found out at first use.

        Raises:
            Unavailable: the settings ask for bubblewrap, and it does not work here.
        """
        return (await self._wrapping()).sandbox

    async def run(self, job: Job, on_output: OnOutput | None = None) -> CommandOutcome:
        """Run a job to its end or to a limit; see `domain.commands.CommandRunner`."""
        if os.name != "posix":
            raise Unavailable("commands need Linux, macOS or another Unix", reason="system")
        wrapping = await self._wrapping()
        if job.background:
            return await self._run(job, wrapping, on_output)
        async with self._slots:
            return await self._run(job, wrapping, on_output)

    async def _run(self, job: Job, wrapping: Wrapping, on_output: OnOutput | None) -> CommandOutcome:
        began = time.monotonic()
        keeper = (sys.executable, "-I", "-S", str(KEEPER))
        try:
            running = Running(keeper, job, self._grace, on_output)
        except OSError as error:
            raise Unavailable(f"nothing more can be started: {error.strerror}", reason="system") from None
        try:
            report = await running.finish(self._spec(job, wrapping))
        finally:
            await running.aclose()
        if report.failed is not None:
            raise _failure(report.failed, report.errno or 0, job)
        status = report.status
        code = -1 if running.stopped is not None or status is None else status if status >= 0 else 128 - status
        return CommandOutcome(
            exit_code=code,
            stdout=running.stdout.kept,
            stderr=running.stderr.kept,
            duration_ms=round((time.monotonic() - began) * 1000),
            truncated=running.stdout.cut or running.stderr.cut,
            stopped_by=running.stopped,
        )

    def _spec(self, job: Job, wrapping: Wrapping) -> bytes:
        """The keeper's message."""
        argv, outer = list(job.argv), 0
        if wrapping.program:
            argv, outer = self._wrapped(job, wrapping), OUTER_PROCESSES
        limits = job.limits
        cpu = int(job.timeout * (os.cpu_count() or 1)) + CPU_SLACK
        return msgspec.json.encode(
            {
                "argv": argv,
                "cwd": job.cwd,
                "env": job.env,
                "outer": outer,
                "grace": self._grace,
                "memory": limits.memory_bytes,
                "processes": limits.processes,
                "limits": {
                    "RLIMIT_DATA": limits.memory_bytes,
                    "RLIMIT_FSIZE": limits.file_bytes,
                    "RLIMIT_NOFILE": limits.open_files,
                    "RLIMIT_CPU": cpu,
                    "RLIMIT_CORE": 0,
                },
            }
        )

    def _wrapped(self, job: Job, wrapping: Wrapping) -> list[str]:
        readable = self._settings().command_readable
        return arguments(wrapping.program, job, level=wrapping.level, readable=readable, hidden=self._hidden)

    async def _wrapping(self) -> Wrapping:
        wanted = self._settings().sandbox
        if wanted == "none":
            return Wrapping(Sandbox(kind="none", reason="security.sandbox is none"))
        async with self._lock:
            known = self._known.get("bubblewrap")
            if known is None:
                # Given up in the middle of its start, it would be killed and not be waited for.
                with anyio.CancelScope(shield=True):
                    self._known["bubblewrap"] = await self._probe()
                known = self._known["bubblewrap"]
                if known.program:
                    self._log.info("commands run in bubblewrap", program=known.program)
                elif wanted == "auto":
                    self._log.warning("commands run without a sandbox", reason=known.sandbox.reason)
        if wanted == "bubblewrap" and not known.program:
            reason = known.sandbox.reason
            raise Unavailable(f"security.sandbox is bubblewrap, and {reason}", reason="no_sandbox")
        return known

    async def _probe(self) -> Wrapping:
        """Whether bubblewrap is installed and may make its namespaces here; a container often forbids it."""
        program = self._find("bwrap") if sys.platform == "linux" else None
        if program is None:
            return Wrapping(Sandbox(kind="none", reason="bwrap (bubblewrap) is not installed"))
        job = Job(argv=("/bin/sh", "-c", ":"), cwd="/")
        said = ""
        for level in range(len(LEVELS)):
            try:
                with anyio.fail_after(PROBE_SECONDS):
                    done = await anyio.run_process(
                        arguments(program, job, level=level), check=False, env=environment("/", {})
                    )
            except TimeoutError:
                said = "does not answer"
            except OSError as error:
                said = error.strerror or type(error).__name__
            else:
                if done.returncode == 0:
                    return Wrapping(Sandbox(kind="bubblewrap"), program, level)
                said = done.stderr.decode("utf-8", "replace").strip().removeprefix("bwrap: ")[:200]
        return Wrapping(Sandbox(kind="none", reason=f"{program} does not work here: {said}"))


def _failure(step: str, code: int, job: Job) -> Exception:
    if code == errno.E2BIG:
        return InvalidRequest("the command and its environment are too long", field="command", reason="too long")
    if step == "folder":
        return NotFound("the command's folder is not there", field="cwd", reason="not there")
    said = os.strerror(code) if code else "unknown"
    return NotFound(f"{job.argv[0]} can't be run: {said}", field="command", reason="program")
