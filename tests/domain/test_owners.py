"""Sessions whose node died, and what becomes of them where their next one is disturbed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import anyio
import pytest

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.domain.events.replay import Replayer
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.nodes.membership import Membership
from openclaw_rpc.domain.nodes.mirrors import Mirrors
from openclaw_rpc.domain.nodes.owners import Owners
from openclaw_rpc.domain.nodes.ports import Claimed, NodeStore, StreamPosition
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.errors import Unavailable
from tests.support.logs import ListLog
from tests.support.store import run, session
from tests.support.volatile.store import VolatileStore

DEAD, OURS = 1, 2


class Nodes:
    """The nodes' store, of which a dead node's sessions each have one run."""

    def __init__(self, *names: str) -> None:
        self.sessions = {made.id: made for made in map(session, names)}
        self.owner = dict.fromkeys(self.sessions, DEAD)
        self.open = {made.id: [run(f"run_{made.key}", made)] for made in self.sessions.values()}
        self.away = 0
        """So many positions can't be read."""

    async def claim(self, session_id: str) -> Claimed | None:
        fresh = self.owner[session_id] == DEAD
        self.owner[session_id] = OURS
        return Claimed(self.sessions[session_id], OURS, fresh)

    async def unfinished(self, session_id: str) -> list[RunRecord]:
        return self.open[session_id]

    async def adopt(self) -> list[str]:
        return [each for each, left in self.open.items() if left]

    async def positions(self, session_ids: Sequence[str]) -> dict[str, StreamPosition]:
        if self.away:
            self.away -= 1
            raise Unavailable("the store is away")
        return {each: StreamPosition("new", 7, 7) for each in session_ids}


class World:
    """A node that takes over; ``settle`` stands for what becomes of the runs."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.settled: list[str] = []
        self.unsettled = 0
        self.before: Callable[[str], Any] = _at_once
        bus = MemoryBus()
        self.streams = Streams(VolatileStore(), table.events(), LoopTasks(), bus)
        store = cast("NodeStore", nodes)
        membership = Membership(store, "n", 3.0, cast("Any", None), ListLog())
        membership.number = OURS
        self.mirrors = Mirrors(
            VolatileStore(), store, self.streams, Replayer(table.events()), bus, lambda _: _nothing, ListLog()
        )
        self.owners = Owners(
            store, membership, self.streams, self.mirrors, self._recover, lambda _: False, self._note_unsettled
        )

    def _note_unsettled(self) -> None:
        self.unsettled += 1

    async def _recover(self, of: SessionRecord, left: Sequence[RunRecord]) -> None:
        await self.before(of.key)
        self.settled += [each.id for each in left]
        self.nodes.open[of.id] = []


async def _at_once(_key: str) -> None:
    """Nothing disturbs it."""


def _nothing() -> None:
    """Nobody listens."""


async def test_what_broke_off_when_a_session_was_taken_is_made_up_for_though_nobody_asks_again() -> None:
    world = World(Nodes("a"))

    async def away(_key: str) -> None:
        raise Unavailable("the store is away")

    world.before = away
    with pytest.raises(Unavailable):
        await world.owners.take(session("a"))
    with anyio.CancelScope() as scope:
        world.before = lambda _: anyio.sleep_forever()
        async with anyio.create_task_group() as group:
            group.start_soon(world.owners.take, session("a"))
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert (world.settled, world.unsettled) == ([], 2), "its node is told to look after it"
    world.before = _at_once
    await world.owners.adopt()
    assert world.settled == ["run_a"]
    assert world.owners.ours(session("a").id)


async def test_a_session_that_is_not_settled_soon_holds_up_no_other() -> None:
    world = World(Nodes("a", "b", "c"))
    go = anyio.Event()

    async def slowly(key: str) -> None:
        if key == "a":
            await go.wait()
        elif key == "b":
            raise Unavailable("not this one")

    world.before = slowly

    async def adopt() -> None:
        with pytest.raises(Unavailable):
            await world.owners.adopt()

    async with anyio.create_task_group() as group:
        group.start_soon(adopt)
        await anyio.wait_all_tasks_blocked()
        assert world.settled == ["run_c"]
        go.set()
    assert world.settled == ["run_c", "run_a"]


async def test_a_session_that_was_followed_begins_where_the_store_is_though_that_could_not_be_read_at_first() -> None:
    world = World(Nodes("a"))
    world.nodes.open[session("a").id] = []
    followed = world.mirrors.watch(session("a"))
    world.nodes.away = 1
    with pytest.raises(Unavailable):
        await world.owners.take(session("a"))
    assert await world.owners.take(session("a")) == session("a")
    assert world.streams.find(session("a").id) is not followed, "nobody tells it by what was heard of others"
