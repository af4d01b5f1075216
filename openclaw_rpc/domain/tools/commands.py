"""The shell as a tool."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from openclaw_rpc.domain.background import Background, Starter
from openclaw_rpc.domain.commands import Commands, Mount
from openclaw_rpc.domain.tools.base import FixedTools
from openclaw_rpc.domain.tools.files import SessionFolders
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import command
from openclaw_rpc.protocol.command import BackgroundCommand, CommandExecuteParams, CommandResult, CommandStartParams


class Belongings(Protocol):
    """What the commands of a run find besides the workspace: the folders and variables of its skills."""

    async def mounts(self, context: RunContext) -> Sequence[Mount]:
        """Folders that can be read."""
        ...

    def variables(self, context: RunContext) -> Mapping[str, str]:
        """Variables."""
        ...


class CommandTools(FixedTools):
    """`shell`, in the workspace of the run's user, and what goes on in the background."""

    def __init__(
        self,
        commands: Commands,
        background: Background,
        skills: Belongings | None = None,
        kept: SessionFolders | None = None,
    ) -> None:
        async def mounts(context: RunContext) -> list[Mount]:
            found = [] if skills is None else [*await skills.mounts(context)]
            if kept is not None and context.session_id:
                found.append(Mount(path=await kept.of(context.session_id).folder(())))
            return found

        def env(context: RunContext) -> Mapping[str, str]:
            return {} if skills is None else skills.variables(context)

        async def run(params: CommandExecuteParams, context: RunContext) -> CommandResult:
            return await commands.execute(context.user, params, mounts=await mounts(context), env=env(context))

        async def start(params: CommandStartParams, context: RunContext) -> BackgroundCommand:
            starter = Starter(context.user, context.run_id, context.session_id, context.session_key)
            return await background.start(starter, params, mounts=await mounts(context), env=env(context))

        super().__init__(
            tool_of(
                "shell",
                command.execute,
                run,
                description="Run a command line with bash (sh where it is not installed) in the workspace: $HOME there "
                "is what file tools call /. It ends after `timeout` milliseconds; processes that it leaves behind are "
                "ended with it: command_start starts what is to go on.",
                hidden=("stream", "callId"),
                dangerous=True,
                parallel=False,
            ),
            tool_of(
                "command_start",
                command.start,
                start,
                description="Start a command line that goes on in the background, such as a server or a long build, "
                "and get its commandId at once. It ends with this answer of yours, unless `keep` is true.",
                dangerous=True,
                parallel=False,
            ),
            tool_of(
                "command_output",
                command.output,
                lambda params, context: background.output(context.user, params),
                description="Read what a command in the background wrote, and whether it still runs: from `cursor` on, "
                "as the last answer told it; `wait` milliseconds for something new.",
            ),
            tool_of(
                "command_stop",
                command.stop,
                lambda params, context: background.stop(context.user, params.command_id),
                description="End a command in the background.",
                parallel=False,
            ),
        )
