"""`mcp.*`: the join of the MCP servers' row and those who keep them."""

from openclaw_rpc.domain.mcp import McpServers
from openclaw_rpc.protocol import mcp
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.mcp import McpServerList
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class McpMethods:
    """Lists MCP servers."""

    def __init__(self, servers: McpServers) -> None:
        self._servers = servers

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(mcp.list_, self.list_),)

    def list_(self, params: Empty, call: Call) -> McpServerList:
        """All that are configured."""
        return McpServerList(servers=self._servers.list())
