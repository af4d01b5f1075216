"""MCP servers, through the `mcp` package, which is imported when the first server is needed."""

from openclaw_rpc.adapters.mcp.connector import SdkConnector

__all__ = ("SdkConnector",)
