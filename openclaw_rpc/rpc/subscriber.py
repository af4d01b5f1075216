"""One peer of any door that keeps a connection: the streams and topics it follows, and what is sent to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openclaw_rpc.domain.published import Published
from openclaw_rpc.domain.streams import Stream, Topics
from openclaw_rpc.protocol.base import Topic
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.rpc.frames import Framing, Spelling
from openclaw_rpc.rpc.outbox import Outbox, Sink


class _Ear:
    """Hears the topics that a connection follows; what it heard on a session's stream it does not hear twice."""

    __slots__ = ("_subscriber",)

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber

    def hear(self, event: Published) -> None:
        if event is not self._subscriber.last:
            self._subscriber.push(event)


class Subscriber:
    """A client that is sent events, as ``spelling`` and ``framing`` have them.

    ``cut`` is called when the peer is so far behind that it is to be closed.
    """

    def __init__(
        self,
        spelling: Spelling,
        framing: Framing,
        sink: Sink,
        topics: Topics,
        *,
        outbox_bytes: int,
        cut: Callable[[], None],
    ) -> None:
        self.last: Published | None = None
        self._spelling = spelling
        self._framing = framing
        self._outbox = Outbox(sink, self._encode, outbox_bytes, self.fell_behind)
        self._topics = topics
        self._follows: dict[str, tuple[Stream, set[str] | None]] = {}
        self._ear: _Ear | None = None
        self._heard_topics: set[Topic] = set()
        self._cut = cut
        self._closed = False

    def send(self, row: Event[Any], data: Any, epoch: str = "", seq: int = 0) -> None:
        """Send an event that belongs to this connection alone."""
        self._outbox.put_event(Published(row, data, user="", epoch=epoch, seq=seq))

    def hear(self, event: Published) -> None:
        """Take an event of a stream that this connection follows."""
        follow = self._follows.get(event.session_id)
        if follow is None:
            return
        runs = follow[1]
        if runs is not None and event.run_id not in runs:
            return
        self.last = event
        self._outbox.put_event(event)
        if runs is not None and event.row is chat_done:
            self.unfollow(event.session_id, event.run_id)

    def hears(self, event: Published) -> bool:
        """Whether it follows what this event belongs to, or was sent it just now."""
        follow = self._follows.get(event.session_id)
        return event is self.last or (follow is not None and (follow[1] is None or event.run_id in follow[1]))

    def push(self, event: Published) -> None:
        """Send an event."""
        self.last = event
        self._outbox.put_event(event)

    def follow(self, stream: Stream, run_id: str | None) -> bool:
        """Hear all events of a stream from now on, or of one run of it; whether they were not heard already."""
        if self._closed:
            return False
        before = self._follows.get(stream.session_id)
        if before is not None and (before[1] is None or run_id in before[1]):
            return False
        if run_id is None:
            self._follows[stream.session_id] = (stream, None)
        elif before is None:
            self._follows[stream.session_id] = (stream, {run_id})
        elif before[1] is not None:
            before[1].add(run_id)
        stream.listen(self)
        return True

    def unfollow(self, session_id: str, run_id: str | None) -> bool:
        """Hear them no longer; whether they were heard."""
        follow = self._follows.get(session_id)
        if follow is None or (run_id is not None and (follow[1] is None or run_id not in follow[1])):
            return False
        stream, runs = follow
        if run_id is not None and runs is not None:
            runs.discard(run_id)
            if runs:
                return True
        del self._follows[session_id]
        stream.unlisten(self)
        return True

    @property
    def quiet(self) -> bool:
        """Whether no run is at work, or waits, in any session that it follows."""
        return all(not stream.holders for stream, _ in self._follows.values())

    def follow_topics(self, topics: Sequence[Topic], user: str | None) -> None:
        """Hear topics: of one user, or of everybody's where ``user`` is None."""
        if self._ear is None:
            self._ear = _Ear(self)
        for topic in topics:
            if not self._closed:
                self._heard_topics.add(topic)
                self._topics.listen(topic, self._ear, user)

    def unfollow_topics(self, topics: Sequence[Topic]) -> int:
        """Hear topics no longer; how many were heard."""
        heard = self._heard_topics.intersection(topics)
        for topic in heard:
            if self._ear is not None:
                self._topics.unlisten(topic, self._ear)
        self._heard_topics -= heard
        return len(heard)

    def unfollow_all(self) -> int:
        """Hear nothing any more; how many subscriptions there were."""
        count = self.unfollow_topics(tuple(self._heard_topics))
        for session_id, (_, runs) in list(self._follows.items()):
            count += 1 if runs is None else len(runs)
            self._follows[session_id][0].unlisten(self)
        self._follows.clear()
        return count

    def _encode(self, event: Published) -> Sequence[bytes]:
        kind = self._framing.kind
        frames = event.frames.get(kind)
        if frames is None:
            told = self._spelling.tell(event.row.name, event.data)
            frames = self._framing.frames(told, event.epoch, event.seq)
            if kind:
                event.frames[kind] = frames
        return frames

    def resumed(self) -> None:
        """The peer can take more."""
        self._outbox.resumed()

    def flush(self) -> None:
        """Write what is ready."""
        self._outbox.flush()

    def fell_behind(self) -> None:
        """The peer does not keep up: it is closed."""
        self.unfollow_all()
        self._cut()

    def close(self) -> None:
        """Hear nothing any more; what waits is dropped."""
        self._closed = True
        self._outbox.close()
        self.unfollow_all()
