"""A connection to an MCP server: the SDK's client, as the domain wants it. Imported at first use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, cast

import aiohttp
import anyio
import httpx2
import mcp_types as types
import msgspec
from mcp.client import Client
from mcp.client._transport import Transport
from mcp.client.session import ClientRequestContext
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from openclaw_rpc import __version__
from openclaw_rpc.adapters.mcp.guarded import READ_SECONDS, GuardedTransport
from openclaw_rpc.adapters.mcp.mending import mended
from openclaw_rpc.adapters.mcp.stdio import StdioServer
from openclaw_rpc.domain.mcp import (
    MAX_TOOLS,
    SESSION_LOST,
    Ask,
    Blob,
    McpServerSettings,
    Parts,
    Question,
    RemoteAnswer,
    RemoteTool,
    Reply,
)
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import ProviderError

MAX_EVENT: Final = 16 * 1024 * 1024
OLD_SERVER: Final = frozenset({400, 404, 405, 406, 415})
"""With what servers of the older transport refuse a request of streamable HTTP."""


class _Call:
    """A use of a tool, and what the server asks in it: that ends with the use."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._scopes: set[anyio.CancelScope] = set()

    async def answer(self, question: Question) -> Reply:
        with anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                return await self._ask(question)
            finally:
                self._scopes.discard(scope)
        return Reply(action="cancel")

    def end(self) -> None:
        for scope in self._scopes:
            scope.cancel()


class SdkConnection:
    """A `McpConnection`."""

    def __init__(self, name: str, log: Log) -> None:
        self.left_out: dict[str, str] = {}
        self._name = name
        self._log = log
        self._lost = False
        self.title: str | None = None
        self.version: str | None = None
        self.protocol: str | None = None
        self._client: Client | None = None
        self._news = anyio.Event()
        self._gone: str | None = None
        self._calls: list[_Call] = []
        # In whose task the SDK asks, which it does in the newest revision alone.
        self._current: ContextVar[_Call | None] = ContextVar("call", default=None)

    def begin(self, client: Client) -> None:
        """The client is connected."""
        self._client = client
        about = client.server_info
        self.title = (about.title or about.name) if about is not None else None
        self.version = about.version if about is not None else None
        self.protocol = client.protocol_version

    def end(self, why: str) -> None:
        """The server is gone."""
        self._gone = self._gone or why
        self._news.set()

    def lose(self) -> None:
        """The server no longer knows the session: a new one has to be begun."""
        self._lost = True
        self.end("it no longer knows the session")

    async def hear(self, message: types.ServerNotification | Exception) -> None:
        """What the server says of its own accord."""
        if isinstance(message, types.ToolListChangedNotification):
            self._news.set()

    async def news(self) -> None:
        """Wait until its tools may have changed; see `domain.mcp.McpConnection`."""
        await self._news.wait()
        if self._gone is not None:
            raise ProviderError(self._gone, reason=self._reason)
        self._news = anyio.Event()

    def leave_out(self, name: str, why: str) -> None:
        """A tool of the server's can't be offered."""
        if name not in self.left_out and len(self.left_out) < MAX_TOOLS:
            self.left_out[name] = why
            self._log.warning("a tool of an MCP server can't be offered", server=self._name, tool=name, why=why)

    async def tools(self) -> list[RemoteTool]:
        """All its tools, page by page; none of a server that says that it has none."""
        found: list[RemoteTool] = []
        if self._connected.server_capabilities.tools is None:
            return found
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen and len(found) < MAX_TOOLS:
            seen.add(cursor)
            try:
                page = await self._connected.list_tools(cursor=cursor)
            except MCPError as error:
                raise self._failed(error) from None
            found += [_tool(tool) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    async def call(self, name: str, params: JsonObject, on_progress: Callable[[], None], ask: Ask) -> RemoteAnswer:
        """Use a tool."""

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            on_progress()

        call = _Call(ask)
        self._calls.append(call)
        self._current.set(call)
        try:
            answer = await self._connected.call_tool(name, params, progress_callback=hear)
        except MCPError as error:
            raise self._failed(error) from None
        except RuntimeError as error:  # what the tool answers is not what it said that it would
            raise ProviderError(f"{name}: {error}"[:500], reason="mcp") from None
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            self.end("it ended")
            raise ProviderError(f"the MCP server is gone: {self._gone}", reason="mcp") from None
        finally:
            self._calls.remove(call)
            call.end()
        return _answer(answer)

    async def elicit(self, context: ClientRequestContext, params: types.ElicitRequestParams) -> types.ElicitResult:
        """Ask the human for whom a tool is used.

        Revisions up to 2025-11-25 don't say for which call a server asks: with several under way nobody is asked, for
        it could be the wrong one.
        """
        call = self._current.get()
        if call is None and len(self._calls) == 1:
            call = self._calls[0]
        if call is None:
            self._log.warning("an MCP server asks, and it isn't known for whom", server=self._name)
            return types.ElicitResult(action="cancel")
        form = isinstance(params, types.ElicitRequestFormParams)
        question = Question(
            message=params.message,
            wants=params.requested_schema if form else {},
            url=None if form else params.url,
        )
        reply = await call.answer(question)
        content = reply.content if form and reply.action == "accept" else None
        return types.ElicitResult(action=reply.action, content=content)

    @property
    def _connected(self) -> Client:
        if self._client is None or self._gone is not None:
            raise ProviderError(f"the MCP server is gone: {self._gone or 'it ended'}", reason=self._reason)
        return self._client

    @property
    def _reason(self) -> str:
        return SESSION_LOST if self._lost else "mcp"

    def _failed(self, error: MCPError) -> ProviderError:
        """What the server answered, with what it says besides; or that it is gone, and why.

        Its code says nothing about that: -32000 is any server's own.
        """
        if self._gone is not None:
            return ProviderError(f"the MCP server is gone: {self._gone}", reason=self._reason)
        data = getattr(error, "data", None)
        more = f" ({_json(data)})" if data is not None else ""
        return ProviderError(f"the MCP server answered: {error.message}{more}"[:2000], reason="mcp", code=error.code)


@asynccontextmanager
async def _connected(transport: Transport, connection: SdkConnection) -> AsyncGenerator[SdkConnection]:
    client = Client(
        cast("Transport", mended(transport, connection.leave_out)),
        client_info=types.Implementation(name="openclaw-rpc", version=__version__),
        message_handler=connection.hear,
        elicitation_callback=connection.elicit,
        cache=None,
    )
    async with client:
        connection.begin(client)
        try:
            yield connection
        finally:
            connection.end("it was ended")


@asynccontextmanager
async def over_stdio(name: str, settings: McpServerSettings, folder: str, log: Log) -> AsyncGenerator[SdkConnection]:
    """A server that is a program, run while the context lasts."""
    connection = SdkConnection(name, log)
    server = StdioServer(name, settings, folder, log, connection.end)
    try:
        async with _connected(server, connection) as connected:
            yield connected
    except Exception as error:
        # The SDK says only that the connection is closed.
        if server.died is not None:
            raise ProviderError(server.died, reason="mcp") from error
        raise


@asynccontextmanager
async def over_http(
    name: str, url: str, headers: Mapping[str, str], session: Callable[[], aiohttp.ClientSession], log: Log
) -> AsyncGenerator[SdkConnection]:
    """A server that is reached over HTTP; each request passes the outbound guard.

    One that does not take the first request as streamable HTTP is asked the older way, HTTP with server-sent events
    (MCP, Transports, backwards compatibility).
    """
    async with AsyncExitStack() as stack:
        connection = SdkConnection(name, log)
        transport = GuardedTransport(session, connection.lose, connection.end)
        try:
            connected = await stack.enter_async_context(_streamable(url, headers, transport, connection))
        except Exception:
            if transport.refused not in OLD_SERVER:
                raise
            connection = SdkConnection(name, log)
            transport = GuardedTransport(session, connection.lose, connection.end)
            connected = await stack.enter_async_context(_old(url, headers, transport, connection))
        yield connected


@asynccontextmanager
async def _streamable(
    url: str, headers: Mapping[str, str], transport: GuardedTransport, connection: SdkConnection
) -> AsyncGenerator[SdkConnection]:
    timeout = httpx2.Timeout(30.0, read=READ_SECONDS)
    async with httpx2.AsyncClient(transport=transport, headers=dict(headers), timeout=timeout) as http:
        streams = streamable_http_client(url, http_client=http, max_sse_event_size=MAX_EVENT)
        async with _connected(cast("Transport", streams), connection) as connected:
            yield connected


@asynccontextmanager
async def _old(
    url: str, headers: Mapping[str, str], transport: GuardedTransport, connection: SdkConnection
) -> AsyncGenerator[SdkConnection]:
    def client(
        headers: dict[str, str] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
    ) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=transport, headers=headers, timeout=timeout, auth=auth)

    streams = sse_client(url, dict(headers), sse_read_timeout=READ_SECONDS, httpx_client_factory=client)
    async with _connected(cast("Transport", streams), connection) as connected:
        yield connected


def _tool(tool: types.Tool) -> RemoteTool:
    hints = tool.annotations
    schema: JsonObject = {"type": "object", "properties": {}}
    return RemoteTool(
        name=tool.name,
        description=tool.description or tool.title or tool.name,
        parameters=schema | tool.input_schema,
        read_only=bool(hints is not None and hints.read_only_hint),
    )


def _answer(answer: types.CallToolResult) -> RemoteAnswer:
    """Texts, structure, pictures and the like, each of them; a structure that a text says already only once."""
    parts: list[str | Blob] = [_part(block) for block in answer.content]
    texts = [part for part in parts if isinstance(part, str)]
    structure = answer.structured_content
    said = structure is None or any(_says(text, structure) for text in texts)
    if answer.is_error:
        reason = "\n".join(texts if said else [*texts, _json(structure)])
        return RemoteAnswer(result=reason[:4000] or "it did not say why", failed=True)
    if structure is not None and len(texts) == len(parts) and (not texts or (said and len(texts) == 1)):
        return RemoteAnswer(result=structure)
    if not said:
        parts.append(_json(structure))
    if any(isinstance(part, Blob) for part in parts):
        return RemoteAnswer(result=Parts(parts=parts))
    return RemoteAnswer(result="\n".join(part for part in parts if isinstance(part, str)))


def _part(block: types.ContentBlock) -> str | Blob:
    match block:
        case types.TextContent():
            return block.text
        case types.ImageContent() | types.AudioContent():
            return Blob(mime_type=block.mime_type, data=block.data)
        case types.EmbeddedResource(resource=types.TextResourceContents() as resource):
            return f"{resource.uri}:\n{resource.text}"
        case types.EmbeddedResource(resource=types.BlobResourceContents() as resource):
            return Blob(mime_type=resource.mime_type or "application/octet-stream", data=resource.blob)
        case _:
            return _json(block.model_dump(mode="json", by_alias=True, exclude_none=True))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode("utf-8", "replace")


def _says(text: str, structure: Any) -> bool:
    try:
        return msgspec.json.decode(text) in (structure, structure.get("result"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text == structure.get("result")
