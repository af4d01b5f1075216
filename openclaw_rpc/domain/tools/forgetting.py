"""What tools left behind for a session goes when the session does."""

from __future__ import annotations

from typing import Protocol

import anyio

from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.session import session_deleted, session_reset


class KeptForSessions(Protocol):
    """Keeps something for sessions."""

    async def forget(self, session_id: str) -> None:
        """Remove what belongs to a session."""
        ...


class Forgetting:
    """Hears of sessions that were deleted or begun anew; a chore removes what was kept for them."""

    hears = frozenset({session_deleted.name, session_reset.name})

    def __init__(self, kept: KeptForSessions, log: Log) -> None:
        self._kept = kept
        self._log = log
        self._waiting: list[str] = []
        self._wake = anyio.Event()

    def hear(self, event: Published) -> None:
        """Take an event."""
        self._waiting.append(event.session_id)
        self._wake.set()

    async def serve(self) -> None:
        """Remove until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._waiting:
                session_id = self._waiting.pop()
                try:
                    await self._kept.forget(session_id)
                except (GatewayError, OSError) as error:
                    self._log.warning("what tools kept for a session could not be removed", error=str(error))
