"""What `mcp.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class McpServerInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An MCP server of `gateway.yaml`. `tools` are their names as agents are offered them.

    `title` and `version` are what it says of itself, `protocol` the revision of MCP that was agreed on, `error` why
    it is not there, `restarts` how often it was started anew, `since` when it became ready. `leftOut` are tools of
    it that can't be offered, with the reason.
    """

    name: str
    transport: Literal["http", "stdio"]
    status: Literal["disabled", "failed", "ready", "starting"]
    tools: list[str]
    restarts: int
    title: str | None = None
    version: str | None = None
    protocol: str | None = None
    since: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    error: str | None = None
    left_out: dict[str, str] = {}


class McpServerList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All that are configured, by name."""

    next_cursor: str | None = None
    servers: list[McpServerInfo]
