"""What `tool.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class ToolListParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Whose tools; the default agent's where none is named."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    agent_id: str | None = None


class ToolInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A tool. `parameters` is a JSON Schema; `source` says what brought it, `skill` the skill's slug.

    `dangerous` tools change things or reach out; with `needsPin` a human's PIN is asked for.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    dangerous: bool
    policy: Literal["allow", "ask", "deny"]
    needs_pin: bool = False
    source: str | None = None
    skill: str | None = None


class ToolList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The agent's tools, by name."""

    next_cursor: str | None = None
    agent_id: str
    tools: list[ToolInfo]


class ToolInvokeParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A tool and its arguments, used as the session's agent would. `pin` in place of the header X-OpenClaw-Pin."""

    name: str
    params: dict[str, Any] | UnsetType = UNSET
    """The tool's arguments, as its JSON Schema says."""
    session_key: str | None = None
    """The client's name of a session."""
    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""


class ToolInvoked(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What the tool answered, whole, and how long it took."""

    call_id: str
    tool: str
    result: Any
    duration_ms: int


class ApprovalInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A call that waits for a human: exactly this tool with exactly these params, once, until `expiresAt`.

    `read` is what its run had read from outside by then, pages and answers of MCP servers: they may have wanted it.
    With `asks` an MCP server asks a question while `tool` is in use, which is `params.question`: a JSON Schema of
    what `tool.approve` may answer as `content`.
    """

    approval_id: str
    run_id: str
    session_key: str
    agent_id: str
    user: str
    call_id: str
    tool: str
    params: dict[str, Any]
    needs_pin: bool
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    expires_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    read: list[str] = []
    asks: dict[str, Any] | None = None


class ApprovalList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The caller's calls that wait, the oldest first; everybody's for the owner's admin tokens."""

    next_cursor: str | None = None
    approvals: list[ApprovalInfo]


class ToolApproveParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which call may go on, and the PIN where it needs one."""

    approval_id: str
    """The id that `tool.approval` named."""
    pin: str | None = None
    """The PIN that was set with `openclaw pin set`."""
    content: dict[str, Any] | None = None
    """The answer to a question of an MCP server, as `asks` wants it."""


class ToolApproved(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The call goes on."""

    approval_id: str
    approved: bool


class ToolDenyParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which call must not go on; the agent is told the reason."""

    approval_id: str
    """The id that `tool.approval` named."""
    reason: str | None = None
    """What the agent is told."""


class ToolDenied(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The call fails."""

    approval_id: str
    denied: bool


class ToolDecidedEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A call waits no longer."""

    approval_id: str
    run_id: str
    session_key: str
    tool: str
    outcome: Literal["approved", "cancelled", "denied", "expired"]
    reason: str | None = None
