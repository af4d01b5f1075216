"""Who waits for whom, among few and among a thousand."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.principals import owner
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.lanes import Lanes
from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.protocol.chat import ChatRunParams, RunOptions
from openclaw_rpc.protocol.errors import Conflict, Unavailable

ADA = owner("gateway")
AGENT = Agents({}).get(None)


@dataclass
class Settings:
    max_running: int = 2
    max_queued: int = 1000
    timeout_seconds: float = 60
    on_crash: Literal["interrupt", "retry"] = "interrupt"


class Watched(LiveRun):
    """A run that knows when it is looked at."""

    looked_at: set[str] | None = None

    def __getattribute__(self, name: str) -> Any:
        looked_at = Watched.looked_at
        if looked_at is not None and name != "record":
            looked_at.add(object.__getattribute__(self, "record").id)
        return super().__getattribute__(name)


def run(run_id: str, session: str, *, key: str | None = None, **options: Any) -> Watched:
    kept = SessionRecord(
        id=session, user="ada", key=session, agent_id="default", channel="api", created_at="", updated_at="", epoch="e"
    )
    record = RunRecord(
        id=run_id,
        session_id=session,
        session_key=session,
        user="ada",
        agent_id="default",
        status="queued",
        created_at="",
        epoch="e",
        seq=0,
        idempotency_key=key,
    )
    params = ChatRunParams(message="hi", options=RunOptions(**options))
    return Watched(record, kept, Stream(kept, MemoryBus(), {}), params, AGENT, ADA)


def entered(lanes: Lanes, runs: Iterable[Watched]) -> list[Watched]:
    """Runs that came in and were released."""
    every = list(runs)
    for live in every:
        lanes.enter(live)
        lanes.release(live)
    return every


def begun(lanes: Lanes) -> list[str]:
    """Let all begin that may."""
    found: list[str] = []
    while (live := lanes.next()) is not None:
        found.append(live.record.id)
    return found


async def test_the_runs_of_a_session_go_one_after_another_and_only_so_many_at_a_time() -> None:
    lanes = Lanes(Settings())
    a1, a2, b1, c1 = entered(lanes, [run("a1", "a"), run("a2", "a"), run("b1", "b"), run("c1", "c")])
    assert begun(lanes) == ["a1", "b1"]
    assert [lanes.waits(live) for live in (a2, c1)] == [True, True]
    lanes.leave(b1)
    assert begun(lanes) == ["c1"]
    lanes.leave(a1)
    assert begun(lanes) == ["a2"]
    for live in (a2, c1):
        lanes.leave(live)
    assert (len(lanes), lanes.running, lanes.of("a"), lanes.every()) == (0, 0, (), [])


async def test_a_session_with_many_messages_keeps_no_other_waiting() -> None:
    lanes = Lanes(Settings(max_running=1))
    many = entered(lanes, [run(f"a{number}", "a") for number in range(100)])
    entered(lanes, [run("b", "b")])
    assert begun(lanes) == ["a0"]
    lanes.leave(many[0])
    assert begun(lanes) == ["b"]


async def test_one_that_is_not_released_keeps_its_session_waiting_and_no_other() -> None:
    lanes = Lanes(Settings())
    first, second, other = run("a1", "a"), run("a2", "a"), run("b1", "b")
    for live in (first, second, other):
        lanes.enter(live)
    lanes.release(second)
    lanes.release(other)
    assert begun(lanes) == ["b1"]
    lanes.leave(first)
    assert begun(lanes) == ["a2"]


async def test_one_that_is_to_end_does_not_begin() -> None:
    lanes = Lanes(Settings(max_running=1))
    first, second, third = entered(lanes, [run(name, name) for name in "abc"])
    assert begun(lanes) == ["a"]
    second.stop("aborted")
    lanes.leave(first)
    assert begun(lanes) == ["c"]
    lanes.leave(second)
    lanes.leave(third)
    assert (len(lanes), lanes.running) == (0, 0)


async def test_whoever_does_not_want_to_wait_is_refused_unless_it_is_the_same_call_again() -> None:
    lanes = Lanes(Settings(max_running=1, max_queued=1))
    with pytest.raises(Unavailable, match="stopping"):
        lanes.refuse_when_full()
    lanes.open = True
    [first, _] = entered(lanes, [run("a1", "a", key="once"), run("a2", "a")])
    again = run("a3", "a", key="once", if_busy="reject")
    with pytest.raises(Unavailable, match="waiting"):
        lanes.refuse_when_full(again)
    lanes.settings = Settings(max_running=3, max_queued=1)
    lanes.refuse_when_full(again)
    with pytest.raises(Conflict):
        lanes.refuse_when_full(run("a3", "a", if_busy="reject"))
    with pytest.raises(Unavailable):
        lanes.refuse_when_full(run("a3", "a"))
    lanes.refuse_when_full(run("b1", "b"))
    lanes.leave(first)
    lanes.refuse_when_full(run("a3", "a"))


async def test_of_a_thousand_runs_one_that_begins_or_ends_looks_at_no_other_but_the_next() -> None:
    lanes = Lanes(Settings(max_running=500, max_queued=10_000))
    lanes.open = True
    every = entered(lanes, [run(f"r{number}", f"s{number % 800}") for number in range(1000)])
    running = begun(lanes)
    assert len(running) == 500
    looked_at = Watched.looked_at = set[str]()
    try:
        lanes.leave(every[3])
        [follower] = begun(lanes)
        new = run("new", "of its own")
        lanes.refuse_when_full(new)
        entered(lanes, [new])
        assert begun(lanes) == []
    finally:
        Watched.looked_at = None
    assert looked_at <= {"r3", "r803", follower, "new"}


@dataclass
class Model:
    """The same, told by looking at everybody each time."""

    places: int
    lanes: dict[str, list[Watched]] = field(default_factory=dict[str, list[Watched]])

    def may_begin(self) -> set[str]:
        heads = [lane[0] for lane in self.lanes.values() if lane]
        running = sum(live.started for live in heads)
        ready = {live.record.id for live in heads if live.released and not live.started and live.ending is None}
        return ready if running < self.places else set()


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_nobody_waits_for_nothing(seed: int) -> None:
    chance = random.Random(seed)
    lanes, model = Lanes(Settings(max_running=3)), Model(3)
    for number in range(400):
        live = run(f"r{number}", f"s{chance.randrange(8)}")
        lanes.enter(live)
        model.lanes.setdefault(live.session.id, []).append(live)
        for _ in range(min(chance.randrange(4), len(lanes))):
            some = chance.choice(lanes.every())
            assert isinstance(some, Watched)
            if not some.released:
                lanes.release(some)
            elif some.started or chance.random() < 0.3:
                some.stop("aborted")
                lanes.leave(some)
                model.lanes[some.session.id].remove(some)
            while allowed := model.may_begin():
                began = lanes.next()
                assert began is not None
                assert began.record.id in allowed
            assert lanes.next() is None
            assert lanes.running == sum(live.started for live in lanes.every()) <= 3
