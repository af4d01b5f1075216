"""Calls that wait for a human, in memory."""

from openclaw_rpc.domain.tools.approvals import WaitingCall


class MemoryApprovalStore:
    """See the port `ApprovalStore`; ends with its process."""

    def __init__(self) -> None:
        self._calls: dict[str, WaitingCall] = {}

    async def put(self, call: WaitingCall) -> None:
        """See the port."""
        self._calls[call.info.approval_id] = call

    async def remove(self, approval_id: str) -> None:
        """See the port."""
        self._calls.pop(approval_id, None)

    async def all(self) -> list[WaitingCall]:
        """See the port."""
        return list(self._calls.values())
