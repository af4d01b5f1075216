"""`tool.*`: the join of the tools' rows, the toolbox and the approvals."""

from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.approvals import Approvals
from openclaw_rpc.domain.tools.toolbox import Tools
from openclaw_rpc.protocol import tool
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.tool import (
    ApprovalList,
    ToolApproved,
    ToolApproveParams,
    ToolDenied,
    ToolDenyParams,
    ToolInvoked,
    ToolInvokeParams,
    ToolList,
    ToolListParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class ToolMethods:
    """Lists and uses tools, and decides about calls that wait."""

    def __init__(self, tools: Tools, approvals: Approvals, sessions: Sessions) -> None:
        self._tools = tools
        self._approvals = approvals
        self._sessions = sessions

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(tool.list_, self.list_),
            bind(tool.invoke, self.invoke),
            bind(tool.pending, self.pending),
            bind(tool.approve, self.approve),
            bind(tool.deny, self.deny),
        )

    async def list_(self, params: ToolListParams, call: Call) -> ToolList:
        """The tools of an agent."""
        return await self._tools.list(call.principal, params.agent_id)

    async def invoke(self, params: ToolInvokeParams, call: Call) -> ToolInvoked:
        """Use a tool."""
        key = params.session_key
        session = await self._sessions.find(call.principal, key) if key is not None else None
        pin = params.pin if params.pin is not None else call.pin
        return await self._tools.invoke(call.principal, params.name, params.params, session=session, pin=pin)

    async def pending(self, params: Empty, call: Call) -> ApprovalList:
        """The calls that wait."""
        return ApprovalList(approvals=await self._approvals.pending(call.principal))

    async def approve(self, params: ToolApproveParams, call: Call) -> ToolApproved:
        """Let a call go on."""
        pin = params.pin if params.pin is not None else call.pin
        await self._approvals.approve(call.principal, params.approval_id, pin, params.content)
        return ToolApproved(approval_id=params.approval_id, approved=True)

    async def deny(self, params: ToolDenyParams, call: Call) -> ToolDenied:
        """Refuse a call."""
        await self._approvals.deny(call.principal, params.approval_id, params.reason)
        return ToolDenied(approval_id=params.approval_id, denied=True)
