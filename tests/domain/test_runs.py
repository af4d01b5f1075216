"""Runs over a store that fails, and runs that the last process left behind."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import anyio
import pytest

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.events.change import Change, Delivery
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.kept import Unsure
from openclaw_rpc.domain.models import Models
from openclaw_rpc.domain.principals import owner
from openclaw_rpc.domain.providers import OfferedModel, Prompt
from openclaw_rpc.domain.records import RunRecord, SessionQuery, SessionRecord
from openclaw_rpc.domain.runs.drafts import Drafts
from openclaw_rpc.domain.runs.model_requests import ModelRequests
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.runs.talk import HISTORY
from openclaw_rpc.domain.runs.turn import Turn
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.base import Topic
from openclaw_rpc.protocol.chat import ChatMessage, ChatRunParams, EarlierMessage, RunAccepted, RunOptions
from openclaw_rpc.protocol.errors import Conflict, Unavailable
from openclaw_rpc.rpc.call import Call
from tests.support.clock import ManualClock
from tests.support.logs import ListLog
from tests.support.tools import NoTools, unlimited
from tests.support.volatile.store import VolatileStore

ADA = owner("gateway")


class Talker:
    """A model that says its words one by one, and then waits for ``go`` where it is told to."""

    name = "primary"
    default_model = "talker"

    def __init__(self) -> None:
        self.words = ["one ", "two"]
        self.go = anyio.Event()
        self.go.set()
        self.prompts: list[Prompt] = []

    def context_tokens(self, model: str) -> int:
        return 10_000

    async def find_context(self, model: str) -> int:
        return 10_000

    @asynccontextmanager
    async def stream(self, prompt: Prompt, waits: Any = None) -> AsyncGenerator[AsyncIterator[Sequence[Chunk]]]:
        self.prompts.append(prompt)

        async def pieces() -> AsyncGenerator[Sequence[Chunk]]:
            for word in self.words:
                yield (Chunk(text=word),)
            await self.go.wait()
            yield (Chunk(finish_reason="stop"),)

        said = pieces()
        try:
            yield said
        finally:
            await said.aclose()

    def chat(self, body: bytes, *, carry: bool, counted: bool) -> Any:
        raise NotImplementedError

    async def complete(self, body: bytes) -> Any:
        raise NotImplementedError

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        raise NotImplementedError

    async def models(self) -> list[OfferedModel]:
        return []

    async def aclose(self) -> None:
        return None


class Disk(VolatileStore):
    """A store that refuses what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.full: set[str] = set()
        self.before_admission: list[SessionRecord] = []
        self.outcomes: list[asyncio.Future[RunRecord | None]] = []
        self.unsure: list[Change] = []

    async def admit(self, change: Change, *, of_anybody: bool = False) -> RunRecord:
        if "admit" in self.full:
            raise Unavailable("the disk is full")
        if self.outcomes:
            self.unsure.append(change)
            raise Unsure(Unavailable("the disk went away in the act"), self.outcomes.pop())
        while self.before_admission:
            await super().commit(Change(session=self.before_admission.pop()))
        return await super().admit(change, of_anybody=of_anybody)

    async def commit(self, change: Change) -> SessionRecord | None:
        if "commit" in self.full:
            raise Unavailable("the disk is full")
        return await super().commit(change)


@dataclass
class Settings:
    max_running: int = 10
    max_queued: int = 10
    timeout_seconds: float = 60
    on_crash: Literal["interrupt", "retry"] = "interrupt"


class World:
    """A gateway's inside, without doors."""

    def __init__(self, disk: Disk | None = None) -> None:
        self.disk = disk or Disk()
        self.talker = Talker()
        self.log = ListLog()
        self.told: list[Published] = []
        self.settings = Settings()
        self.bus = MemoryBus()
        self.streams = Streams(self.disk, table.events(), LoopTasks(), self.bus)
        agents = Agents({})
        clock = ManualClock()
        self.sessions = Sessions(self.disk, self.streams, agents, clock)
        models = Models({"primary": self.talker}, {})
        toolbox = NoTools()
        asking = ModelRequests(models, self.sessions, unlimited(models, clock), self.log)
        turn = Turn(self.disk, self.sessions, toolbox, asking)
        self.runs = Runs(
            self.settings,
            store=self.disk,
            streams=self.streams,
            sessions=self.sessions,
            drafts=Drafts(self.streams, self.sessions, agents, toolbox),
            turn=turn,
            tasks=LoopTasks(),
            log=self.log,
        )

    def listen(self, session: SessionRecord) -> None:
        self.bus.subscribe(Filter(session_id=session.id), self)

    def hear(self, event: Published) -> None:
        self.told.append(event)

    async def start(self, message: str = "hi", session: str = "main", **more: Any) -> RunAccepted:
        accepted, release = await self.runs.start(ADA, ChatRunParams(message=message, session_key=session, **more))
        self.listen(await self.sessions.find(ADA, session))
        release()
        return accepted

    def finals(self, run_id: str) -> list[str]:
        return [e.data.finish_reason for e in self.told if e.row.name == "chat.done" and e.run_id == run_id]


async def test_a_run_goes_from_its_message_to_its_end() -> None:
    world = World()
    async with world.runs.serving():
        accepted = await world.start()
        state = await world.runs.wait(ADA, accepted.run_id, 5000)
    assert (state.status, state.response, state.finish_reason) == ("completed", "one two", "stop")
    assert world.finals(accepted.run_id) == ["stop"]
    assert (world.runs.running, world.runs.queued) == (0, 0)


@pytest.mark.parametrize(("stream", "text"), [(True, "one two"), (False, "")])
async def test_what_a_snapshot_shows_of_a_run_is_what_was_told_of_it(stream: bool, text: str) -> None:
    world = World()
    world.talker.go = anyio.Event()
    async with world.runs.serving():
        await world.start(options=RunOptions(stream=stream))
        await anyio.wait_all_tasks_blocked()
        detail = await world.sessions.detail(ADA, "main", 10, world.runs.live)
        world.talker.go.set()
    assert [live.text for live in detail.live] == [text]


async def test_a_message_that_can_not_be_kept_is_refused_and_leaves_nothing() -> None:
    world = World()
    async with world.runs.serving():
        world.disk.full = {"admit"}
        with pytest.raises(Unavailable):
            await world.start()
        assert (world.runs.running, world.runs.queued) == (0, 0)
        world.disk.full = set()
        accepted = await world.start()
        assert accepted.status == "accepted"
        assert (await world.runs.wait(ADA, accepted.run_id, 5000)).status == "completed"


async def test_a_run_whose_end_can_not_be_kept_ends_all_the_same_for_those_who_listen() -> None:
    world = World()
    world.talker.go = anyio.Event()
    async with world.runs.serving():
        accepted = await world.start()
        await anyio.wait_all_tasks_blocked()
        world.disk.full = {"commit"}
        world.talker.go.set()
        state = await world.runs.wait(ADA, accepted.run_id, 5000)
        assert state.status == "completed"
        assert world.finals(accepted.run_id) == ["stop"]
        assert world.log.events("error") == ["a run's end could not be kept"]
        world.disk.full = set()
        again = await world.start("and now")
        assert (await world.runs.wait(ADA, again.run_id, 5000)).status == "completed"
    kept = await world.disk.events((await world.sessions.find(ADA, "main")).id, 0, 100)
    assert [record.type for record in kept].count("chat.done") == 2, "the first was kept with what came next"


async def test_a_run_goes_on_while_the_disk_is_full_and_is_kept_when_it_is_not() -> None:
    world = World()
    async with world.runs.serving():
        accepted, release = await world.runs.start(ADA, ChatRunParams(message="hi", session_key="main"))
        session = await world.sessions.find(ADA, "main")
        world.listen(session)
        world.disk.full = {"commit"}
        release()
        state = await world.runs.wait(ADA, accepted.run_id, 5000)
        assert (state.status, world.finals(accepted.run_id)) == ("completed", ["stop"])
        kept, _ = await world.disk.messages(session.id, 10)
        assert [message.role for message in kept] == ["user"]
        world.disk.full = set()
        await world.streams.keep_owed()
    kept, _ = await world.disk.messages(session.id, 10)
    assert [message.role for message in kept] == ["user", "assistant"]
    assert [event.type for event in await world.disk.events(session.id, accepted.seq, 100)][-1] == "chat.done"
    assert await world.disk.unfinished_runs() == []


async def test_a_run_whose_caller_never_lets_it_begin_is_ended_when_the_gateway_stops() -> None:
    world = World()
    async with world.runs.serving():
        accepted, release = await world.runs.start(ADA, ChatRunParams(message="hi", session_key="main"))
        async with anyio.create_task_group() as group:
            group.start_soon(world.runs.close, 0)
            await anyio.wait_all_tasks_blocked()
            release()
        assert (await world.runs.wait(ADA, accepted.run_id, 1)).status == "interrupted"


async def test_the_first_question_of_a_session_that_does_not_exist_makes_it_once() -> None:
    world = World()
    async with world.runs.serving():
        started: list[RunAccepted] = []

        async def start() -> None:
            started.append(await world.start(session="new"))

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(start)
        assert len({run.run_id for run in started}) == 5
        for run in started:
            await world.runs.wait(ADA, run.run_id, 5000)
        assert len((await world.sessions.history(ADA, "new", 100, None)).messages) == 10


async def test_a_session_that_somebody_else_makes_meanwhile_takes_the_message() -> None:
    world = World()
    async with world.runs.serving():
        world.disk.before_admission.append(world.sessions.blank(ADA.user, "new", "default", "api"))
        accepted = await world.start(session="new")
        await world.runs.wait(ADA, accepted.run_id, 5000)
        messages = (await world.sessions.history(ADA, "new", 100, None)).messages
        assert [message.role for message in messages] == ["user", "assistant"]
        assert (await world.sessions.find(ADA, "new")).channel == "api"


async def test_a_message_goes_to_the_session_that_is_there_whoever_made_it() -> None:
    world = World()
    bob = world.sessions.blank("bob", "bobs", "default", "api")
    mine = world.sessions.blank(ADA.user, "mine", "default", "api")
    for record in (bob, mine):
        await world.disk.commit(Change(session=record))
    async with world.runs.serving():
        for record in (bob, mine):
            for _ in range(2):
                accepted = await world.start(session=record.key)
                await world.runs.wait(ADA, accepted.run_id, 5000)
                run = await world.disk.find_run(accepted.run_id)
                assert run is not None
                assert run.session_id == record.id
            found = await world.disk.find_session(record.user, record.key)
            assert found is not None
            assert found.message_count == 4
        _, total, _ = await world.disk.list_sessions(SessionQuery(user=None, limit=10))
        assert total == 2


async def test_a_call_with_history_that_comes_again_leaves_nothing_behind() -> None:
    world = World()
    asked = ChatRunParams(
        message="and now?",
        history=[EarlierMessage(role="user", content="before"), EarlierMessage(role="assistant", content="yes")],
        idempotency_key="once",
    )
    async with world.runs.serving():
        first, release = await world.runs.start(ADA, asked)
        release()
        again, release = await world.runs.start(ADA, asked)
        release()
        assert again.run_id == first.run_id
        await world.runs.wait(ADA, first.run_id, 5000)
        sessions, total, _ = await world.disk.list_sessions(SessionQuery(user=ADA.user, limit=10))
        assert (total, sessions[0].key, sessions[0].message_count) == (1, first.session_key, 4)
    (prompt,) = world.talker.prompts
    assert [message["content"] for message in prompt.messages][-3:] == ["before", "yes", "and now?"]


async def test_of_a_long_history_the_newest_messages_are_looked_at_in_a_new_session_too() -> None:
    world = World()
    earlier = [EarlierMessage(role="assistant" if at % 2 else "user", content=f"{at}") for at in range(HISTORY + 10)]
    async with world.runs.serving():
        accepted, release = await world.runs.start(ADA, ChatRunParams(message="now", history=earlier))
        release()
        await world.runs.wait(ADA, accepted.run_id, 5000)
    *_, prompt = world.talker.prompts  # what falls out of the window is summarised before
    said = [message["content"] for message in prompt.messages if message["content"].isdigit()]
    assert said == [f"{at}" for at in range(HISTORY + 10 - len(said), HISTORY + 10)]
    assert prompt.messages[-1]["content"] == "now"
    assert len(said) > HISTORY / 2


async def test_what_is_said_to_a_new_session_before_its_run_begins_is_in_the_prompt() -> None:
    world = World()
    async with world.runs.serving():
        accepted, release = await world.runs.start(ADA, ChatRunParams(message="hi", session_key="new"))
        said = ChatMessage(
            message_id="m_1",
            role="system",
            content="be brief",
            created_at="2026-09-21T10:00:00.000Z",
            status="complete",
        )
        await world.sessions.inject(ADA, "new", said)
        release()
        await world.runs.wait(ADA, accepted.run_id, 5000)
    (prompt,) = world.talker.prompts
    system, question = (message["content"] for message in prompt.messages)
    assert (system.endswith("be brief"), question) == (True, "hi")


async def test_limits_that_change_hold_for_the_next_message() -> None:
    world = World()
    world.talker.go = anyio.Event()
    async with world.runs.serving():
        first = await world.start()
        world.settings.max_queued = 0
        with pytest.raises(Unavailable):
            await world.start()
        with pytest.raises(Conflict):
            await world.start(options=RunOptions(if_busy="reject"))
        world.talker.go.set()
        await world.runs.wait(ADA, first.run_id, 5000)
        await world.start()


class Deaf:
    """A listener that breaks its promise never to raise."""

    def hear(self, event: Published) -> None:
        raise ArithmeticError(event.row.name)


@pytest.mark.parametrize("session", ["named", "main"])
async def test_a_run_begins_though_what_tells_of_its_session_fails(session: str) -> None:
    world = World()
    world.bus.subscribe(Filter(topic=Topic.SESSIONS), Deaf())
    async with world.runs.serving():
        for at in range(2):
            accepted, release = await world.runs.start(ADA, ChatRunParams(message=f"word {at}", session_key=session))
            release()
            assert (await world.runs.wait(ADA, accepted.run_id, 5000)).status == "completed"
    assert (world.runs.running, world.runs.queued) == (0, 0)


def fails() -> None:
    raise ArithmeticError


async def test_a_thousand_runs_end_whatever_fails_of_what_tells_of_them() -> None:
    world = World()
    world.settings.max_running, world.settings.max_queued = 100, 1000
    world.bus.subscribe(Filter(topic=Topic.SESSIONS), Deaf())
    async with world.runs.serving():
        accepted: list[RunAccepted] = []
        for at in range(1000):
            params = ChatRunParams(message="hi", session_key=f"session-{at % 700}")
            run, release = await world.runs.start(ADA, params)
            call = Call(ADA)
            call.after_answer(fails)
            call.after_answer(release)
            call.answered()
            accepted.append(run)
        assert world.runs.running <= 100
        for run in accepted:
            assert (await world.runs.wait(ADA, run.run_id, 5000)).status == "completed"
    assert (world.runs.running, world.runs.queued) == (0, 0)


class BrokenPlanner:
    """A planner that breaks its promise never to raise."""

    def deliveries(self, event: Published, channel: str) -> Sequence[Delivery]:
        return ()

    def replies(self, run: RunRecord) -> Sequence[Delivery]:
        raise ArithmeticError(run.id)


async def test_a_run_whose_end_fails_keeps_neither_its_session_nor_its_place() -> None:
    world = World()
    world.settings.max_running = 1
    planner, world.streams.planner = world.streams.planner, BrokenPlanner()
    async with world.runs.serving():
        first = await world.start()
        await world.runs.wait(ADA, first.run_id, 5000)
        assert (world.runs.running, world.runs.queued) == (0, 0)
        assert world.log.events("error") == ["a run's end failed"]
        world.streams.planner = planner
        for session in ("main", "another"):
            again = await world.start(session=session)
            assert (await world.runs.wait(ADA, again.run_id, 5000)).status == "completed"


async def test_where_more_may_run_those_that_wait_begin_at_once() -> None:
    world = World()
    world.talker.go = anyio.Event()
    world.settings.max_running = 1
    async with world.runs.serving():
        runs = [await world.start(session=session) for session in ("one", "two", "three")]
        assert [run.status for run in runs] == ["accepted", "queued", "queued"]
        assert world.runs.running == 1
        world.runs.apply(Settings(max_running=2))
        assert (world.runs.running, world.runs.queued) == (2, 1)
        world.talker.go.set()
        for run in runs:
            assert (await world.runs.wait(ADA, run.run_id, 5000)).status == "completed"


@pytest.mark.parametrize("kept", [True, False])
async def test_a_run_that_the_store_may_have_kept_begins_when_it_is_known_that_it_did(kept: bool) -> None:
    world = World()
    async with world.runs.serving():
        outcome: asyncio.Future[RunRecord | None] = asyncio.get_running_loop().create_future()
        world.disk.outcomes.append(outcome)
        with pytest.raises(Unavailable):
            await world.start("first")
        assert world.runs.queued == 1, "it keeps its place"
        change = world.disk.unsure[0]
        assert change.run is not None
        if kept:
            await world.disk.admit(change)
            outcome.set_result(None)
        else:
            outcome.set_exception(Unavailable("it was not kept"))
            await anyio.wait_all_tasks_blocked()
            assert world.runs.queued == 0
        later = await world.start("second")
        assert (await world.runs.wait(ADA, later.run_id, 5000)).status == "completed"
        if kept:
            assert (await world.runs.wait(ADA, change.run.id, 5000)).status == "completed"
    assert await world.disk.unfinished_runs() == []


async def test_a_run_that_the_store_may_have_kept_does_not_hold_up_the_end_of_the_gateway() -> None:
    world = World()
    async with world.runs.serving():
        world.disk.outcomes.append(asyncio.get_running_loop().create_future())
        with pytest.raises(Unavailable):
            await world.start()
        with anyio.fail_after(5):
            await world.runs.close(60)
        assert (world.runs.running, world.runs.queued) == (0, 0)
