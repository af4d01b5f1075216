"""`tool.*`: what agents can do, done directly, and what waits for a human's yes."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import (
    JsonObject,
    Name,
    Page,
    Paged,
    Params,
    Pin,
    Rate,
    Result,
    Scope,
    SessionKey,
    Topic,
    When,
)
from openclaw_rpc.protocol.errors import Conflict, NotFound, Timeout
from openclaw_rpc.protocol.method import Event, Method

ToolPolicy = Literal["allow", "ask", "deny"]
"""Whether a tool is simply used, waits until a human agrees, or is never used."""

ApprovalOutcome = Literal["approved", "denied", "expired", "cancelled"]
"""How an approval ended; ``cancelled`` with its run."""

ApprovalId = Annotated[str, Meta(min_length=1, max_length=100, description="The id that `tool.approval` named.")]


class ToolListParams(Paged, frozen=True, kw_only=True):
    """Whose tools; the default agent's where none is named."""

    agent_id: Name | None = None


class ToolInfo(Result, frozen=True, kw_only=True):
    """A tool. ``parameters`` is a JSON Schema; ``source`` says what brought it, ``skill`` the skill's slug.

    ``dangerous`` tools change things or reach out; with ``needsPin`` a human's PIN is asked for.
    """

    name: str
    description: str
    parameters: JsonObject
    dangerous: bool
    policy: ToolPolicy
    needs_pin: bool = False
    source: str | None = None
    skill: str | None = None


class ToolList(Page, frozen=True, kw_only=True):
    """The agent's tools, by name."""

    agent_id: str
    tools: list[ToolInfo]


class ToolInvokeParams(Params, frozen=True, kw_only=True):
    """A tool and its arguments, used as the session's agent would. ``pin`` in place of the header X-OpenClaw-Pin."""

    name: Name
    params: Annotated[JsonObject, Meta(description="The tool's arguments, as its JSON Schema says.")] = {}
    session_key: SessionKey | None = None
    pin: Pin | None = None


class ToolInvoked(Result, frozen=True, kw_only=True):
    """What the tool answered, whole, and how long it took."""

    call_id: str
    tool: str
    result: Any
    duration_ms: int


class ApprovalInfo(Result, frozen=True, kw_only=True):
    """A call that waits for a human: exactly this tool with exactly these params, once, until ``expiresAt``.

    ``read`` is what its run had read from outside by then, pages and answers of MCP servers: they may have wanted it.
    With ``asks`` an MCP server asks a question while ``tool`` is in use, which is ``params.question``: a JSON Schema of
    what `tool.approve` may answer as ``content``.
    """

    approval_id: str
    run_id: str
    session_key: str
    agent_id: str
    user: str
    call_id: str
    tool: str
    params: JsonObject
    needs_pin: bool
    created_at: When
    expires_at: When
    read: list[str] = []
    asks: JsonObject | None = None


class ApprovalList(Page, frozen=True, kw_only=True):
    """The caller's calls that wait, the oldest first; everybody's for the owner's admin tokens."""

    approvals: list[ApprovalInfo]


class ToolApproveParams(Params, frozen=True, kw_only=True):
    """Which call may go on, and the PIN where it needs one."""

    approval_id: ApprovalId
    pin: Pin | None = None
    content: (
        Annotated[JsonObject, Meta(description="The answer to a question of an MCP server, as `asks` wants it.")] | None
    ) = None


class ToolApproved(Result, frozen=True, kw_only=True):
    """The call goes on."""

    approval_id: str
    approved: bool


class ToolDenyParams(Params, frozen=True, kw_only=True):
    """Which call must not go on; the agent is told the reason."""

    approval_id: ApprovalId
    reason: Annotated[str, Meta(max_length=500, description="What the agent is told.")] | None = None


class ToolDenied(Result, frozen=True, kw_only=True):
    """The call fails."""

    approval_id: str
    denied: bool


class ToolDecidedEvent(Result, frozen=True, kw_only=True):
    """A call waits no longer."""

    approval_id: str
    run_id: str
    session_key: str
    tool: str
    outcome: ApprovalOutcome
    reason: str | None = None


tool_approval = Event(
    "tool.approval",
    ApprovalInfo,
    "A call waits until `tool.approve` or `tool.deny`.",
    lasting=True,
    topic=Topic.MESSAGES,
)
tool_decided = Event(
    "tool.decided", ToolDecidedEvent, "A call that waited was decided.", lasting=True, topic=Topic.MESSAGES
)

list_ = Method(
    name="tool.list",
    params=ToolListParams,
    result=ToolList,
    pages="tools",
    doc="The tools of an agent, and what each needs before it is used.",
    scope=Scope.READ,
    errors=(NotFound,),
)
invoke = Method(
    name="tool.invoke",
    params=ToolInvokeParams,
    result=ToolInvoked,
    doc="Use a tool directly. Policies and the PIN hold as for agents; the caller's own call counts as its approval.",
    scope=Scope.TOOLS,
    rate=Rate.SKILLS,
    errors=(NotFound, Timeout, Conflict),
)
pending = Method(
    name="tool.pending",
    params=Paged,
    result=ApprovalList,
    pages="approvals",
    doc="The calls that wait for a human.",
    scope=Scope.READ,
)
approve = Method(
    name="tool.approve",
    params=ToolApproveParams,
    result=ToolApproved,
    doc="Let a call that waits go on, once. Five wrong PINs lock the caller out for a while.",
    scope=Scope.TOOLS,
    emits=(tool_approval, tool_decided),
    errors=(NotFound,),
)
deny = Method(
    name="tool.deny",
    params=ToolDenyParams,
    result=ToolDenied,
    doc="Refuse a call that waits; the agent is told so.",
    scope=Scope.TOOLS,
    emits=(tool_decided,),
    errors=(NotFound,),
)

METHODS = (list_, invoke, pending, approve, deny)
