"""The tools of MCP servers, as tools of agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from openclaw_rpc.domain.mcp import McpServers, OfferedTool
from openclaw_rpc.domain.ports import RunContext, ToolSpec
from openclaw_rpc.domain.tools.base import MadeTools, Tool
from openclaw_rpc.protocol.base import JsonObject

MAX_DESCRIPTION: Final = 4000


class McpTools:
    """What the servers that are there offer. To be asked after all other sources.

    They add nothing to a prompt: what a server says of itself is no part of ours.
    """

    name = "mcp"
    bounded = True

    def __init__(self, servers: McpServers) -> None:
        self._servers = servers
        self._made = MadeTools()

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """A tool for each; dangerous unless its server says that it changes nothing."""
        offered = await self._servers.tools()
        return self._made.of(offered, lambda: [self._tool(one) for one in offered])

    def _tool(self, offered: OfferedTool) -> Tool:
        remote = offered.remote

        async def run(params: JsonObject, context: RunContext) -> Any:
            return await self._servers.call(offered, params)

        return Tool(
            spec=ToolSpec(
                name=offered.name,
                description=(remote.description or remote.name)[:MAX_DESCRIPTION],
                parameters=remote.parameters,
                parallel=remote.read_only,
            ),
            run=run,
            dangerous=not remote.read_only,
        )
