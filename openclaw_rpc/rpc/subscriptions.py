"""What one peer follows: sessions, runs of them, and topics."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from openclaw_rpc.domain.events.bus import Bus, Filter, Unsubscribe
from openclaw_rpc.domain.events.published import EventListener, Published
from openclaw_rpc.protocol.base import Topic
from openclaw_rpc.protocol.chat import chat_done

_WHOLE = ""


class Subscriptions:
    """The subscriptions of a listener, by what clients call them. The bus tells it each event once."""

    def __init__(self, bus: Bus, listener: EventListener) -> None:
        self._bus = bus
        self._listener = listener
        self._sessions: dict[str, dict[str, tuple[Filter, Unsubscribe]]] = {}
        self._topics: dict[Topic, tuple[Filter, Unsubscribe]] = {}
        self._closed = False

    @property
    def sessions(self) -> Collection[str]:
        """The ids of the sessions of which it follows all, or a run."""
        return self._sessions.keys()

    def follow(self, session_id: str, run_id: str | None) -> bool:
        """Hear all events of a session from now on, or of one run of it; whether they were not heard already."""
        runs = self._sessions.get(session_id, {})
        if self._closed or _WHOLE in runs or run_id in runs:
            return False
        fresh = self._subscribe(Filter(session_id=session_id, run_id=run_id))
        if run_id is None:
            self._end(runs)
            self._sessions[session_id] = {_WHOLE: fresh}
        else:
            self._sessions[session_id] = {**runs, run_id: fresh}
        return True

    def unfollow(self, session_id: str, run_id: str | None) -> bool:
        """Hear them no longer; whether they were heard."""
        runs = self._sessions.get(session_id)
        if runs is None or (run_id is not None and run_id not in runs):
            return False
        if run_id is not None:
            self._end({run_id: runs.pop(run_id)})
        else:
            self._end(runs)
        if run_id is None or not runs:
            del self._sessions[session_id]
        return True

    def follow_topics(self, topics: Sequence[Topic], user: str | None) -> None:
        """Hear topics: of one user, or of everybody's where ``user`` is None."""
        for topic in topics:
            if not self._closed and topic not in self._topics:
                self._topics[topic] = self._subscribe(Filter(topic=topic, user=user))

    def unfollow_topics(self, topics: Sequence[Topic]) -> int:
        """Hear topics no longer; how many were heard."""
        heard = [self._topics.pop(topic) for topic in dict.fromkeys(topics) if topic in self._topics]
        for _, unsubscribe in heard:
            unsubscribe()
        return len(heard)

    def clear(self) -> int:
        """Hear nothing any more; how many subscriptions there were."""
        count = self.unfollow_topics(tuple(self._topics)) + sum(map(len, self._sessions.values()))
        for runs in self._sessions.values():
            self._end(runs)
        self._sessions.clear()
        return count

    def close(self) -> None:
        """Hear nothing any more, whatever is followed later."""
        self._closed = True
        self.clear()

    def fit(self, event: Published) -> bool:
        """Whether the listener hears such an event."""
        filters = [which for which, _ in (*self._sessions.get(event.session_id, {}).values(), *self._topics.values())]
        return any(which.fits(event) for which in filters)

    def heard(self, event: Published) -> None:
        """The listener was sent an event: one that ends a run ends its subscription, too."""
        if event.row is chat_done and event.run_id is not None:
            self.unfollow(event.session_id, event.run_id)

    def _subscribe(self, which: Filter) -> tuple[Filter, Unsubscribe]:
        return which, self._bus.subscribe(which, self._listener)

    def _end(self, subscriptions: dict[str, tuple[Filter, Unsubscribe]]) -> None:
        for _, unsubscribe in subscriptions.values():
            unsubscribe()
