"""Runs in sessions that another process of the same gateway has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from openclaw_rpc.domain.events.change import Beside
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.protocol.chat import ChatRunParams, RunAborted, RunAccepted, RunState
from openclaw_rpc.protocol.errors import Unavailable


class HeldElsewhere(Unavailable):
    """A session is another node's: what is to be done with it is asked of that one."""

    def __init__(self, node: int, session: SessionRecord) -> None:
        super().__init__("the session is another node's", reason="node", retryAfter=1)
        self.node = node
        self.session = session


class Elsewhere(Protocol):
    """What runs need of the other nodes, where there are some."""

    async def take(self, session: SessionRecord) -> SessionRecord:
        """Make a session this node's, if it is nobody's: how it stands now.

        Raises:
            HeldElsewhere: it is another node's. NotFound: it was deleted.
        """
        ...

    def made(self, session_id: str) -> None:
        """This node made a session."""
        ...

    async def start(
        self,
        session: SessionRecord,
        principal: Principal,
        params: ChatRunParams,
        pin: str | None,
        beside: Beside | None,
    ) -> tuple[RunAccepted, Callable[[], None]]:
        """Begin a run in another node's session, as `Runs.start` does."""
        ...

    async def abort(self, principal: Principal, run: RunRecord) -> RunAborted | None:
        """Stop a run that is not known to have ended; None where it is this node's by now, or has ended."""
        ...

    async def wait(self, principal: Principal, run: RunRecord, timeout_ms: int | None) -> RunState | None:
        """How such a run stands when it has ended, or when the time is up; None as for `abort`."""
        ...
