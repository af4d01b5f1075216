"""The event streams: every session's events, numbered, kept, and told to whoever listens.

What ends something, or was acknowledged, is on disk before anybody hears it; what a run says and does on its way is
told at once and kept soon after. Numbers are given out in order, and events are told in that order: one that is still
being written holds back those behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.change import Change, Delivery, SessionPatch
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.replay import Replayer, contiguous
from openclaw_rpc.domain.events.stream import Stream, Unkept, record_of
from openclaw_rpc.domain.ports import BackgroundTasks, Store
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.protocol.chat import ChatMessage
from openclaw_rpc.protocol.errors import GatewayError, Unavailable
from openclaw_rpc.protocol.method import Event

IDLE_STREAMS: Final = 1024
"""How many streams may be in memory before those without a run or unkept events are let go. One takes about 1 KB."""
PAGE: Final = 1000
TOGETHER: Final = 256
"""How many streams' unkept events go into one write at the most, so that no write takes long."""


class Planner(Protocol):
    """Says what has to be sent to the outside because of an event: it is kept in the event's own write."""

    def deliveries(self, event: Published, channel: str) -> Sequence[Delivery]:
        """What has to be sent because of an event that is about to be kept; its session is of ``channel``.

        Must not raise.
        """
        ...

    def replies(self, run: RunRecord) -> Sequence[Delivery]:
        """What the end of a run has to send to the chat that it came from. Must not raise."""
        ...


class _Nothing:
    """Plans nothing."""

    def deliveries(self, event: Published, channel: str) -> Sequence[Delivery]:
        return ()

    def replies(self, run: RunRecord) -> Sequence[Delivery]:
        return ()


class Streams:
    """All streams, made when they are asked for and let go when nobody needs them."""

    def __init__(
        self,
        store: Store,
        rows: Mapping[str, Event[Any]],
        tasks: BackgroundTasks,
        bus: Bus,
        *,
        planner: Planner | None = None,
        idle_streams: int = IDLE_STREAMS,
    ) -> None:
        self.idle_streams = idle_streams
        self.planner: Planner = planner or _Nothing()
        self._store = store
        self._tasks = tasks
        self._bus = bus
        self._replayer = Replayer(rows)
        self.held: Callable[[], bool] | None = None
        """Whether nothing may be told just now; `tell_held` tells it."""
        self._streams: dict[str, Stream] = {}
        self._waiting: dict[str, Stream] = {}

    def of(self, session: SessionRecord) -> Stream:
        """The stream of a session."""
        stream = self._streams.pop(session.id, None)
        if stream is None:
            if len(self._streams) >= self.idle_streams:
                self._sweep()
            stream = Stream(session, self._bus, self._waiting)
            stream.held = self.held
        # Behind all others: those that were asked for least lately are let go first.
        self._streams[session.id] = stream
        return stream

    def wanted(self, row: Event[Any], session_id: str) -> bool:
        """Whether anybody would hear such an event of a session now."""
        return self._bus.wanted(row, session_id)

    def find(self, session_id: str) -> Stream | None:
        """The stream of a session, where it is in memory."""
        return self._streams.get(session_id)

    def tell_held(self) -> None:
        """Tell what could not be told before."""
        for stream in list(self._streams.values()):
            if stream.gated:
                stream.release(())

    def drop(self, session_id: str) -> None:
        """Forget the stream of a session that was deleted; where a run still has to end, a sweep does it later."""
        stream = self._streams.get(session_id)
        if stream is not None and not stream.holders:
            del self._streams[session_id]
            self._waiting.pop(session_id, None)

    def _sweep(self) -> None:
        # Half of the idle ones go, so that a sweep is rare.
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
        change = Change(stream.session_id, messages=messages)
        await self._tasks.finish(self._keep(stream, events, change, run_id=run_id))

    async def keep_end(
        self,
        stream: Stream,
        events: Sequence[tuple[Event[Any], msgspec.Struct]],
        run: RunRecord,
        *,
        messages: Sequence[ChatMessage],
        deliveries: Sequence[Delivery] = (),
        patch: SessionPatch | None = None,
        anyway: bool = True,
    ) -> None:
        """Keep a run's final events with the run and what they cause, then tell them; ``anyway``: even if not kept.

        To be called where nothing is cancelled any more.

        Raises:
            Unavailable: the disk did not take them; where they were told anyway, the next write tries again.
        """
        change = Change(stream.session_id, patch, messages=messages, run=run, deliveries=deliveries)
        await self._keep(stream, events, change, run_id=run.id, anyway=anyway)

    async def _keep(
        self,
        stream: Stream,
        events: Sequence[tuple[Event[Any], msgspec.Struct]],
        change: Change,
        *,
        run_id: str | None,
        anyway: bool = False,
    ) -> None:
        told = [stream.reserve(row, data, run_id) for row, data in events]
        stream.kept_events += bool(told)
        unkept = fresh = Unkept()
        try:
            fresh = self._fresh(told, change)
            unkept = stream.take()
            for late in list(unkept.runs.values()):
                await self._store.commit(Change(stream.session_id, run=late))
                del unkept.runs[late.id]
            change.messages = [*unkept.messages, *change.messages]
            change.events = [*unkept.records, *fresh.records]
            planned = self._planned(stream, [*unkept.told, *told])
            change.deliveries = [*unkept.deliveries, *change.deliveries, *planned]
            change.usage = unkept.usage
            await self._store.commit(change)
            stream.kept(unkept, told)
            # What is on disk need not be held while it is told.
            change.events, fresh = (), Unkept()
        except BaseException:
            stream.owe(unkept.before(fresh) if anyway else unkept)
            if not anyway:
                stream.withdraw(told)
                told = []
            raise
        finally:
            # Whatever happens, the events behind these must not wait for ever.
            stream.kept_events += bool(told)
            stream.release(told)

    def _planned(self, stream: Stream, told: Sequence[Published]) -> list[Delivery]:
        """What has to be sent because of events, planned when they are kept: a write that fails keeps neither."""
        return [one for event in told for one in self.planner.deliveries(event, stream.channel)]

    def _fresh(self, told: list[Published], change: Change) -> Unkept:
        """What a change brings, to be remembered where it can't be kept."""
        fresh = Unkept()
        fresh.records = [record_of(event) for event in told]
        fresh.told = list(told)
        fresh.messages = list(change.messages)
        fresh.deliveries = list(change.deliveries)
        if change.run is not None:
            fresh.runs[change.run.id] = change.run
        return fresh

    async def keep_owed(self) -> None:
        """Put on disk what runs said and did since the last time: all streams' together.

        Raises:
            GatewayError: some of it could not be kept; the next time tries again.
        """
        waiting = list(self._waiting.values())
        for at in range(0, len(waiting), TOGETHER):
            await self._keep_together(waiting[at : at + TOGETHER])

    async def keep_one(self, stream: Stream) -> None:
        """The same for one stream, at once.

        Raises:
            GatewayError: as `keep_owed`.
        """
        await self._tasks.finish(self._keep_together([stream]))

    async def _keep_together(self, streams: Sequence[Stream]) -> None:
        taken = [(stream, stream.take()) for stream in streams]
        changes = [one for stream, unkept in taken for one in unkept.changes(stream.session_id)]
        changes += [Change(deliveries=made) for stream, unkept in taken if (made := self._planned(stream, unkept.told))]
        try:
            await self._store.commit_all(changes)
        except BaseException as error:
            for stream, unkept in taken:
                stream.owe(unkept)
            if len(streams) == 1 or isinstance(error, Unavailable) or not isinstance(error, GatewayError):
                raise
            # One of them spoils the write: the others must not wait for it.
            for stream in streams:
                await self._keep_together([stream])
        else:
            for stream, unkept in taken:
                stream.kept(unkept)

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
                old += self._replayer.again(record, stream.user, epoch, reached, upto)
            reached = min(records[-1].seq, upto)
        return old + stream.recent(reached)
