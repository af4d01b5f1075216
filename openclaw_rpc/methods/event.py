"""`event.*`: the join of the events' rows and the streams."""

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions, reach, require_owner
from openclaw_rpc.protocol import event
from openclaw_rpc.protocol.base import Scope, Topic
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest
from openclaw_rpc.protocol.event import EventSubscribeParams, EventUnsubscribeParams, Subscribed, Unsubscribed
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import missing_scope
from openclaw_rpc.rpc.following import Following, peer_of

ADMIN_TOPICS = frozenset({Topic.LOGS, Topic.GATEWAY})


class EventMethods:
    """Lets peers follow what happens."""

    def __init__(self, runs: Runs, sessions: Sessions, following: Following) -> None:
        self._runs = runs
        self._sessions = sessions
        self._following = following
        self._topics_epoch = new_id("e")

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return bind(event.subscribe, self.subscribe), bind(event.unsubscribe, self.unsubscribe)

    async def subscribe(self, params: EventSubscribeParams, call: Call) -> Subscribed:
        """Follow a session, a run or topics."""
        _exactly_one(params)
        if params.topics is not None:
            return self._subscribe_topics(params.topics, params.after is not None, call)
        if params.session_key is not None:
            session = await self._sessions.find(call.principal, params.session_key)
            return await self._following.follow(call, session, None, params.after)
        record, session = await self._runs.place(call.principal, params.run_id or "")
        session = session or await self._following.session_of(record)
        return await self._following.follow(call, session, record.id, params.after)

    def _subscribe_topics(self, topics: list[Topic], resuming: bool, call: Call) -> Subscribed:
        """Topics gather the events of many streams, and have no history of their own: each event says its stream's."""
        peer = peer_of(call)
        if call.principal.sessions is not None:
            raise Forbidden("this token may follow its sessions alone", field="topics", reason="sessions")
        if ADMIN_TOPICS.intersection(topics):
            if Scope.ADMIN not in call.principal.scopes:
                raise missing_scope(Scope.ADMIN)
            require_owner(call.principal)
        call.after_answer(lambda: peer.subscriptions.follow_topics(topics, reach(call.principal, None)))
        return Subscribed(epoch=self._topics_epoch, seq=0, resync=resuming)

    async def unsubscribe(self, params: EventUnsubscribeParams, call: Call) -> Unsubscribed:
        """Stop following something."""
        peer = peer_of(call)
        if params.session_key is None and params.run_id is None and params.topics is None:
            return Unsubscribed(removed=peer.subscriptions.clear())
        removed = 0
        if params.topics is not None:
            removed += peer.subscriptions.unfollow_topics(params.topics)
        if params.session_key is not None:
            session = await self._sessions.find(call.principal, params.session_key)
            removed += peer.subscriptions.unfollow(session.id, None)
        if params.run_id is not None:
            record, _ = await self._runs.place(call.principal, params.run_id)
            removed += peer.subscriptions.unfollow(record.session_id, record.id)
        return Unsubscribed(removed=removed)


def _exactly_one(params: EventSubscribeParams) -> None:
    given = [name for name in ("session_key", "run_id", "topics") if getattr(params, name) is not None]
    if len(given) != 1:
        reason = "name exactly one of sessionKey, runId and topics"
        raise InvalidRequest(f"event.subscribe: {reason}", field="sessionKey", reason=reason)
