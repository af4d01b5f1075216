"""The clock of tasks: each time is due once, whatever happens to the gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio
import pytest
from anyio.abc import TaskGroup

from openclaw_rpc.domain.events.change import Change, Claim
from openclaw_rpc.domain.principals import owner
from openclaw_rpc.domain.tasks.clockwork import Clockwork, Done
from openclaw_rpc.domain.tasks.records import Task, TimeOfTask
from openclaw_rpc.domain.tasks.service import Tasks
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest, Unavailable
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.protocol.task import TaskAction, TaskCreateParams, TaskEvent, TaskUpdateParams
from tests.support.logs import ListLog
from tests.support.volatile.store import VolatileStore

ME = owner("gateway")
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
MESSAGE = TaskAction(type="message", params={"content": "tick"})


class SetClock:
    """A clock that tests set."""

    def __init__(self, now: float = START) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Acts:
    """Does nothing but remember; ``hold`` makes actions wait, ``goes_on`` what an earlier process began."""

    def __init__(self, store: VolatileStore) -> None:
        self._store = store
        self.done: list[str] = []
        self.hold: anyio.Event | None = None
        self.goes_on: anyio.Event | None = None
        self.fault: Exception | None = None

    async def act(self, task: Task, time: TimeOfTask, claim: Claim) -> Done:
        await self._store.commit(Change(claims=[claim], documents=[time.document()]))
        self.done.append(time.scheduled_at)
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        return Done(output="done")

    async def resume(self, task: Task, time: TimeOfTask) -> Done:
        if self.goes_on is None:
            raise Unavailable("the gateway was stopped", reason="stopped")
        await self.goes_on.wait()
        return Done(output="done after all")


class World:
    """One gateway's tasks over a store that may be another's as well."""

    def __init__(self, store: VolatileStore, clock: SetClock) -> None:
        self.clock = clock
        self.acts = Acts(store)
        self.told: list[str] = []
        self.tasks = Tasks(store.documents, clock, lambda _: None)
        self.group: TaskGroup | None = None
        self.clockwork = Clockwork(
            self.tasks, store, self.acts, lambda *_: [], self._tell, self._spawn, clock, ListLog()
        )

    def _tell(self, row: Event[TaskEvent], data: TaskEvent, task: Task, *, kept: bool) -> None:
        self.told.append(row.name)

    def _spawn(self, work: Callable[[], Awaitable[None]]) -> None:
        assert self.group is not None

        async def done() -> None:
            await work()

        self.group.start_soon(done)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        await self.tasks.open()
        async with anyio.create_task_group() as self.group:
            self.group.start_soon(self.clockwork.serve)
            yield
            self.group.cancel_scope.cancel()

    async def at(self, seconds: float) -> None:
        """Let it be so many seconds after the start, and what is due then happen."""
        self.clock.time = START + seconds
        self.clockwork.look_again()
        await anyio.wait_all_tasks_blocked()

    async def runs(self, task_id: str) -> list[str]:
        return [f"{run.scheduled_at[11:19]} {run.status}" for run in reversed(await self.tasks.runs(ME, task_id, 100))]


@pytest.fixture
def store() -> VolatileStore:
    return VolatileStore()


async def make(world: World, **fields: object) -> str:
    given = {"name": "t", "action": MESSAGE, "every": "10s", **fields}
    return (await world.tasks.create(ME, TaskCreateParams(**given))).id  # pyright: ignore[reportArgumentType]


async def test_each_time_is_due_once(store: VolatileStore) -> None:
    world = World(store, SetClock())
    async with world.running():
        task_id = await make(world)
        for second in range(0, 31, 2):
            await world.at(second)
        assert await world.runs(task_id) == ["00:00:10 completed", "00:00:20 completed", "00:00:30 completed"]
        assert world.told == ["task.started", "task.completed"] * 3
        assert world.tasks.list(ME)[0].next_run_at == "2026-01-01T00:00:40.000Z"


async def test_of_two_gateways_one_does_it(store: VolatileStore) -> None:
    clock = SetClock()
    one, other = World(store, clock), World(store, clock)
    async with one.running():
        await make(one)
        async with other.running():
            await one.at(10)
            await other.at(10)
            await one.at(20)
            await other.at(20)
    assert len(one.acts.done) + len(other.acts.done) == 2


async def test_a_time_that_was_begun_is_not_begun_again_after_a_restart(store: VolatileStore) -> None:
    first = World(store, SetClock())
    first.acts.hold = anyio.Event()
    async with first.running():
        task_id = await make(first)
        await first.at(10)
        assert len(first.acts.done) == 1
    second = World(store, SetClock(START + 12))
    async with second.running():
        await second.at(15)
        assert second.acts.done == []
        assert await second.runs(task_id) == ["00:00:10 error"]
        await second.at(20)
    assert second.acts.done == ["2026-01-01T00:00:20.000Z"]


async def test_what_was_begun_before_a_restart_and_goes_on_is_waited_for(store: VolatileStore) -> None:
    first = World(store, SetClock())
    first.acts.hold = anyio.Event()
    async with first.running():
        task_id = await make(first)
        await first.at(10)
    second = World(store, SetClock(START + 12))
    second.acts.goes_on = anyio.Event()
    async with second.running():
        await second.at(20)
        assert await second.runs(task_id) == ["00:00:10 running", "00:00:20 skipped"]
        second.acts.goes_on.set()
        await second.at(21)
        assert await second.runs(task_id) == ["00:00:10 completed", "00:00:20 skipped"]
    assert second.acts.done == []
    assert second.told == ["task.completed"]


async def test_what_two_processes_see_to_is_told_by_one(store: VolatileStore) -> None:
    first, second = World(store, SetClock()), World(store, SetClock())
    first.acts.hold = second.acts.goes_on = anyio.Event()
    async with first.running():
        task_id = await make(first)
        await first.at(10)
        async with second.running():
            await second.at(11)
            first.acts.hold.set()
            await first.at(12)
            await second.at(12)
            assert await second.runs(task_id) == ["00:00:10 completed"]
    assert (first.told + second.told).count("task.completed") == 1


async def test_a_time_shortly_before_a_start_is_made_up_for(store: VolatileStore) -> None:
    first = World(store, SetClock())
    async with first.running():
        await make(first)
    second = World(store, SetClock(START + 12))
    async with second.running():
        await second.at(12)
    assert second.acts.done == ["2026-01-01T00:00:10.000Z"]


@pytest.mark.parametrize(("missed", "runs"), [("skip", ["01:00:00 missed"]), ("once", ["01:00:00 completed"])])
async def test_times_missed_while_the_gateway_was_off(store: VolatileStore, missed: str, runs: list[str]) -> None:
    first = World(store, SetClock())
    async with first.running():
        task_id = await make(first, every=None, schedule="*/30 * * * *", missed=missed)
    second = World(store, SetClock(START + 3600 + 120))
    async with second.running():
        await second.at(3600 + 130)
        assert await second.runs(task_id) == runs


@pytest.mark.parametrize(("overlap", "begun"), [("skip", 1), ("allow", 3)])
async def test_a_time_at_which_the_last_is_not_over(store: VolatileStore, overlap: str, begun: int) -> None:
    world = World(store, SetClock())
    world.acts.hold = anyio.Event()
    async with world.running():
        task_id = await make(world, overlap=overlap)
        for second in (10, 20, 30):
            await world.at(second)
        assert len(world.acts.done) == begun
        world.acts.hold.set()
        await anyio.wait_all_tasks_blocked()
        statuses = [run.split()[1] for run in await world.runs(task_id)]
        assert statuses == (["completed", "skipped", "skipped"] if overlap == "skip" else ["completed"] * 3)


async def test_the_hundredth_failure_is_told_like_the_first(store: VolatileStore) -> None:
    world = World(store, SetClock())
    async with world.running():
        task_id = await make(world, every="1s")
        for second in range(1, 101):
            world.acts.fault = RuntimeError("boom") if second % 2 else Unavailable("not now")
            await world.at(second)
        assert len(await world.runs(task_id)) == 100
        assert world.told.count("task.failed") == 100
        found = await world.tasks.runs(ME, task_id, 2)
        assert [run.error for run in found] == ["not now", "RuntimeError: the log says more"]


async def test_one_time_happens_once(store: VolatileStore) -> None:
    world = World(store, SetClock())
    async with world.running():
        task_id = await make(world, every=None, at="2026-01-01T00:00:05Z")
        for second in (4, 5, 6, 1000):
            await world.at(second)
        assert await world.runs(task_id) == ["00:00:05 completed"]
        assert world.tasks.list(ME)[0].next_run_at is None


async def test_it_can_be_done_now(store: VolatileStore) -> None:
    world = World(store, SetClock())
    async with world.running():
        await make(world, every="1d")
        task = next(iter(world.tasks.tasks.values()))
        world.acts.hold = anyio.Event()
        world.clockwork.run_now(task)
        with pytest.raises(Conflict):
            world.clockwork.run_now(task)
        world.acts.hold.set()
        await anyio.wait_all_tasks_blocked()
    assert len(world.acts.done) == 1


async def test_a_new_schedule_counts_from_now_and_what_is_switched_off_is_not_due(store: VolatileStore) -> None:
    world = World(store, SetClock())
    async with world.running():
        task_id = await make(world)
        await world.tasks.update(ME, TaskUpdateParams(task_id=task_id, enabled=False))
        await world.at(60)
        assert world.acts.done == []
        info = await world.tasks.update(
            ME, TaskUpdateParams(task_id=task_id, enabled=True, every=None, schedule="@hourly")
        )
        assert (info.every, info.next_run_at) == (None, "2026-01-01T01:00:00.000Z")


async def test_what_could_never_be_done_is_refused(store: VolatileStore) -> None:
    world = World(store, SetClock())
    for fields, field in (
        ({"every": None, "at": "2020-01-01T00:00:00Z"}, "at"),
        ({"action": TaskAction(type="message")}, "action.params.content"),
        ({"action": TaskAction(type="skill", params={"action": "x"})}, "action.name"),
        ({"action": TaskAction(type="command", params={"command": 5})}, "action.params.command"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            await make(world, **fields)
        assert caught.value.field == field
