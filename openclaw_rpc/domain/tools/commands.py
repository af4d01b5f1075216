"""The shell as a tool."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from openclaw_rpc.domain.commands import Commands, Mount
from openclaw_rpc.domain.tools.base import FixedTools
from openclaw_rpc.domain.tools.files import SessionFolders
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import command
from openclaw_rpc.protocol.command import CommandExecuteParams, CommandResult


class Belongings(Protocol):
    """What the commands of a run find besides the workspace: the folders and variables of its skills."""

    async def mounts(self, context: RunContext) -> Sequence[Mount]:
        """Folders that can be read."""
        ...

    def variables(self, context: RunContext) -> Mapping[str, str]:
        """Variables."""
        ...


class CommandTools(FixedTools):
    """`shell`, in the workspace of the run's user."""

    def __init__(
        self, commands: Commands, skills: Belongings | None = None, kept: SessionFolders | None = None
    ) -> None:
        async def run(params: CommandExecuteParams, context: RunContext) -> CommandResult:
            mounts = [] if skills is None else [*await skills.mounts(context)]
            if kept is not None and context.session_id:
                mounts.append(Mount(path=await kept.of(context.session_id).folder(())))
            env: Mapping[str, str] = {} if skills is None else skills.variables(context)
            return await commands.execute(context.user, params, mounts=mounts, env=env)

        super().__init__(
            tool_of(
                "shell",
                command.execute,
                run,
                description="Run a command line with bash (sh where it is not installed) in the workspace: $HOME there "
                "is what file tools call /. It ends after `timeout` milliseconds; processes that it leaves behind are "
                "ended with it.",
                hidden=("stream", "callId"),
                dangerous=True,
                parallel=False,
            ),
        )
