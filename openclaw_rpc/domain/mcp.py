"""MCP servers: started in the background, kept running, their tools known and used."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Final, Literal, Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup
from msgspec import Meta

from openclaw_rpc.domain.agents import ToolRules
from openclaw_rpc.domain.backoff import backoff
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.tools.policy import matches
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import GatewayError, ProviderError, Timeout, Unavailable
from openclaw_rpc.protocol.mcp import McpServerInfo, McpServerStatus

RELIST_SECONDS: Final = 300.0
"""How often a server is asked for its tools even if it says nothing; that also shows whether it is there."""
FIRST_SECONDS: Final = 5.0
"""How long a run waits for a server that is being started."""
STEADY_SECONDS: Final = 60.0
"""A server that was ready for so long is restarted at once when it dies."""
FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 60.0
MAX_TOOLS: Final = 1000
SESSION_LOST: Final = "mcp_session"
"""The reason of errors of a server that no longer knows the session: a new one is begun."""
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST: Final = 64

ServerName = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
_Text = Annotated[str, Meta(max_length=32_768, pattern=r"^[^\x00]*$")]


class McpServerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mcp.servers.<name>` in `gateway.yaml`: a program to run (stdio), or an address (streamable HTTP).

    A program is run with the rights of the gateway itself, outside of any sandbox.
    """

    command: Annotated[_Text, Meta(min_length=1, description="The program to run.")] | None = None
    args: Annotated[list[_Text], Meta(max_length=1000, description="Its arguments.")] = []
    env: Annotated[dict[str, _Text], Meta(description="Variables, besides HOME, PATH and a few more.")] = {}
    cwd: Annotated[_Text, Meta(min_length=1, description="Where it is run; else in the workspace.")] | None = None
    url: Annotated[_Text, Meta(min_length=8, description="The address of a server over HTTP.")] | None = None
    headers: Annotated[dict[str, _Text], Meta(description="Headers of each request, such as Authorization.")] = {}
    enabled: Annotated[bool, Meta(description="Whether it is used.")] = True
    tools: Annotated[
        ToolRules | list[str],
        Meta(description="Which of its tools are offered, by its own names: a list, or `allow` and `deny`."),
    ] = ToolRules()
    timeout_seconds: Annotated[float, Meta(gt=0, le=3600, description="How long a use of a tool may take.")] = 60
    start_seconds: Annotated[float, Meta(gt=0, le=600, description="How long it may take until it is ready.")] = 30

    @property
    def rules(self) -> ToolRules:
        """Which tools are offered."""
        return self.tools if isinstance(self.tools, ToolRules) else ToolRules(allow=self.tools)


class McpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mcp` in `gateway.yaml`."""

    servers: Annotated[
        dict[ServerName, McpServerSettings], Meta(max_length=100, description="The servers by their names.")
    ] = {}


def contradictions(settings: McpSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Problems between keys: where in `mcp`, and what is wrong with it."""
    for name, server in settings.servers.items():
        if (server.command is None) == (server.url is None):
            yield ("servers", name), "an MCP server has either a command or a url"
        elif server.url is not None and (server.args or server.env or server.cwd):
            yield ("servers", name), "args, env and cwd belong to a command, not to a url"
        elif server.command is not None and server.headers:
            yield ("servers", name, "headers"), "headers belong to a url, not to a command"


class RemoteTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool as its server tells of it."""

    name: str
    description: str
    parameters: JsonObject
    read_only: bool = False


class Blob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A picture, a sound or another file; ``data`` is base64."""

    mime_type: str
    data: str


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """Texts and files, in their order."""

    parts: list[str | Blob]


class RemoteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool answered; ``failed``: then it is the text of what went wrong."""

    result: Any
    failed: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a server asks a human while one of its tools is in use (MCP, Elicitation): for yes or no, or for values.

    ``wants`` is a JSON Schema of the values, ``url`` an address that the human is to open.
    """

    message: str
    wants: JsonObject = {}
    url: str | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A human's answer; ``cancel`` where there was none."""

    action: Literal["accept", "decline", "cancel"]
    content: JsonObject = {}


Ask = Callable[[Question], Awaitable[Reply]]
"""Asks the human for whom a tool is used."""


async def nobody(question: Question) -> Reply:
    """Nobody is there to be asked."""
    return Reply(action="cancel")


class McpConnection(Protocol):
    """A server that is there. ``title``, ``version`` and ``protocol`` as `McpServerInfo` has them."""

    title: str | None
    version: str | None
    protocol: str | None

    async def tools(self) -> list[RemoteTool]:
        """All its tools.

        Raises:
            ProviderError: it does not say.
        """
        ...

    @property
    def left_out(self) -> Mapping[str, str]:
        """Tools of it that can't be offered, and why."""
        ...

    async def call(self, name: str, params: JsonObject, on_progress: Callable[[], None], ask: Ask) -> RemoteAnswer:
        """Use a tool. Cancelling tells the server so; ``on_progress`` is called when it says that it is at work.

        What it asks meanwhile goes to ``ask``.

        Raises:
            ProviderError: it could not be used at all; with the reason ``SESSION_LOST`` it was not even begun.
        """
        ...

    async def news(self) -> None:
        """Wait until its tools may have changed.

        Raises:
            ProviderError: it is gone.
        """
        ...


class McpConnector(Protocol):
    """Starts or reaches servers."""

    def connect(self, name: str, settings: McpServerSettings) -> AbstractAsyncContextManager[McpConnection]:
        """A server, while the context lasts; then it is ended, with all that it started.

        Raises:
            Unavailable: something has to be installed or configured first.
            Refused: its address is closed.
            ProviderError: it could not be started or reached, or is gone.
        """
        ...


class OfferedTool(msgspec.Struct, frozen=True, kw_only=True):
    """A tool under the name that agents know it by."""

    name: str
    server: str
    remote: RemoteTool


class _McpServer:
    """One server, through its restarts."""

    def __init__(self, name: str, settings: McpServerSettings, now: float) -> None:
        self.name = name
        self.settings = settings
        self.scope = anyio.CancelScope()
        self.status: McpServerStatus = "starting" if settings.enabled else "disabled"
        self.connection: McpConnection | None = None
        self.tools: dict[str, OfferedTool] = {}
        self.error: str | None = None
        self.restarts = 0
        self.since: str | None = None
        self.began = now
        self.settled = anyio.Event()
        self.renew = anyio.Event()
        self.changed = anyio.Event()

    def tell(self) -> None:
        """It is there, or no longer."""
        self.changed.set()
        self.changed = anyio.Event()

    def take(self, remote: Sequence[RemoteTool]) -> None:
        """Its tools are these."""
        rules = self.settings.rules
        allowed = [
            tool
            for tool in remote[:MAX_TOOLS]
            if any(matches(p, tool.name) for p in rules.allow) and not any(matches(p, tool.name) for p in rules.deny)
        ]
        self.tools = named(self.name, allowed)

    def down(self, error: str) -> None:
        """It is not there."""
        self.connection, self.error, self.since, self.tools = None, error, None, {}
        self.status = "failed"
        self.settled.set()
        self.tell()

    def info(self) -> McpServerInfo:
        """How it is."""
        connection = self.connection
        return McpServerInfo(
            name=self.name,
            transport="http" if self.settings.url is not None else "stdio",
            status=self.status,
            tools=sorted(self.tools),
            restarts=self.restarts,
            title=connection.title if connection else None,
            version=connection.version if connection else None,
            protocol=connection.protocol if connection else None,
            since=self.since,
            error=self.error,
            left_out=dict(connection.left_out) if connection else {},
        )


class McpServers:
    """All servers that are configured. `serve` keeps them; `apply` takes note of changed settings."""

    def __init__(
        self,
        connector: McpConnector,
        settings: Callable[[], McpSettings],
        clock: Clock,
        log: Log,
        *,
        first_delay: float = FIRST_DELAY,
    ) -> None:
        self._connector = connector
        self._settings = settings
        self._clock = clock
        self._log = log
        self._first_delay = first_delay
        self._servers: dict[str, _McpServer] = {}
        self._changed = anyio.Event()
        self._serving = False

    async def serve(self) -> None:
        """Start the servers and keep them until cancelled; then they are ended."""
        self._serving = True
        try:
            async with anyio.create_task_group() as group:
                while True:
                    self._changed = anyio.Event()
                    self._reconcile(group)
                    await self._changed.wait()
        finally:
            self._serving = False
            self._servers.clear()

    def apply(self) -> None:
        """The settings may have changed: start what is new, end what is gone, restart what differs."""
        self._changed.set()

    def list(self) -> list[McpServerInfo]:
        """How they are, by name; while nothing is served, as they are configured."""
        if not self._serving:
            return [_McpServer(name, settings, 0).info() for name, settings in sorted(self._settings().servers.items())]
        return [server.info() for _, server in sorted(self._servers.items())]

    async def tools(self) -> list[OfferedTool]:
        """The tools of all that are there. One that is being started is waited for, for a few seconds."""
        for server in list(self._servers.values()):
            if server.status == "starting" and not server.restarts:
                left = server.began + FIRST_SECONDS - self._clock.monotonic()
                with anyio.move_on_after(max(0.0, min(left, FIRST_SECONDS))):
                    await server.settled.wait()
        return [tool for _, server in sorted(self._servers.items()) for tool in server.tools.values()]

    async def call(self, tool: OfferedTool, params: JsonObject, ask: Ask = nobody) -> Any:
        """Use a tool. The time that ``ask`` takes is not the tool's.

        Raises:
            Unavailable: its server is not there.
            Timeout: it took too long.
            ProviderError: it failed; the message is what it said.
        """
        try:
            answer = await self._asked(tool, params, ask)
        except ProviderError as error:
            server = self._servers.get(tool.server)
            if error.reason != SESSION_LOST or server is None:
                raise
            # It was not begun there: with a new session it can be asked for again.
            await self._renewed(server)
            answer = await self._asked(tool, params, ask)
        if answer.failed:
            raise ProviderError(f"{tool.name} failed: {answer.result}", reason="mcp")
        return answer.result

    async def _asked(self, tool: OfferedTool, params: JsonObject, ask: Ask) -> RemoteAnswer:
        server = self._servers.get(tool.server)
        if server is None or server.connection is None:
            why = f": {server.error}" if server is not None and server.error else ""
            raise Unavailable(f"the MCP server {tool.server} is not there{why}", reason="mcp")
        seconds = server.settings.timeout_seconds
        with anyio.move_on_after(seconds) as scope:

            def at_work() -> None:
                scope.deadline = max(scope.deadline, anyio.current_time() + seconds)

            async def asking(question: Question) -> Reply:
                scope.deadline = math.inf
                try:
                    return await ask(question)
                finally:
                    scope.deadline = anyio.current_time() + seconds

            return await server.connection.call(tool.remote.name, params, at_work, asking)
        raise Timeout(f"{tool.name} took longer than {seconds:g} s", reason="mcp")

    async def _renewed(self, server: _McpServer) -> None:
        """Wait until a server is there again, with a new session."""
        old = server.connection
        server.renew.set()
        with anyio.move_on_after(server.settings.start_seconds):
            while server.connection is None or server.connection is old:
                await server.changed.wait()

    def _reconcile(self, group: TaskGroup) -> None:
        wanted = self._settings().servers
        for name, server in list(self._servers.items()):
            if wanted.get(name) != server.settings:
                server.scope.cancel()
                del self._servers[name]
        for name, settings in wanted.items():
            if name not in self._servers:
                server = self._servers[name] = _McpServer(name, settings, self._clock.monotonic())
                if settings.enabled:
                    group.start_soon(self._keep, server)

    async def _keep(self, server: _McpServer) -> None:
        """Keep a server: start it, and again when it dies, ever less often."""
        with server.scope:
            delays = backoff(self._first_delay, LONGEST_DELAY)
            while True:
                began = self._clock.monotonic()
                error = await self._use(server)
                lasted = server.since is not None and self._clock.monotonic() - began > STEADY_SECONDS
                if lasted:
                    delays = backoff(self._first_delay, LONGEST_DELAY)
                if error != server.error or lasted:
                    self._log.warning("an MCP server is not there", server=server.name, error=error)
                server.down(error)
                with anyio.move_on_after(next(delays)):
                    await server.renew.wait()
                server.renew = anyio.Event()
                server.restarts += 1
                server.status = "starting"

    async def _use(self, server: _McpServer) -> str:
        """Connect to a server and follow what it offers, until it is gone: why it is."""
        seconds = server.settings.start_seconds
        try:
            # The deadline holds until it is ready; scopes must end in the order that they began in.
            with anyio.CancelScope(deadline=anyio.current_time() + seconds) as starting:
                async with self._connector.connect(server.name, server.settings) as connection:
                    server.take(await connection.tools())
                    starting.deadline = math.inf
                    self._ready(server, connection)
                    while True:
                        with anyio.move_on_after(RELIST_SECONDS):
                            await connection.news()
                        with anyio.fail_after(seconds):
                            server.take(await connection.tools())
            if starting.cancelled_caught:
                return f"it was not ready within {seconds:g} s"
        except GatewayError as error:
            return error.message
        except TimeoutError:
            return f"it did not answer within {seconds:g} s"
        except Exception as error:
            self._log.error("an MCP server could not be used", server=server.name, error=repr(error), exc_info=True)
            return "it could not be used; the gateway's log says why"
        return "it ended"

    def _ready(self, server: _McpServer, connection: McpConnection) -> None:
        server.connection, server.status, server.error = connection, "ready", None
        server.since = iso(self._clock.now())
        server.settled.set()
        server.tell()
        self._log.info("an MCP server is ready", server=server.name, tools=len(server.tools))


def named(server: str, tools: Sequence[RemoteTool]) -> dict[str, OfferedTool]:
    """Tools by the names that agents know them by: `server__tool`, of characters and a length that models take."""
    found: dict[str, OfferedTool] = {}
    for tool in tools:
        name = f"{server}__{_UNSAFE.sub('_', tool.name)}"
        if len(name) > _LONGEST or name in found:
            mark = hashlib.sha256(tool.name.encode("utf-8", "replace")).hexdigest()[:8]
            name = f"{name[: _LONGEST - 9]}_{mark}"
        found[name] = OfferedTool(name=name, server=server, remote=tool)
    return found
