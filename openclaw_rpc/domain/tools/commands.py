"""The shell as a tool."""

from openclaw_rpc.domain.commands import Commands
from openclaw_rpc.domain.tools.base import FixedTools
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import command


class CommandTools(FixedTools):
    """`shell`, in the workspace of the run's user."""

    def __init__(self, commands: Commands) -> None:
        super().__init__(
            tool_of(
                "shell",
                command.execute,
                lambda params, context: commands.execute(context.user, params),
                description="Run a command line with /bin/sh in the workspace: $HOME there is what file tools call /. "
                "It ends after `timeout` milliseconds; processes that it leaves behind are ended with it.",
                hidden=("stream", "callId"),
                dangerous=True,
                parallel=False,
            ),
        )
