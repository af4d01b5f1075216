"""A connection to an MCP server: the SDK's client, as the domain wants it. Imported at first use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import aiohttp
import anyio
import httpx2
import mcp_types as types
from mcp.client import Client
from mcp.client._transport import Transport
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from openclaw_rpc import __version__
from openclaw_rpc.adapters.mcp.guarded import READ_SECONDS, GuardedTransport
from openclaw_rpc.adapters.mcp.stdio import StdioServer
from openclaw_rpc.domain.mcp import MAX_TOOLS, McpServerSettings, RemoteAnswer, RemoteTool
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import ProviderError

MAX_EVENT: Final = 16 * 1024 * 1024
GONE: Final = frozenset({types.CONNECTION_CLOSED, 404})


class SdkConnection:
    """A `McpConnection`."""

    def __init__(self) -> None:
        self.title: str | None = None
        self.version: str | None = None
        self.protocol: str | None = None
        self._client: Client | None = None
        self._news = anyio.Event()
        self._gone: str | None = None

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

    async def hear(self, message: types.ServerNotification | Exception) -> None:
        """What the server says of its own accord."""
        if isinstance(message, types.ToolListChangedNotification):
            self._news.set()

    async def news(self) -> None:
        """Wait until its tools may have changed; see `domain.mcp.McpConnection`."""
        await self._news.wait()
        if self._gone is not None:
            raise ProviderError(self._gone, reason="mcp")
        self._news = anyio.Event()

    async def tools(self) -> list[RemoteTool]:
        """All its tools, page by page."""
        found: list[RemoteTool] = []
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

    async def call(self, name: str, params: JsonObject) -> RemoteAnswer:
        """Use a tool."""
        try:
            answer = await self._connected.call_tool(name, params)
        except MCPError as error:
            raise self._failed(error) from None
        except RuntimeError as error:  # what the tool answers is not what it said that it would
            raise ProviderError(f"{name}: {error}"[:500], reason="mcp") from None
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            self.end("it ended")
            raise ProviderError("the MCP server is gone", reason="mcp") from None
        return _answer(answer)

    @property
    def _connected(self) -> Client:
        if self._client is None or self._gone is not None:
            raise ProviderError(self._gone or "the MCP server is gone", reason="mcp")
        return self._client

    def _failed(self, error: MCPError) -> ProviderError:
        if error.code in GONE or "Session terminated" in error.message:
            self.end(error.message)
        return ProviderError(f"the MCP server answered: {error.message}"[:1000], reason="mcp", code=error.code)


@asynccontextmanager
async def _connected(transport: Transport, connection: SdkConnection) -> AsyncGenerator[SdkConnection]:
    client = Client(
        transport,
        client_info=types.Implementation(name="openclaw-rpc", version=__version__),
        message_handler=connection.hear,
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
    connection = SdkConnection()
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
    url: str, headers: Mapping[str, str], session: Callable[[], aiohttp.ClientSession]
) -> AsyncGenerator[SdkConnection]:
    """A server that is reached over HTTP; each request passes the outbound guard."""
    connection = SdkConnection()
    transport = GuardedTransport(session)
    timeout = httpx2.Timeout(30.0, read=READ_SECONDS)
    async with httpx2.AsyncClient(transport=transport, headers=dict(headers), timeout=timeout) as http:
        streams = streamable_http_client(url, http_client=http, max_sse_event_size=MAX_EVENT)
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
    """Texts as one text, structured content as it is, pictures and the like as blocks."""
    texts = [block.text for block in answer.content if isinstance(block, types.TextContent)]
    if answer.is_error:
        return RemoteAnswer(result="\n".join(texts)[:4000] or "it did not say why", failed=True)
    if answer.structured_content is not None:
        return RemoteAnswer(result=answer.structured_content)
    if len(texts) == len(answer.content):
        return RemoteAnswer(result="\n".join(texts))
    blocks: list[Any] = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in answer.content]
    return RemoteAnswer(result={"content": blocks})
