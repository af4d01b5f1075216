"""The event streams: every session's events, numbered, kept, and told to whoever listens.

What ends something, or was acknowledged, is on disk before anybody hears it; what a run says and does on its way is
told at once and kept soon after. Numbers are given out in order, and events are told in that order: one that is still
being written holds back those behind it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.ports import Store, Tasks
from openclaw_rpc.domain.published import DELTAS, Listener, Portion, Published
from openclaw_rpc.domain.records import EventRecord, RunRecord, SessionRecord, UsageRecord
from openclaw_rpc.domain.replay import Replayer, contiguous
from openclaw_rpc.protocol.base import Topic
from openclaw_rpc.protocol.chat import ChatMessage
from openclaw_rpc.protocol.method import Event

RING_EVENTS = 2048
"""How many of a session's newest events stay in memory."""
IDLE_STREAMS = 1024
"""How many streams may be in memory before those without a listener or a run are let go."""
PAGE = 1000


class Stream:
    """One session's events in memory."""

    def __init__(self, session: SessionRecord, topics: Topics, ring_events: int = RING_EVENTS) -> None:
        self.session_id = session.id
        self.user = session.user
        self.key = session.key
        self.epoch = session.epoch
        self.seq = session.seq
        self.kept = session.seq
        """Everything up to this number is on disk, or will never be."""
        self.kept_events = 0
        """How many lasting events were begun or told: while it stays, the messages on disk do."""
        self.holders = 0
        """Runs and listeners that need this stream in memory."""
        self._ring: deque[Published] = deque()
        self._gate: deque[Published] = deque()
        self._portions: list[Portion] = []
        self._owed: list[EventRecord] = []
        self._owed_messages: list[ChatMessage] = []
        self._owed_runs: dict[str, RunRecord] = {}
        self._listeners: dict[Listener, None] = {}
        self._topics = topics
        self._ring_events = ring_events

    @property
    def head(self) -> int:
        """The number of the last event that was told."""
        return self._gate[0].seq - 1 if self._gate else self.seq

    @property
    def settled(self) -> bool:
        """Whether no event is held back."""
        return not self._gate

    @property
    def first(self) -> int:
        """The number of the oldest event in memory; one past the last told where there is none."""
        return self._ring[0].seq if self._ring else self.head + 1

    @property
    def idle(self) -> bool:
        """Whether nobody would miss this stream in memory."""
        return not self.holders and not self._listeners and not self._gate and not self.unkept

    def listen(self, listener: Listener) -> None:
        """Tell a listener all that comes."""
        self._listeners[listener] = None

    def unlisten(self, listener: Listener) -> None:
        """Tell it no more."""
        self._listeners.pop(listener, None)

    def say(self, row: Event[Any], data: msgspec.Struct, run_id: str | None = None) -> Published:
        """Number an event and tell it as soon as those before it have been told."""
        self.seq += 1
        event = Published(row, data, self.user, self.session_id, run_id, self.epoch, self.seq)
        if row in DELTAS:
            self._gather(event)
        if self._gate:
            self._gate.append(event)
        else:
            self._tell(event)
        return event

    def _gather(self, event: Published) -> None:
        if not self._portions or not self._portions[-1].follows(event):
            self._portions.append(Portion(event))
        self._portions[-1].add(event)

    @property
    def unkept(self) -> bool:
        """Whether events were told, or messages said, that are not on disk yet."""
        return bool(self._portions or self._owed or self._owed_messages or self._owed_runs)

    def take_unkept(self) -> tuple[list[EventRecord], list[ChatMessage]]:
        """Those events and messages, to be kept by the caller with what it keeps."""
        records = [*self._owed, *(portion.record() for portion in self._portions)]
        messages = [*self._owed_messages]
        self._owed.clear()
        self._portions.clear()
        self._owed_messages.clear()
        return records, messages

    def owe(self, records: Iterable[EventRecord], messages: Iterable[ChatMessage] = ()) -> None:
        """Remember what has to be kept with the next write."""
        self._owed.extend(records)
        self._owed_messages.extend(messages)

    def owe_run(self, run: RunRecord) -> None:
        """Remember a run whose end could not be kept; without it, a restart would end it once more."""
        self._owed_runs[run.id] = run

    def take_runs(self) -> list[RunRecord]:
        """Those runs, to be kept by the caller."""
        runs = list(self._owed_runs.values())
        self._owed_runs.clear()
        return runs

    def say_soon_kept(
        self, row: Event[Any], data: msgspec.Struct, run_id: str, messages: Iterable[ChatMessage] = ()
    ) -> None:
        """Tell what a run does on its way now, and keep it with the next write.

        A crash in between begins a new epoch, as it does for deltas: nobody resumes over what it took.
        """
        event = self.say(row, data, run_id)
        self.kept_events += 1
        self._owed.append(record_of(event))
        self._owed_messages.extend(messages)

    def withdraw(self, events: Iterable[Published]) -> None:
        """Never tell these events: they could not be kept. Their numbers stay unused, which ends the history here."""
        for event in events:
            self._gate.remove(event)
        self.release(())

    def reserve(self, row: Event[Any], data: msgspec.Struct, run_id: str | None = None) -> Published:
        """Number an event, and hold it and all behind it back until it is released."""
        self.seq += 1
        event = Published(row, data, self.user, self.session_id, run_id, self.epoch, self.seq, ready=False)
        self._gate.append(event)
        return event

    def release(self, events: Iterable[Published]) -> None:
        """Let events go; they are told in the order of their numbers."""
        for event in events:
            event.ready = True
        while self._gate and self._gate[0].ready:
            self._tell(self._gate.popleft())

    def heard(self, row: Event[Any]) -> bool:
        """Whether anybody would hear such an event now."""
        return bool(self._listeners) or (row.topic is not None and self._topics.wanted(row.topic))

    def tell(self, row: Event[Any], data: msgspec.Struct) -> None:
        """Tell an event that is no part of the numbered history."""
        event = Published(row, data, user=self.user, session_id=self.session_id)
        for listener in tuple(self._listeners):
            listener.hear(event)
        self._topics.tell(event)

    def restart(self, epoch: str) -> None:
        """Begin a new history: what was told before can't be asked for any more."""
        self.epoch = epoch
        self._ring.clear()
        self.take_unkept()
        self.take_runs()

    def recent(self, after: int) -> list[Published]:
        """The events in memory whose number is greater."""
        return [event for event in self._ring if event.seq > after]

    def _tell(self, event: Published) -> None:
        ring = self._ring
        ring.append(event)
        while len(ring) > self._ring_events and ring[0].seq <= self.kept:
            ring.popleft()
        for listener in tuple(self._listeners):
            listener.hear(event)
        if event.row.topic is not None:
            self._topics.tell(event)


class Topics:
    """Who follows what across sessions. A listener hears its own user's events, or everybody's."""

    def __init__(self) -> None:
        self._listeners: dict[Topic, dict[Listener, str | None]] = {}

    def listen(self, topic: Topic, listener: Listener, user: str | None) -> None:
        """Tell a listener a topic's events of ``user``, of all users where that is None."""
        self._listeners.setdefault(topic, {})[listener] = user

    def unlisten(self, topic: Topic, listener: Listener) -> bool:
        """Tell it no more; whether it had listened."""
        return self._listeners.get(topic, {}).pop(listener, self) is not self

    def wanted(self, topic: Topic) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners.get(topic))

    def tell(self, event: Published) -> None:
        """Tell an event to those who follow its topic."""
        listeners = self._listeners.get(event.row.topic) if event.row.topic is not None else None
        if listeners:
            for listener, user in tuple(listeners.items()):
                if user is None or not event.user or user == event.user:
                    listener.hear(event)


class Streams:
    """All streams, made when they are asked for and let go when nobody needs them."""

    def __init__(
        self,
        store: Store,
        rows: Mapping[str, Event[Any]],
        tasks: Tasks,
        *,
        ring_events: int = RING_EVENTS,
        idle_streams: int = IDLE_STREAMS,
    ) -> None:
        self.topics = Topics()
        self.ring_events = ring_events
        self.idle_streams = idle_streams
        self._store = store
        self._tasks = tasks
        self._replayer = Replayer(rows)
        self._streams: dict[str, Stream] = {}

    def of(self, session: SessionRecord) -> Stream:
        """The stream of a session."""
        stream = self._streams.get(session.id)
        if stream is None:
            if len(self._streams) >= self.idle_streams:
                self._sweep()
            stream = self._streams[session.id] = Stream(session, self.topics, self.ring_events)
        return stream

    def find(self, session_id: str) -> Stream | None:
        """The stream of a session, where it is in memory."""
        return self._streams.get(session_id)

    def drop(self, session_id: str) -> None:
        """Forget the stream of a session that was deleted; where a run still has to end, a sweep does it later."""
        stream = self._streams.get(session_id)
        if stream is not None and not stream.holders:
            del self._streams[session_id]

    def _sweep(self) -> None:
        # Oldest first; half of the idle ones go, so that a sweep is rare.
        idle = [key for key, stream in self._streams.items() if stream.idle]
        for key in idle[: max(1, len(idle) // 2)]:
            del self._streams[key]

    async def keep(
        self,
        stream: Stream,
        events: Sequence[tuple[Event[Any], msgspec.Struct]],
        *,
        run_id: str | None = None,
        messages: Sequence[ChatMessage] = (),
    ) -> None:
        """Keep lasting events and what belongs to them in one piece, then tell them.

        A caller that is cancelled meanwhile changes nothing: what is on disk is told.

        Raises:
            Unavailable: the disk did not take them, and nobody was told.
        """
        await self._tasks.finish(self._keep(stream, events, run_id=run_id, messages=messages))

    async def keep_end(
        self,
        stream: Stream,
        events: Sequence[tuple[Event[Any], msgspec.Struct]],
        run: RunRecord,
        *,
        messages: Sequence[ChatMessage],
        usage: Sequence[UsageRecord],
    ) -> None:
        """Keep a run's final events with the run, then tell them, also where they can't be kept.

        To be called where nothing is cancelled any more.

        Raises:
            Unavailable: the disk did not take them; the next write tries again.
        """
        await self._keep(stream, events, run_id=run.id, messages=messages, run=run, usage=usage, anyway=True)

    async def _keep(
        self,
        stream: Stream,
        events: Sequence[tuple[Event[Any], msgspec.Struct]],
        *,
        run_id: str | None,
        messages: Sequence[ChatMessage],
        run: RunRecord | None = None,
        usage: Sequence[UsageRecord] = (),
        anyway: bool = False,
    ) -> None:
        told = [stream.reserve(row, data, run_id) for row, data in events]
        stream.kept_events += bool(told)
        records: list[EventRecord] = []
        fresh: list[EventRecord] = []
        owed: list[ChatMessage] = []
        runs: list[RunRecord] = []
        try:
            fresh = [record_of(event) for event in told]
            records, owed = stream.take_unkept()
            runs = stream.take_runs()
            while runs:
                await self._store.commit(Change(stream.session_id, run=runs[-1]))
                runs.pop()
            await self._store.commit(
                Change(
                    stream.session_id,
                    messages=[*owed, *messages],
                    events=[*records, *fresh],
                    run=run,
                    usage=usage,
                )
            )
            stream.kept = max([stream.kept, *[record.seq for record in (*records, *fresh)]])
        except BaseException:
            for late in (*runs, *((run,) if anyway and run is not None else ())):
                stream.owe_run(late)
            stream.owe([*records, *fresh] if anyway else records, [*owed, *messages] if anyway else owed)
            if not anyway:
                stream.withdraw(told)
                told = []
            raise
        finally:
            # Whatever happens, the events behind these must not wait for ever.
            stream.kept_events += bool(told)
            stream.release(told)

    async def keep_owed(self) -> None:
        """Put on disk what runs said and did since the last time."""
        for stream in [stream for stream in self._streams.values() if stream.unkept]:
            await self._keep(stream, (), run_id=None, messages=())

    async def since(self, stream: Stream, epoch: str, after: int) -> list[Published] | None:
        """All that was told after a number, in order; None where it can't be had.

        The caller listens in the same step of the loop in which this returns, so that nothing is missed or repeated.
        """
        if epoch != stream.epoch or after > stream.head:
            return None
        old: list[Published] = []
        reached = after
        while reached < stream.first - 1:
            records = await self._store.events(stream.session_id, reached, PAGE)
            upto = stream.first - 1
            if epoch != stream.epoch or not contiguous(records, reached, upto):
                return None
            for record in records:
                event = self._replayer.again(record, stream.user, epoch, reached, upto)
                if event is not None:
                    old.append(event)
            reached = min(records[-1].seq, upto)
        return old + stream.recent(reached)


def record_of(event: Published) -> EventRecord:
    """An event as it is kept."""
    return EventRecord(
        session_id=event.session_id,
        seq=event.seq,
        type=event.row.name,
        data=msgspec.json.encode(event.data),
        run_id=event.run_id,
    )


def new_epoch() -> str:
    """A name for a stream's history; a new one says that what came before can't be resumed."""
    return new_id("e")
