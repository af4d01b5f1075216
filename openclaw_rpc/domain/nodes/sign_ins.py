"""Sign-in codes that work at every node: each says who offered it, and is used up there."""

from __future__ import annotations

from openclaw_rpc.domain.nodes.calls import NodeCalls, NodeGone
from openclaw_rpc.domain.nodes.membership import Membership
from openclaw_rpc.domain.sign_ins import SignIns

USE = "sign_in"


class SharedSignIns:
    """Uses up other nodes' codes, and has them use up this one's."""

    def __init__(self, sign_ins: SignIns, asking: NodeCalls, membership: Membership) -> None:
        self._sign_ins = sign_ins
        self._asking = asking
        self._membership = membership
        sign_ins.mark, sign_ins.elsewhere = f"{membership.number}.", self._ask
        asking.does(USE, self._use)

    async def _ask(self, code: str) -> str | None:
        # Whatever anybody made up is asked of nobody.
        node = next((number for number in self._membership.others if code.startswith(f"{number}.")), None)
        if node is None:
            return None
        try:
            return (await self._asking.ask(node, USE, code.encode())).decode() or None
        except NodeGone:
            return None

    async def _use(self, code: bytes) -> bytes:
        principal = self._sign_ins.use(code.decode())
        return b"" if principal is None else (principal.jti or principal.name).encode()
