"""`command.*`: the join of the commands' row and what runs them."""

from openclaw_rpc.domain.commands import Commands
from openclaw_rpc.protocol import command
from openclaw_rpc.protocol.command import (
    CommandExecuteParams,
    CommandOutputEvent,
    CommandResult,
    OutputStream,
    command_output,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.following import peer_of


class CommandMethods:
    """Runs commands for clients."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(command.execute, self.execute),)

    async def execute(self, params: CommandExecuteParams, call: Call) -> CommandResult:
        """Run a command; with ``stream``, its output precedes the answer."""
        if not params.stream:
            return await self._commands.execute(call.principal.user, params)
        peer = peer_of(call)

        def tell(stream: OutputStream, text: str) -> None:
            peer.send(command_output, CommandOutputEvent(stream=stream, text=text, call_id=params.call_id))

        return await self._commands.execute(call.principal.user, params, tell)
