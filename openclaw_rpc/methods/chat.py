"""`chat.*`: the join of the chat rows and the runs."""

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.protocol import chat
from openclaw_rpc.protocol.chat import (
    ChatAbortParams,
    ChatHistory,
    ChatHistoryParams,
    ChatInjected,
    ChatInjectParams,
    ChatMessage,
    ChatRunParams,
    ChatWaitParams,
    RunAborted,
    RunAccepted,
    RunState,
)
from openclaw_rpc.protocol.event import Position
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.following import Following


class ChatMethods:
    """Asks agents, and reads what was said."""

    def __init__(self, runs: Runs, sessions: Sessions, following: Following) -> None:
        self._runs = runs
        self._sessions = sessions
        self._following = following

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(chat.run, self.run, shielded=True),
            bind(chat.abort, self.abort),
            bind(chat.wait, self.wait),
            bind(chat.history, self.history),
            bind(chat.inject, self.inject, shielded=True),
        )

    async def run(self, params: ChatRunParams, call: Call) -> RunAccepted:
        """Admit a run; it begins when the caller has its answer and hears its events."""
        accepted, release = await self._runs.start(call.principal, params, call.pin)
        try:
            if call.peer is not None:
                record, session = await self._runs.place(call.principal, accepted.run_id)
                after = Position(epoch=accepted.epoch, seq=accepted.seq)
                session = session or await self._following.session_of(record)
                await self._following.follow(call, session, accepted.run_id, after, again=False)
        finally:
            # Whatever becomes of the caller, the run is on disk and must come to its end.
            call.after_answer(release)
        return accepted

    async def abort(self, params: ChatAbortParams, call: Call) -> RunAborted:
        """Stop a run."""
        return await self._runs.abort(call.principal, params.run_id)

    async def wait(self, params: ChatWaitParams, call: Call) -> RunState:
        """Wait for a run."""
        return await self._runs.wait(call.principal, params.run_id, params.timeout_ms)

    async def history(self, params: ChatHistoryParams, call: Call) -> ChatHistory:
        """A page of messages, or one message."""
        if params.message_id is not None:
            message = await self._sessions.message(call.principal, params.session_key, params.message_id, params.offset)
            return ChatHistory(messages=[message])
        return await self._sessions.history(call.principal, params.session_key, params.limit, params.before)

    async def inject(self, params: ChatInjectParams, call: Call) -> ChatInjected:
        """Put a message into a session."""
        message = ChatMessage(
            message_id=new_id("m"),
            role=params.role,
            content=params.content,
            created_at=self._sessions.now(),
            status="complete",
            metadata=params.metadata,
        )
        return await self._sessions.inject(call.principal, params.session_key, message)
