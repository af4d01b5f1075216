"""`mcp.*`: the MCP servers whose tools agents may use."""

from typing import Literal

from openclaw_rpc.protocol.base import Page, Paged, Result, Scope, When
from openclaw_rpc.protocol.method import Method

McpServerStatus = Literal["disabled", "starting", "ready", "failed"]
"""``failed`` ones are tried again and again, ever less often."""


class McpServerInfo(Result, frozen=True, kw_only=True):
    """An MCP server of `gateway.yaml`. ``tools`` are their names as agents are offered them.

    ``title`` and ``version`` are what it says of itself, ``protocol`` the revision of MCP that was agreed on, ``error``
    why it is not there, ``restarts`` how often it was started anew, ``since`` when it became ready. ``leftOut`` are
    tools of it that can't be offered, with the reason.
    """

    name: str
    transport: Literal["stdio", "http"]
    status: McpServerStatus
    tools: list[str]
    restarts: int
    title: str | None = None
    version: str | None = None
    protocol: str | None = None
    since: When | None = None
    error: str | None = None
    left_out: dict[str, str] = {}


class McpServerList(Page, frozen=True, kw_only=True):
    """All that are configured, by name."""

    servers: list[McpServerInfo]


list_ = Method(
    name="mcp.list",
    params=Paged,
    result=McpServerList,
    pages="servers",
    doc="The MCP servers that are configured, how they are, and which tools they bring.",
    scope=Scope.READ,
)

METHODS = (list_,)
