"""`dashboard.*`: the join of the dashboard's row and the sign-ins."""

from openclaw_rpc.domain.sign_ins import CODE_SECONDS, SignIns
from openclaw_rpc.protocol import dashboard
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.dashboard import SignInLink
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class DashboardMethods:
    """Makes links to the dashboard."""

    def __init__(self, sign_ins: SignIns) -> None:
        self._sign_ins = sign_ins

    def bound(self) -> tuple[AnyBound, ...]:
        """The row with its handler."""
        return (bind(dashboard.link, self.link),)

    def link(self, params: Empty, call: Call) -> SignInLink:
        """A link for the caller."""
        return SignInLink(path=f"/login#code={self._sign_ins.offer(call.principal)}", expires_in=CODE_SECONDS)
