"""`command.*`: programs, run for the caller in the workspace."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Params, Result, Scope
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.file import FolderPath
from openclaw_rpc.protocol.method import Event, Method

OutputStream = Literal["stdout", "stderr"]
StopReason = Literal["timeout", "output", "memory", "processes"]
VariableName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
VariableValue = Annotated[str, Meta(max_length=32_768, pattern=r"^[^\x00]*$")]


class CommandExecuteParams(Params, frozen=True, kw_only=True):
    """A line for `/bin/sh`, and where and how to run it."""

    command: Annotated[
        str, Meta(min_length=1, max_length=100_000, pattern=r"^[^\x00]+$", description="Run by `/bin/sh -c`.")
    ]
    cwd: Annotated[FolderPath, Meta(description="The working directory, a folder of the workspace.")] = "/"
    timeout: Annotated[int, Meta(ge=1, le=600_000, description="Milliseconds until it is ended.")] = 30_000
    env: Annotated[
        dict[VariableName, VariableValue],
        Meta(max_length=200, description="Environment variables, besides the few that are always set."),
    ] = {}
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
    doc="Run a command in the workspace, sandboxed where the machine can. One that takes too long is ended, which is "
    "a result, too.",
    scope=Scope.TOOLS,
    emits=(command_output,),
    errors=(NotFound,),
    tool="shell",
    dangerous=True,
)

METHODS = (execute,)
