"""One session's events: numbered, told in the order of their numbers, and remembered until they are on disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.change import Change, Delivery
from openclaw_rpc.domain.events.published import DELTAS, Portion, Published
from openclaw_rpc.domain.records import EventRecord, RunRecord, SessionRecord, UsageRecord
from openclaw_rpc.protocol.chat import ChatMessage, chat_message
from openclaw_rpc.protocol.method import Event


class Unkept:
    """What was told or said and is not on disk yet: ``told`` are the events that ``records`` keep."""

    __slots__ = ("deliveries", "messages", "records", "runs", "told", "usage")

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.records: list[EventRecord] = []
        self.told: list[Published] = []
        self.messages: list[ChatMessage] = []
        self.usage: list[UsageRecord] = []
        self.runs: dict[str, RunRecord] = {}
        """Runs whose end could not be kept; without it, a restart would end them once more."""

    def __bool__(self) -> bool:
        return bool(self.records or self.messages or self.runs or self.deliveries or self.usage)

    def changes(self, session_id: str) -> list[Change]:
        """All of it as changes of its session; a change holds one run."""
        rest = Change(
            session_id, messages=self.messages, events=self.records, deliveries=self.deliveries, usage=self.usage
        )
        return [*(Change(session_id, run=run) for run in self.runs.values()), rest]

    def before(self, later: Unkept) -> Unkept:
        """This and what came later, as one."""
        self.records += later.records
        self.told += later.told
        self.messages += later.messages
        self.deliveries += later.deliveries
        self.usage += later.usage
        self.runs |= later.runs
        return self


class Stream:
    """One session's events in memory: those that are not on disk yet. ``waiting`` takes in streams that have some."""

    def __init__(self, session: SessionRecord, bus: Bus, waiting: dict[str, Stream]) -> None:
        self.session_id = session.id
        self.user = session.user
        self.key = session.key
        self.channel = session.channel
        self.epoch = session.epoch
        self.seq = session.seq
        self.kept_events = 0
        """How many lasting events were begun or told: while it stays, the messages on disk do."""
        self.held: Callable[[], bool] | None = None
        """Whether nothing may be told just now; where no other process could be at the session, nobody asks."""
        self.holders = 0
        """Runs and readers that need this stream in memory."""
        self._ring: deque[Published] = deque()
        self._gate: deque[Published] = deque()
        self._portions: list[Portion] = []
        self._owed = Unkept()
        self._writing: list[Unkept] = []
        self.writes = 0
        """How many of its writes have ended."""
        self._bus = bus
        self._waiting = waiting

    @property
    def head(self) -> int:
        """The number of the last event that was told."""
        return self._gate[0].seq - 1 if self._gate else self.seq

    @property
    def gated(self) -> bool:
        """Whether events wait to be told."""
        return bool(self._gate)

    @property
    def first(self) -> int:
        """The number of the oldest event in memory; one past the last told where there is none.

        Everything before it is on disk, or will never be.
        """
        return self._ring[0].seq if self._ring else self.head + 1

    @property
    def idle(self) -> bool:
        """Whether nobody would miss this stream in memory."""
        return not self.holders and not self._gate and not self._ring and not self.unkept

    def say(self, row: Event[Any], data: msgspec.Struct, run_id: str | None = None) -> Published:
        """Number an event and tell it as soon as those before it have been told."""
        self.seq += 1
        event = Published(row, data, self.user, self.session_id, run_id, self.epoch, self.seq)
        if row in DELTAS:
            self._gather(event)
        if self._gate or (self.held is not None and self.held()):
            self._gate.append(event)
        else:
            self._tell(event)
        return event

    def _gather(self, event: Published) -> None:
        if not self._portions or not self._portions[-1].follows(event):
            self._portions.append(Portion(event))
            self._waiting[self.session_id] = self
        self._portions[-1].add(event)

    @property
    def unkept(self) -> bool:
        """Whether events were told, or messages said, that are not known to be on disk."""
        return bool(self._portions or self._owed or self._writing)

    @property
    def late(self) -> list[ChatMessage]:
        """The messages that runs have said on their way and that are not known to be on disk, the oldest first."""
        return [message for unkept in (*self._writing, self._owed) for message in unkept.messages]

    @property
    def untold(self) -> set[str]:
        """The ids of messages that may be on disk, and whose events are held back until that is known."""
        return {event.data.message.message_id for event in self._gate if event.row is chat_message}

    def take(self) -> Unkept:
        """What is not on disk, to be kept by the caller, who gives it back with `owe` or says `kept`."""
        taken, self._owed = self._owed, Unkept()
        for portion in self._portions:
            taken.records.append(portion.record())
            taken.told += portion.events
        self._portions.clear()
        self._waiting.pop(self.session_id, None)
        self._writing.append(taken)
        return taken

    def _written(self, taken: Unkept) -> None:
        self.writes += 1
        if taken in self._writing:
            self._writing.remove(taken)

    def owe(self, unkept: Unkept) -> None:
        """Remember what could not be kept, for the next write."""
        self._written(unkept)
        if unkept:
            self._owed = unkept.before(self._owed)
            self._waiting[self.session_id] = self

    def owe_messages(self, messages: Iterable[ChatMessage]) -> None:
        """Remember messages that are to be kept with the next write."""
        self._owed.messages.extend(messages)
        self._waiting[self.session_id] = self

    def owe_usage(self, record: UsageRecord) -> None:
        """Remember what a request to a model used, to be kept with the next write."""
        self._owed.usage.append(record)
        self._waiting[self.session_id] = self

    def kept(self, taken: Unkept, told: Iterable[Published] = ()) -> None:
        """What was taken is on disk, and these events: those before which nothing is missing there leave the memory."""
        self._written(taken)
        for event in (*taken.told, *told):
            event.kept = True
        ring = self._ring
        while ring and ring[0].kept:
            ring.popleft()

    def say_soon_kept(
        self, row: Event[Any], data: msgspec.Struct, run_id: str, messages: Iterable[ChatMessage] = ()
    ) -> None:
        """Tell what a run does on its way now, and keep it with the next write.

        A crash in between begins a new epoch, as it does for deltas: nobody resumes over what it took.
        """
        event = self.say(row, data, run_id)
        self.kept_events += 1
        self._owed.records.append(record_of(event))
        self._owed.told.append(event)
        self.owe_messages(messages)

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
        while self._gate and self._gate[0].ready and (self.held is None or not self.held()):
            self._tell(self._gate.popleft())

    def tell(self, row: Event[Any], data: msgspec.Struct) -> None:
        """Tell an event that is no part of the numbered history."""
        self._bus.publish(Published(row, data, user=self.user, session_id=self.session_id))

    def restart(self, epoch: str) -> None:
        """Begin a new history: what was told before can't be asked for any more."""
        self.epoch = epoch
        self._ring.clear()
        self.take()
        self._writing.clear()

    def mirror(self, event: Published) -> None:
        """Take in an event that another node numbered and told."""
        self.seq = event.seq
        if self._ring or not event.kept:
            self._ring.append(event)

    def trim(self, seq: int) -> None:
        """What was told up to a number is on disk."""
        while self._ring and self._ring[0].seq <= seq:
            self._ring.popleft()

    def recent(self, after: int) -> list[Published]:
        """The events in memory whose number is greater."""
        return [event for event in self._ring if event.seq > after]

    def _tell(self, event: Published) -> None:
        if self._ring or not event.kept:
            self._ring.append(event)
        self._bus.publish(event)
        if event.row in DELTAS:
            # Whoever hears it has its frames; what is held until it is on disk is its text alone.
            event.frames = {}


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
