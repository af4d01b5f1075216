"""`session.*`: the join of the sessions' rows and the sessions."""

from openclaw_rpc.domain.runs.compacting import Compacting
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.protocol import session
from openclaw_rpc.protocol.session import (
    SessionCompacted,
    SessionCompactParams,
    SessionCreateParams,
    SessionDeleted,
    SessionDetail,
    SessionForkParams,
    SessionGetParams,
    SessionInfo,
    SessionKeyParams,
    SessionListParams,
    SessionPage,
    SessionUpdateParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class SessionMethods:
    """Lists, shows and changes sessions."""

    def __init__(self, sessions: Sessions, runs: Runs, compacting: Compacting) -> None:
        self._sessions = sessions
        self._runs = runs
        self._compacting = compacting

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(session.list_, self.list_),
            bind(session.get, self.get),
            bind(session.create, self.create, shielded=True),
            bind(session.update, self.update, shielded=True),
            bind(session.delete, self.delete, shielded=True),
            bind(session.reset, self.reset, shielded=True),
            bind(session.fork, self.fork, shielded=True),
            bind(session.compact, self.compact),
        )

    async def list_(self, params: SessionListParams, call: Call) -> SessionPage:
        """A page of sessions."""
        return await self._sessions.list(call.principal, params, self._runs.live)

    async def get(self, params: SessionGetParams, call: Call) -> SessionDetail:
        """A session as it stands."""
        return await self._sessions.detail(call.principal, params.session_key, params.limit, self._runs.live)

    async def create(self, params: SessionCreateParams, call: Call) -> SessionInfo:
        """Make a session."""
        return await self._sessions.create(call.principal, params, call.after_answer)

    async def update(self, params: SessionUpdateParams, call: Call) -> SessionInfo:
        """Change a session."""
        return await self._sessions.update(call.principal, params, call.after_answer)

    async def delete(self, params: SessionKeyParams, call: Call) -> SessionDeleted:
        """Delete a session."""
        await self._sessions.delete(call.principal, params.session_key, self._runs.stop_session, call.after_answer)
        return SessionDeleted(session_key=params.session_key, deleted=True)

    async def reset(self, params: SessionKeyParams, call: Call) -> SessionInfo:
        """Empty a session."""
        return await self._sessions.reset(
            call.principal, params.session_key, self._runs.stop_session, call.after_answer
        )

    async def fork(self, params: SessionForkParams, call: Call) -> SessionInfo:
        """Copy a session."""
        return await self._sessions.fork(call.principal, params, call.after_answer)

    async def compact(self, params: SessionCompactParams, call: Call) -> SessionCompacted:
        """Summarise a session."""
        return await self._compacting.compact(call.principal, params, self._runs.live)
