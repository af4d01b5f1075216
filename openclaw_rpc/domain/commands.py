"""Commands: which may be run, in what bounds, and the port that runs them."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, Literal, Protocol

import msgspec
from msgspec import Meta

from openclaw_rpc.domain.files import Workspaces, within
from openclaw_rpc.domain.shell import read_line
from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.protocol.command import (
    CommandExecuteParams,
    CommandResult,
    CommandStartParams,
    OutputStream,
    StopReason,
)
from openclaw_rpc.protocol.errors import Forbidden

MIB: Final = 1024 * 1024
SHELL: Final = "/bin/sh"
"""What runs a line where bash is not installed, and where lists say which programs may be named: the lists are read
as a plain shell reads lines, and bash knows more ways to name one.
"""
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HARMLESS_VARIABLES: Final = re.compile(r"LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CI|DEBUG")
"""What a caller may set while an allow list holds: any other may be a way to have a program start another."""
STOPPED_CODE: Final = -1

CommandPattern = Annotated[str, Meta(min_length=1, max_length=200)]
OnOutput = Callable[[OutputStream, str], None]


class CommandRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which programs commands may name: globs (`git`, `python*`) for the first word of each simple command.

    Lists of names do not make a sandbox: whoever may run `sh`, `env`, `find` or `python` may run everything. With
    `allow`, lines that can't be read for certain (substitutions, variables as commands, here-documents) are refused.
    """

    allow: Annotated[list[CommandPattern], Meta(max_length=1000, description="Only these; all where it is empty.")] = []
    deny: Annotated[list[CommandPattern], Meta(max_length=1000, description="Not these, by name or by path.")] = []
    env: Annotated[
        list[CommandPattern],
        Meta(max_length=1000, description="With `allow`: variables that callers may set, besides language and such."),
    ] = []


class CommandLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a command may use, all its processes together where not said otherwise."""

    memory_bytes: Annotated[int, Meta(ge=16 * MIB, le=2**50, description="Memory, in bytes.")] = 2048 * MIB
    processes: Annotated[int, Meta(ge=1, le=100_000, description="Processes at a time.")] = 256
    file_bytes: Annotated[int, Meta(ge=4096, le=2**50, description="The largest file it may write, in bytes.")] = (
        1024 * MIB
    )
    open_files: Annotated[int, Meta(ge=16, le=1_000_000, description="Files open in one process.")] = 1024
    output_bytes: Annotated[int, Meta(ge=1024, le=256 * MIB, description="Kept of stdout and of stderr, each.")] = MIB
    background: Annotated[
        int, Meta(ge=0, le=1000, description="A user's commands that go on in the background at a time.")
    ] = 16


class CommandSettings(SecurityPolicy, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How commands are run: what `security` says beside its policies."""

    sandbox: Annotated[
        Literal["auto", "bubblewrap", "none"],
        Meta(description="What commands run in; `auto` is bubblewrap where it is installed and works."),
    ] = "auto"
    command_network: Annotated[bool, Meta(description="Whether commands in the sandbox reach the network.")] = False
    command_readable: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=4096, pattern=r"^/")]],
        Meta(max_length=100, description="Folders that commands in the sandbox may read, besides the system's."),
    ] = []
    commands: Annotated[CommandRules, Meta(description="Which programs commands may name.")] = CommandRules()
    command_limits: Annotated[CommandLimits, Meta(description="What a command may use.")] = CommandLimits()


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that a job sees, at its own absolute path. What is no mount of it, it doesn't see in a sandbox."""

    path: str
    writable: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A program to run: ``argv`` as a list, ``cwd`` absolute and in one of ``mounts``, ``env`` all it gets.

    ``timeout`` in seconds. Without a sandbox ``mounts`` and ``network`` bind nobody. What one in the ``background``
    writes is heard and not kept, and never ends it; others don't wait for their turn because of it.
    """

    argv: Sequence[str]
    cwd: str
    env: Mapping[str, str] = {}
    stdin: bytes = b""
    timeout: float = 30.0
    limits: CommandLimits = CommandLimits()
    network: bool = False
    mounts: Sequence[Mount] = ()
    background: bool = False


class CommandOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended. ``exit_code`` as the shell says it: 128 and the signal's number where one ended it.

    It is -1 where the gateway ended it, for what ``stopped_by`` says.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    duration_ms: int
    truncated: bool = False
    stopped_by: StopReason | None = None


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """What commands run in, and why not in more."""

    kind: Literal["bubblewrap", "none"]
    reason: str = ""


class CommandRunner(Protocol):
    """Runs programs, bounded, with all they start."""

    async def run(self, job: Job, on_output: OnOutput | None = None) -> CommandOutcome:
        """Run a job to its end, or to a limit. Cancelling ends it; no process of it is left either way.

        ``on_output`` hears what it writes, as far as that is kept; it must not wait.

        Raises:
            NotFound: the program or its folder is not there.
            Unavailable: the settings ask for a sandbox, and there is none.
        """
        ...

    async def sandbox(self) -> Sandbox:
        """What jobs run in; found out at first use."""
        ...


class Commands:
    """Runs lines for the shell in a user's workspace."""

    def __init__(
        self,
        runner: CommandRunner,
        workspaces: Workspaces,
        settings: Callable[[], CommandSettings],
        *,
        bash: str | None = None,
    ) -> None:
        """What runs them; ``bash`` is its path where it is installed."""
        self.runner = runner
        self._workspaces = workspaces
        self._settings = settings
        self._bash = bash

    def _shell(self, rules: CommandRules) -> str:
        return SHELL if self._bash is None or rules.allow or rules.deny else self._bash

    async def execute(
        self,
        user: str,
        params: CommandExecuteParams,
        on_output: OnOutput | None = None,
        *,
        mounts: Sequence[Mount] = (),
        env: Mapping[str, str] = {},
    ) -> CommandResult:
        """Run a line. ``mounts`` are folders that it sees besides the workspace, ``env`` variables of ours.

        Raises:
            Forbidden: the allow or the deny list says no.
            InvalidRequest, NotFound: ``cwd`` is no folder of the workspace.
            Unavailable: there is no sandbox, and there must be one.
        """
        job = await self.job(user, params, mounts=mounts, env=env)
        job = msgspec.structs.replace(job, stdin=(params.stdin or "").encode())
        outcome = await self.runner.run(job, on_output)
        return CommandResult(
            stdout=outcome.stdout.decode("utf-8", "replace"),
            stderr=outcome.stderr.decode("utf-8", "replace"),
            exit_code=outcome.exit_code,
            duration_ms=outcome.duration_ms,
            timed_out=outcome.stopped_by == "timeout",
            truncated=outcome.truncated,
            stopped_by=outcome.stopped_by,
        )

    async def job(
        self,
        user: str,
        params: CommandExecuteParams | CommandStartParams,
        *,
        mounts: Sequence[Mount] = (),
        env: Mapping[str, str] = {},
    ) -> Job:
        """What a line is to a runner, where it may be run.

        Raises:
            Forbidden, InvalidRequest, NotFound: as `execute`.
        """
        settings = self._settings()
        judge(params.command, params.env, settings.commands)
        workspace = self._workspaces.of(user)
        home = await workspace.folder(())
        return Job(
            argv=(self._shell(settings.commands), "-c", params.command),
            cwd=await workspace.folder(within(home, params.cwd, field="cwd")),
            env=environment(home, {**env, **params.env}),
            timeout=params.timeout / 1000,
            limits=settings.command_limits,
            network=settings.command_network,
            mounts=(*mounts, Mount(path=home, writable=True)),
            background=isinstance(params, CommandStartParams),
        )


def environment(home: str, more: Mapping[str, str]) -> dict[str, str]:
    """All that a command finds in its environment: nothing of the gateway's own."""
    return {"PATH": PATH, "HOME": home, "LANG": "C.UTF-8", "TERM": "dumb", "TMPDIR": "/tmp", **more}  # noqa: S108


def judge(line: str, env: Mapping[str, str], rules: CommandRules) -> None:
    """Refuse a line that the lists don't let through.

    Raises:
        Forbidden: as ``reason`` says: ``command_denied``, ``command_not_allowed`` or ``command_unclear``.
    """
    if not rules.allow and not rules.deny:
        return
    commands, certain = read_line(line)
    for name in commands:
        if fits(name, rules.deny) or fits(name.rpartition("/")[2], rules.deny):
            raise Forbidden(f"the command {name!r} is denied", field="command", reason="command_denied")
    if not rules.allow:
        return
    for name in commands:
        if not fits(name, rules.allow):
            raise Forbidden(f"the command {name!r} is not allowed", field="command", reason="command_not_allowed")
    steering = next((name for name in env if not (HARMLESS_VARIABLES.fullmatch(name) or fits(name, rules.env))), None)
    if not certain or steering is not None:
        what = f"the variable {steering}" if steering else "substitutions, assignments, here-documents and the like"
        raise Forbidden(
            f"while security.commands.allow is set, {what} can't be let through",
            field="env" if steering else "command",
            reason="command_unclear",
        )


def fits(name: str, patterns: Sequence[str]) -> bool:
    """Whether a name fits one of the globs."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
