"""`command.*`: the join of the commands' row and what runs them."""

from openclaw_rpc.domain.background import Background, Starter
from openclaw_rpc.domain.commands import Commands
from openclaw_rpc.protocol import command
from openclaw_rpc.protocol.base import Paged
from openclaw_rpc.protocol.command import (
    BackgroundCommand,
    BackgroundList,
    CommandExecuteParams,
    CommandOutput,
    CommandOutputEvent,
    CommandOutputParams,
    CommandResult,
    CommandStartParams,
    CommandStopParams,
    OutputStream,
    command_output,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.following import peer_of


class CommandMethods:
    """Runs commands for clients."""

    def __init__(self, commands: Commands, background: Background) -> None:
        self._commands = commands
        self._background = background

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(command.execute, self.execute),
            bind(command.start, self.start),
            bind(command.output, self.output),
            bind(command.stop, self.stop),
            bind(command.list_, self.list_),
        )

    async def execute(self, params: CommandExecuteParams, call: Call) -> CommandResult:
        """Run a command; with ``stream``, its output precedes the answer."""
        if not params.stream:
            return await self._commands.execute(call.principal.user, params)
        peer = peer_of(call)

        def tell(stream: OutputStream, text: str) -> None:
            peer.send(command_output, CommandOutputEvent(stream=stream, text=text, call_id=params.call_id))

        return await self._commands.execute(call.principal.user, params, tell)

    async def start(self, params: CommandStartParams, call: Call) -> BackgroundCommand:
        """Start a command in the background."""
        return await self._background.start(Starter(call.principal.user), params)

    async def output(self, params: CommandOutputParams, call: Call) -> CommandOutput:
        """What it wrote."""
        return await self._background.output(call.principal.user, params)

    async def stop(self, params: CommandStopParams, call: Call) -> BackgroundCommand:
        """End it."""
        return await self._background.stop(call.principal.user, params.command_id)

    def list_(self, params: Paged, call: Call) -> BackgroundList:
        """Those of the caller."""
        return BackgroundList(commands=self._background.list(call.principal.user))
