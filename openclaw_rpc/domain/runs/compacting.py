"""A session is summarised because somebody asks for it, outside of its runs."""

from __future__ import annotations

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import Models
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.runs.compaction import Compaction, covered
from openclaw_rpc.domain.runs.spending import Spender
from openclaw_rpc.domain.runs.talk import HISTORY, Talk
from openclaw_rpc.domain.sessions import Live, Sessions
from openclaw_rpc.protocol.chat import ChatMessageEvent, chat_message
from openclaw_rpc.protocol.errors import Conflict
from openclaw_rpc.protocol.session import SessionCompacted, SessionCompactParams


class Compacting:
    """Answers `session.compact`."""

    def __init__(
        self,
        store: Store,
        streams: Streams,
        sessions: Sessions,
        agents: Agents,
        models: Models,
        compaction: Compaction,
        ledger: Ledger,
    ) -> None:
        self._store = store
        self._streams = streams
        self._sessions = sessions
        self._agents = agents
        self._models = models
        self._compaction = compaction
        self._ledger = ledger

    async def compact(self, principal: Principal, params: SessionCompactParams, live: Live) -> SessionCompacted:
        """Have the agent's model summarise what was said.

        Raises:
            NotFound: there is no such session. Conflict: a run is under way, or no model is configured.
            ProviderFault: the model could not be asked.
        """
        record = await self._sessions.find(principal, params.session_key)
        if live(record.id):
            raise Conflict("the session has a run", field="sessionKey", reason="busy")
        kept, _ = await self._store.messages(record.id, HISTORY)
        what = covered(Talk(kept, "").told, 0)
        if what is None:
            return SessionCompacted(session_key=record.key, compacted=False, messages=0)
        choice = self._models.resolve(record.model or self._agents.get(record.agent_id).model)[0]
        if choice.offline:
            raise Conflict("no model is configured that could summarise", reason="no_model")
        spender = Spender.of_session(record, principal.name)
        made = await self._compaction.summarise(what, choice, spender, params.instructions or "")
        self._ledger.add(made.spent)
        data = ChatMessageEvent(session_key=record.key, message=made.message)
        await self._streams.keep(self._streams.of(record), ((chat_message, data),), messages=(made.message,))
        return SessionCompacted(session_key=record.key, compacted=True, messages=what.said, message=made.message)
