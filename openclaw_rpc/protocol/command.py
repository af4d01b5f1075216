"""`command.*`: programs, run for the caller in the workspace."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Guarded, Page, Paged, Params, Result, Scope, When
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.file import FolderPath
from openclaw_rpc.protocol.method import Event, Method

OutputStream = Literal["stdout", "stderr"]
StopReason = Literal["timeout", "output", "memory", "processes"]
BackgroundStop = Literal["timeout", "memory", "processes", "stop", "run", "session"]
"""What ends a command in the background before its time: a limit, `command.stop`, the end of its run or its session."""
VariableName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
CommandId = Annotated[str, Meta(min_length=1, max_length=100, description="The id that `command.start` returned.")]
CommandLine = Annotated[
    str, Meta(min_length=1, max_length=100_000, pattern=r"^[^\x00]+$", description="Run by bash, or by `/bin/sh`.")
]
VariableValue = Annotated[str, Meta(max_length=32_768, pattern=r"^[^\x00]*$")]
Variables = Annotated[
    dict[VariableName, VariableValue],
    Meta(max_length=200, description="Environment variables, besides the few that are always set."),
]


class CommandExecuteParams(Guarded, frozen=True, kw_only=True):
    """A line for the shell, and where and how to run it."""

    command: CommandLine
    cwd: Annotated[FolderPath, Meta(description="The working directory, a folder of the workspace.")] = "/"
    timeout: Annotated[int, Meta(ge=1, le=600_000, description="Milliseconds until it is ended.")] = 30_000
    env: Variables = {}
    stdin: Annotated[str, Meta(max_length=10_000_000, description="Its standard input.")] | None = None
    stream: Annotated[bool, Meta(description="Send what it writes at once, as `command.output`.")] = False
    call_id: Annotated[str, Meta(min_length=1, max_length=200, description="Comes back in each piece.")] | None = None


class CommandResult(Result, frozen=True, kw_only=True):
    """What a command wrote and how it ended. Bytes that are not UTF-8 are replaced by U+FFFD.

    ``exitCode`` is 128 and the signal's number where a signal ended it, and -1 where the gateway ended it:
    ``stoppedBy`` says why then. ``truncated``: it wrote more than is kept of stdout or stderr.
    """

    stdout: str
    stderr: str
    exit_code: int
    duration_ms: int
    timed_out: bool
    truncated: bool
    stopped_by: StopReason | None = None


class CommandStartParams(Guarded, frozen=True, kw_only=True):
    """A line for the shell that goes on in the background, its standard input empty."""

    command: CommandLine
    cwd: Annotated[FolderPath, Meta(description="The working directory, a folder of the workspace.")] = "/"
    timeout: Annotated[int, Meta(ge=1, le=86_400_000, description="Milliseconds until it is ended.")] = 3_600_000
    env: Variables = {}
    keep: Annotated[
        bool, Meta(description="Let it go on when the run that starts it ends, until its session goes.")
    ] = False


class BackgroundCommand(Result, frozen=True, kw_only=True):
    """A command in the background. What it is once it has ended: ``exitCode`` and ``stoppedBy`` as `CommandResult`.

    ``error`` says why it could not be run at all. ``sessionKey`` is that of the run that started it.
    """

    command_id: str
    command: str
    running: bool
    started_at: When
    session_key: str | None = None
    keep: bool = False
    exit_code: int | None = None
    stopped_by: BackgroundStop | None = None
    error: str | None = None


class BackgroundList(Page, frozen=True, kw_only=True):
    """The caller's, those that run and some that have ended, the oldest first."""

    commands: list[BackgroundCommand]


class CommandOutputParams(Params, frozen=True, kw_only=True):
    """Which command, and from where on to read what it wrote."""

    command_id: CommandId
    cursor: Annotated[
        int,
        Meta(
            ge=-1_000_000_000,
            description="Where to go on: the `cursor` of the last answer. 0 is the beginning; -2000 are the last 2000 "
            "characters.",
        ),
    ] = 0
    limit: Annotated[int, Meta(ge=1, le=1_000_000, description="Characters at most.")] = 20_000
    wait: Annotated[
        int, Meta(ge=0, le=60_000, description="Milliseconds to wait where there is nothing new and it still runs.")
    ] = 0


class CommandOutput(BackgroundCommand, frozen=True, kw_only=True):
    """What a command wrote from the cursor on.

    ``cursor`` is where the next call goes on, ``more`` whether there is more already. ``missed`` characters were there
    and are kept no longer.
    """

    stdout: str
    stderr: str
    cursor: int
    more: bool = False
    missed: int = 0


class CommandStopParams(Params, frozen=True, kw_only=True):
    """Which command."""

    command_id: CommandId


class CommandOutputEvent(Result, frozen=True, kw_only=True):
    """A piece of what a command writes, as it comes."""

    stream: OutputStream
    text: str
    call_id: str | None = None


command_output = Event(
    "command.output", CommandOutputEvent, "A command wrote something; sent to the connection that runs it."
)

execute = Method(
    name="command.execute",
    params=CommandExecuteParams,
    result=CommandResult,
    doc="Run a command in the workspace, in a sandbox where the machine supports one. One that takes too long is "
    "ended, which is a result, too.",
    scope=Scope.TOOLS,
    emits=(command_output,),
    errors=(NotFound,),
    tool="shell",
    dangerous=True,
)
start = Method(
    name="command.start",
    params=CommandStartParams,
    result=BackgroundCommand,
    doc="Start a command that goes on in the background: a server, a watcher, a long build. It ends with the run that "
    "starts it unless it is kept, and always with the gateway.",
    scope=Scope.TOOLS,
    errors=(NotFound,),
    tool="command_start",
    dangerous=True,
)
output = Method(
    name="command.output",
    params=CommandOutputParams,
    result=CommandOutput,
    doc="Read what a command in the background wrote, from a cursor on, and whether it still runs; "
    "waits for more if asked to.",
    scope=Scope.TOOLS,
    errors=(NotFound,),
    safe=True,
)
stop = Method(
    name="command.stop",
    params=CommandStopParams,
    result=BackgroundCommand,
    doc="End a command in the background and all that it started; what it wrote can still be read.",
    scope=Scope.TOOLS,
    errors=(NotFound,),
)
list_ = Method(
    name="command.list",
    params=Paged,
    result=BackgroundList,
    pages="commands",
    doc="The commands in the background.",
    scope=Scope.TOOLS,
    safe=True,
)

METHODS = (execute, start, output, stop, list_)
