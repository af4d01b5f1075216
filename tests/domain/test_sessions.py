"""Sessions: a snapshot that fits its place in the stream, and who reaches whose."""

from collections.abc import Callable
from typing import Any, Literal

import anyio
import pytest

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.domain.records import COUNTED, SessionQuery, SessionRecord
from openclaw_rpc.domain.sessions import MANY_SECONDS, Sessions, in_turns, reach, require_owner
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.chat import ChatMessage, ToolCallEvent, ToolResultEvent, tool_call, tool_result
from openclaw_rpc.protocol.errors import Conflict, Forbidden, NotFound, Unavailable
from openclaw_rpc.protocol.session import SessionCreateParams, SessionForkParams, SessionListParams, SessionUpdateParams
from tests.support.clock import ManualClock
from tests.support.store import message
from tests.support.volatile.store import VolatileStore

ADMIN = owner("gateway")
ADA = Principal("ada", "t", frozenset({Scope.READ, Scope.CHAT}))
ADAS_ADMIN = Principal("ada", "t2", frozenset(Scope))
BOB = Principal("bob", "t", frozenset({Scope.READ, Scope.CHAT}))


class Racing(VolatileStore):
    """While messages are read, something happens. Writes tell that they are done once they are let ``through``."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Any = None
        self.slow: Literal["", "before it writes", "after it wrote"] = ""
        self.full = False
        self.through = anyio.Event()

    async def commit(self, change: Change) -> SessionRecord | None:
        if self.full:
            raise Unavailable("the disk is full")
        if self.slow == "before it writes":
            await self.through.wait()
        kept = await super().commit(change)
        if self.slow == "after it wrote":
            await self.through.wait()
        return kept

    async def messages(
        self, session_id: str, limit: int, before: str | None = None, *, with_it: bool = False
    ) -> tuple[list[ChatMessage], bool]:
        found = await super().messages(session_id, limit, before, with_it=with_it)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return found


class World:
    def __init__(self) -> None:
        self.store = Racing()
        self.streams = Streams(self.store, table.events(), LoopTasks(), MemoryBus())
        self.sessions = Sessions(self.store, self.streams, Agents({}), ManualClock())

    async def create(self, who: Principal = ADA, key: str = "one", **more: Any) -> None:
        await self.sessions.create(who, SessionCreateParams(session_key=key, **more), at_once)


def nothing(session_id: str) -> list[Any]:
    return []


def at_once(action: Callable[[], None]) -> None:
    action()


async def stopped(session_id: str) -> None:
    return None


async def test_a_snapshot_shows_exactly_what_came_up_to_its_number() -> None:
    world = World()
    await world.create()

    async def meanwhile() -> None:
        await world.sessions.inject(ADA, "one", message("m2", "second"))

    await world.sessions.inject(ADA, "one", message("m1", "first"))
    world.store.meanwhile = meanwhile
    detail = await world.sessions.detail(ADA, "one", 10, nothing)
    assert ([item.content for item in detail.messages], detail.seq) == (["first", "second"], 2)


async def begun(world: World) -> Stream:
    """A run that has asked for a tool: its messages and events are told, and not on disk."""
    await world.create()
    stream = world.streams.of(await world.sessions.find(ADA, "one"))
    call(stream)
    return stream


def call(stream: Stream) -> None:
    stream.owe_messages((message("m1", "I look.", role="assistant"),))
    event = ToolCallEvent(session_key="one", run_id="r", call_id="c", tool="file_list", params={})
    stream.say_soon_kept(tool_call, event, "r")


def answer(stream: Stream) -> None:
    event = ToolResultEvent(session_key="one", run_id="r", call_id="c", tool="file_list", duration_ms=1)
    stream.say_soon_kept(tool_result, event, "r", (message("m2", "plan.txt", role="tool"),))


async def shown(world: World) -> tuple[list[str], int]:
    detail = await world.sessions.detail(ADA, "one", 10, nothing)
    return [each.message_id for each in detail.messages], detail.seq


@pytest.mark.parametrize("slow", ["", "before it writes", "after it wrote"])
async def test_a_snapshot_has_what_a_run_told_while_its_write_is_under_way(slow: Any) -> None:
    world = World()
    stream = await begun(world)
    assert await shown(world) == (["m1"], 1), "nothing of it is written yet"
    world.store.slow = slow
    async with anyio.create_task_group() as group:
        group.start_soon(world.streams.keep_owed)
        await anyio.wait_all_tasks_blocked()
        assert await shown(world) == (["m1"], 1)
        answer(stream)
        assert await shown(world) == (["m1", "m2"], 2)
        world.store.through.set()
    assert await shown(world) == (["m1", "m2"], 2)


async def test_a_snapshot_has_what_a_run_told_or_wrote_while_it_was_read() -> None:
    world = World()
    stream = await begun(world)

    async def told() -> None:
        answer(stream)

    world.store.meanwhile = told
    assert await shown(world) == (["m1", "m2"], 2)
    world.store.meanwhile = world.streams.keep_owed
    assert await shown(world) == (["m1", "m2"], 2)


async def test_a_snapshot_has_what_a_run_told_where_the_disk_takes_nothing() -> None:
    world = World()
    stream = await begun(world)
    answer(stream)
    world.store.full = True
    with pytest.raises(Unavailable):
        await world.streams.keep_owed()
    assert await shown(world) == (["m1", "m2"], 2)
    detail = await world.sessions.detail(ADA, "one", 1, nothing)
    assert ([each.message_id for each in detail.messages], detail.next_cursor) == (["m2"], "m2")


async def test_a_snapshot_has_no_message_whose_event_is_still_to_come() -> None:
    world = World()
    await begun(world)
    world.store.slow = "after it wrote"
    async with anyio.create_task_group() as group:
        group.start_soon(world.sessions.inject, ADA, "one", message("m3", "last"))
        await anyio.wait_all_tasks_blocked()
        assert await shown(world) == (["m1"], 1)
        world.store.through.set()
    assert await shown(world) == (["m1", "m3"], 2)


async def test_what_is_another_users_is_not_there() -> None:
    world = World()
    await world.create(title="adas")
    with pytest.raises(NotFound):
        await world.sessions.find(BOB, "one")
    await world.create(BOB)
    assert (await world.sessions.find(BOB, "one")).title is None
    assert (await world.sessions.find(ADA, "one")).title == "adas"


async def test_an_admin_of_the_owner_finds_its_own_first_and_then_anybodys() -> None:
    world = World()
    await world.create(title="adas")
    assert (await world.sessions.find(ADMIN, "one")).user == "ada"
    await world.create(ADMIN)
    assert (await world.sessions.find(ADMIN, "one")).user == "owner"


async def test_lists_are_of_ones_own_sessions_unless_one_is_the_owners_admin() -> None:
    world = World()
    await world.create()
    await world.create(BOB, "two")

    async def keys(who: Principal, **params: Any) -> list[str]:
        page = await world.sessions.list(who, SessionListParams(**params), nothing)
        return sorted(session.session_key for session in page.sessions)

    assert await keys(ADA) == ["one"]
    assert await keys(ADMIN) == ["one", "two"]
    assert await keys(ADMIN, user="bob") == ["two"]
    with pytest.raises(Forbidden):
        await keys(ADAS_ADMIN, user="bob")


class Long(VolatileStore):
    """Has more sessions than are counted, and remembers how far it was to count."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[int] = []
        self.matching = COUNTED + 1

    async def list_sessions(self, query: SessionQuery) -> tuple[list[SessionRecord], int, str | None]:
        self.counted.append(query.count_to)
        return [], min(self.matching, query.count_to + 1), None


async def test_a_list_that_is_longer_than_is_counted_is_not_counted_again_for_a_minute() -> None:
    store, clock = Long(), ManualClock()
    sessions = Sessions(store, Streams(store, table.events(), LoopTasks(), MemoryBus()), Agents({}), clock)

    async def total(who: Principal = ADA, **params: Any) -> tuple[int, bool]:
        page = await sessions.list(who, SessionListParams(**params), nothing)
        return page.total, page.total_is_more

    pages: tuple[dict[str, Any], ...] = ({}, {"limit": 5}, {"offset": 20})
    for params in pages:
        assert await total(**params) == (COUNTED, True)
    assert store.counted == [COUNTED, 0, 0]
    assert await total(BOB) == await total(text="x") == (COUNTED, True)
    assert store.counted[3:] == [COUNTED, COUNTED], "another user's, and a filtered one"
    store.matching = 3
    clock.advance(MANY_SECONDS)
    assert await total() == (3, False)
    store.matching = 0
    assert await total() == (0, False)


def test_only_the_owners_admin_reaches_everybody() -> None:
    assert [reach(who, None) for who in (ADA, ADAS_ADMIN, ADMIN)] == ["ada", "ada", None]
    assert reach(ADA, "ada") == "ada"
    for who in (ADA, ADAS_ADMIN):
        with pytest.raises(Forbidden):
            reach(who, "bob")
        with pytest.raises(Forbidden):
            require_owner(who)
    require_owner(ADMIN)


async def test_a_reset_begins_a_new_history_and_keeps_the_settings() -> None:
    world = World()
    await world.create(title="Work", model="m")
    await world.sessions.inject(ADA, "one", message("m1", "first"))
    before = await world.sessions.detail(ADA, "one", 10, nothing)
    shown = await world.sessions.reset(ADA, "one", stopped, at_once)
    after = await world.sessions.detail(ADA, "one", 10, nothing)
    assert (shown.title, shown.model, shown.message_count) == ("Work", "m", 0)
    assert after.epoch != before.epoch
    assert after.messages == []


async def test_a_fork_ends_at_its_message_and_is_the_callers() -> None:
    world = World()
    await world.create(title="Work")
    for at in range(3):
        await world.sessions.inject(ADA, "one", message(f"m{at}", f"text {at}"))
    fork = SessionForkParams(session_key="one", message_id="m1", new_session_key="two")
    assert (await world.sessions.fork(ADA, fork, at_once)).message_count == 2
    with pytest.raises(Conflict):
        await world.sessions.fork(ADA, fork, at_once)
    with pytest.raises(NotFound):
        await world.sessions.fork(ADA, SessionForkParams(session_key="one", message_id="m9"), at_once)
    history = await world.sessions.history(ADA, "two", 10, None)
    assert [item.content for item in history.messages] == ["text 0", "text 1"]


async def test_null_takes_a_value_away_and_what_is_left_out_stays() -> None:
    world = World()
    await world.create(title="Work", model="m", labels={"a": "b"})
    shown = await world.sessions.update(ADA, SessionUpdateParams(session_key="one", title=None), at_once)
    assert (shown.title, shown.model, shown.labels) == (None, "m", {"a": "b"})
    with pytest.raises(NotFound):
        await world.sessions.update(ADA, SessionUpdateParams(session_key="one", agent_id="nobody"), at_once)


async def test_a_deleted_session_is_gone_and_its_key_free() -> None:
    world = World()
    await world.create()
    await world.sessions.delete(ADA, "one", stopped, at_once)
    for _ in range(2):
        with pytest.raises(NotFound):
            await world.sessions.delete(ADA, "one", stopped, at_once)
    await world.create()
    async with anyio.create_task_group() as group:
        for at in range(5):
            group.start_soon(world.sessions.inject, ADA, "one", message(f"m{at}", str(at)))
    detail = await world.sessions.detail(ADA, "one", 10, nothing)
    assert sorted(item.content for item in detail.messages) == list("01234")
    assert detail.seq == 5


def test_each_question_stands_before_its_answer_though_others_came_in_between() -> None:
    def said(name: str, run: str | None) -> ChatMessage:
        return ChatMessage(message_id=name, role="user", content=name, created_at="", status="complete", run_id=run)

    kept = [said("q1", "r1"), said("q2", "r2"), said("note", None), said("a1", "r1"), said("a2", "r2")]
    assert [each.message_id for each in in_turns(kept)] == ["q1", "a1", "q2", "a2", "note"]
