"""The event streams: numbered in order, kept before they are told, told again from any number on."""

import asyncio
from typing import Any

import anyio
import pytest
from hypothesis import given, settings, strategies

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.events.change import Change, SessionPatch
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.stream import Stream, new_epoch
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.chat import ChatDeltaEvent, ChatStartedEvent, chat_delta, chat_started
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.bus import Heard
from tests.support.store import session
from tests.support.volatile.store import VolatileStore


class Disk(VolatileStore):
    """A store whose commits wait until they are let go, or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = anyio.Event()
        self.gate.set()
        self.full = False

    async def commit(self, change: Change) -> SessionRecord | None:
        await self.gate.wait()
        if self.full:
            raise Unavailable("the disk is full")
        return await super().commit(change)


class World:
    def __init__(self, **options: Any) -> None:
        self.disk = Disk()
        self.bus = MemoryBus()
        self.options = options
        self.record = session("one")
        self.ear = Heard()
        self.begin()

    def begin(self) -> None:
        """As after a start, with the same disk."""
        self.streams = Streams(self.disk, table.events(), LoopTasks(), self.bus, **self.options)

    async def open(self) -> Stream:
        await self.disk.commit(Change(session=self.record))
        stream = self.streams.of(self.record)
        self.unsubscribe = self.bus.subscribe(Filter(session_id=self.record.id), self.ear)
        return stream

    async def keep(self, run: str = "r", **options: Any) -> None:
        await self.streams.keep(self.streams.of(self.record), ((chat_started, started(run)),), run_id=run, **options)

    async def end(self, run: str = "r") -> None:
        record = RunRecord(
            id=run,
            session_id=self.record.id,
            session_key=self.record.key,
            user=self.record.user,
            agent_id="a",
            status="completed",
            created_at=self.record.created_at,
            epoch=self.record.epoch,
            seq=0,
        )
        events = ((chat_started, started(run)),)
        await self.streams.keep_end(self.streams.of(self.record), events, record, messages=())


def started(run: str = "r") -> ChatStartedEvent:
    return ChatStartedEvent(session_key="one", run_id=run, agent_id="a")


def say(stream: Stream, text: str, run: str = "r") -> None:
    stream.say(chat_delta, ChatDeltaEvent(session_key="one", run_id=run, delta=text), run)


async def test_a_lasting_event_is_on_disk_before_anybody_hears_it() -> None:
    world = World()
    stream = await world.open()
    world.disk.gate = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(world.keep)
        await anyio.wait_all_tasks_blocked()
        assert world.ear.events == []
        assert (stream.seq, stream.head) == (1, 0)
        say(stream, "behind it")
        assert world.ear.events == [], "what comes behind waits for it"
        world.disk.gate.set()
    assert world.ear.seqs == [1, 2]
    assert stream.head == stream.seq


async def test_events_that_could_not_be_kept_are_not_told_and_hold_up_nothing() -> None:
    world = World()
    stream = await world.open()
    world.disk.full = True
    with pytest.raises(Unavailable):
        await world.keep()
    say(stream, "after")
    assert [event.row.name for event in world.ear.events] == ["chat.delta"]
    assert await world.streams.since(stream, stream.epoch, 0) is not None or stream.first > 1


async def test_a_final_event_is_told_even_where_the_disk_is_full_and_kept_later() -> None:
    world = World()
    stream = await world.open()
    world.disk.full = True
    with pytest.raises(Unavailable):
        await world.end()
    assert world.ear.seqs == [1]
    assert stream.unkept
    world.disk.full = False
    await world.streams.keep_owed()
    assert not stream.unkept
    assert [record.seq for record in await world.disk.events(world.record.id, 0, 10)] == [1]


@pytest.mark.parametrize("how", ["its scope", "its task"])
async def test_what_a_caller_that_is_cancelled_began_is_kept_and_told(how: str) -> None:
    world = World()
    stream = await world.open()
    world.disk.gate = anyio.Event()
    if how == "its scope":
        async with anyio.create_task_group() as group:
            group.start_soon(world.keep)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
    else:
        task = asyncio.create_task(world.keep())
        await anyio.wait_all_tasks_blocked()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert world.ear.seqs == []
    world.disk.gate.set()
    await anyio.wait_all_tasks_blocked()
    assert world.ear.seqs == [1], "it is on disk, so that it is told"
    assert stream.head == stream.seq


async def test_deltas_are_kept_merged_with_their_marks() -> None:
    world = World()
    stream = await world.open()
    for text in ("a", "bc", "d"):
        say(stream, text)
    await world.streams.keep_owed()
    (record,) = await world.disk.events(world.record.id, 0, 10)
    assert (record.seq, record.marks) == (3, ((1, 1), (2, 3), (3, 4)))
    assert b'"abcd"' in record.data


async def test_a_listener_that_is_gone_hears_no_more() -> None:
    world = World()
    stream = await world.open()
    say(stream, "a")
    world.unsubscribe()
    say(stream, "b")
    assert world.ear.seqs == [1]


async def test_another_epoch_or_a_number_to_come_can_not_be_had() -> None:
    world = World()
    stream = await world.open()
    say(stream, "a")
    assert await world.streams.since(stream, "another", 0) is None
    assert await world.streams.since(stream, stream.epoch, 2) is None
    assert await world.streams.since(stream, stream.epoch, 1) == []


async def test_a_new_history_forgets_the_old() -> None:
    world = World()
    stream = await world.open()
    await world.keep()
    await world.disk.commit(Change(world.record.id, SessionPatch(clear=True)))
    old = stream.epoch
    stream.restart(new_epoch())
    assert stream.epoch != old
    assert await world.streams.since(stream, stream.epoch, 0) is None
    say(stream, "b")
    assert world.ear.seqs == [1, 2], "the numbers go on"
    assert [event.seq for event in await world.streams.since(stream, stream.epoch, 1) or ()] == [2]


async def test_history_that_was_trimmed_away_can_not_be_had() -> None:
    world = World()
    world.disk._keep_events = 2  # pyright: ignore[reportPrivateUsage]
    stream = await world.open()
    for _ in range(40):
        await world.keep()
    assert await world.streams.since(stream, stream.epoch, 0) is None
    assert [event.seq for event in await world.streams.since(stream, stream.epoch, 39) or ()] == [40]


async def test_streams_that_nobody_needs_are_let_go_and_go_on_where_they_were() -> None:
    world = World(idle_streams=2)
    await world.open()
    await world.keep()
    world.unsubscribe()
    for name in ("two", "three", "four"):
        world.streams.of(session(name))
    assert world.streams.find(world.record.id) is None
    kept = await world.disk.find_session("ada", "one")
    assert kept is not None
    again = world.streams.of(kept)
    assert (again.seq, again.epoch) == (1, world.record.epoch)
    assert [event.seq for event in await world.streams.since(again, again.epoch, 0) or ()] == [1]


async def test_a_stream_with_a_run_is_not_let_go() -> None:
    world = World(idle_streams=1)
    stream = await world.open()
    stream.holders += 1
    for name in ("two", "three"):
        world.streams.of(session(name))
    assert world.streams.find(world.record.id) is stream


STEP = strategies.one_of(
    strategies.tuples(strategies.just("say"), strategies.text("abc", min_size=1, max_size=4)),
    strategies.tuples(strategies.just("other"), strategies.text("xyz", min_size=1, max_size=4)),
    strategies.tuples(strategies.sampled_from(["keep", "deltas", "forget"]), strategies.just("")),
)


@settings(max_examples=300, deadline=None)
@given(steps=strategies.lists(STEP, max_size=25), part=strategies.floats(0, 1))
async def test_from_any_number_on_the_rest_is_told_again_exactly(steps: list[tuple[str, str]], part: float) -> None:
    world = World()
    await world.open()
    for step, text in steps:
        stream = world.streams.of(await world.disk.find_session("ada", "one") or world.record)
        if step == "keep":
            await world.keep()
        elif step == "deltas":
            await world.streams.keep_owed()
        elif step == "forget":
            await world.streams.keep_owed()
            world.streams.drop(world.record.id)
        else:
            say(stream, text, "r" if step == "say" else "other")
    told = world.ear.events
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    stream = world.streams.of(await world.disk.find_session("ada", "one") or world.record)
    after = round(part * len(told))
    again = await world.streams.since(stream, stream.epoch, after)
    assert again is not None
    seqs = [event.seq for event in again]
    assert seqs == sorted(set(seqs))
    assert all(seq > after for seq in seqs)
    for run in ("r", "other"):
        assert _text(again, run) == _text(told[after:], run)
    lasting = [event.seq for event in told[after:] if event.row is chat_started]
    assert [event.seq for event in again if event.row is chat_started] == lasting


def _text(events: list[Published], run: str) -> str:
    return "".join(event.data.delta for event in events if event.row is chat_delta and event.run_id == run)


class Encoder:
    """A listener that keeps with an event how it writes it."""

    def hear(self, event: Published) -> None:
        event.frames["text"] = [event.row.name.encode()]


async def test_deltas_that_are_not_on_disk_yet_are_held_without_their_frames() -> None:
    world = World()
    stream = await world.open()
    world.bus.subscribe(Filter(session_id=world.record.id), Encoder())
    for text in ("a", "b"):
        say(stream, text)
    assert [(event.data.delta, event.frames) for event in stream.recent(0)] == [("a", {}), ("b", {})]
