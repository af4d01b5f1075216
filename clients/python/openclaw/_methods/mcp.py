"""`mcp.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Mcp:
    """`mcp.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.McpServerList:
        """The MCP servers that are configured, how they are, and which tools they bring.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("mcp.list", types.Paged(cursor=cursor), types.McpServerList, timeout)


class AsyncMcp:
    """`mcp.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.McpServerList:
        """The MCP servers that are configured, how they are, and which tools they bring.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("mcp.list", types.Paged(cursor=cursor), types.McpServerList, timeout)
