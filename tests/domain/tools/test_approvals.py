"""Calls that wait for a human."""

import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.principals import Principal, owner
from openclaw_rpc.domain.tools.approvals import MAX_WAITING
from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.protocol.base import JsonObject, Scope, Topic
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, NotFound, Unavailable
from tests.support.kept import in_sqlite
from tests.support.tools import ADA, EVE, PIN, Ears, Source, ToolWorld

ASK = SecurityPolicy(policies={"shell": "ask"})
GUARDED = SecurityPolicy(require_pin_for=["shell"])


class Call:
    """A use of `shell` on its way."""

    def __init__(self, world: ToolWorld) -> None:
        self.world = world
        self.result: Any = None
        self.error: GatewayError | None = None
        self.ended = anyio.Event()

    async def go(self, params: JsonObject | None = None, call_id: str = "call_1", run_id: str = "run_1") -> None:
        context = self.world.context(run_id)
        try:
            self.result = await self.world.tools.use("shell", params or {"command": "ls"}, context, call_id)
        except GatewayError as error:
            self.error = error
        finally:
            self.ended.set()

    async def end(self) -> None:
        with anyio.fail_after(5):
            await self.ended.wait()

    @property
    def reason(self) -> str | None:
        return self.error.reason if self.error is not None else None


@pytest.fixture
def source() -> Source:
    return Source().add("shell", dangerous=True)


async def opened(source: Source, security: SecurityPolicy = ASK, **more: Any) -> tuple[ToolWorld, Call]:
    world = ToolWorld(source, security=security, **more)
    await world.open()
    return world, Call(world)


async def test_a_call_waits_until_its_user_agrees_and_then_acts(source: Source):
    world, call = await opened(source)
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        asked = await world.asked()
        assert (asked.tool, asked.params, asked.run_id, asked.session_key) == (
            "shell",
            {"command": "ls"},
            "run_1",
            "one",
        )
        assert (asked.needs_pin, asked.call_id) == (False, "call_1")
        assert asked.expires_at > asked.created_at
        assert await world.approvals.pending(ADA) == [asked]
        assert source.used == []
        await world.approvals.approve(ADA, asked.approval_id, None)
        await call.end()
        (decided,) = world.ears.named("tool.decided")
        assert (decided.approval_id, decided.outcome) == (asked.approval_id, "approved")
    assert (call.result, source.used) == ("ok", [("shell", {"command": "ls"})])
    assert await world.approvals.pending(ADA) == []
    assert await world.outcomes() == ["asked", "approved", "begun", "done"]


async def test_that_a_call_waits_is_kept_with_the_sessions_history(source: Source):
    world, call = await opened(source)
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        asked = await world.asked()
        await world.approvals.deny(ADA, asked.approval_id, None)
        await call.end()
    assert [event.type for event in await world.store.events(world.session.id, 0, 10)] == [
        "tool.approval",
        "tool.decided",
    ]


async def test_those_who_follow_messages_hear_that_a_call_waits(source: Source):
    world, call = await opened(source)
    mine, others = Ears(), Ears()
    world.bus.subscribe(Filter(topic=Topic.MESSAGES, user="ada"), mine)
    world.bus.subscribe(Filter(topic=Topic.MESSAGES, user="eve"), others)
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        await mine.event("tool.approval")
        group.cancel_scope.cancel()
    assert others.heard == []


async def test_a_refused_call_fails_with_the_reason_and_does_nothing(source: Source):
    world, call = await opened(source)
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        await world.approvals.deny(ADA, (await world.asked()).approval_id, "not on my machine")
        await call.end()
    assert call.error is not None
    assert (call.reason, call.error.message) == ("denied", "shell: a human refused the call: not on my machine")
    assert source.used == []
    assert await world.outcomes() == ["asked", "denied"]


async def test_a_call_that_nobody_answers_is_refused_in_time(source: Source):
    world, call = await opened(source, SecurityPolicy(policies={"shell": "ask"}, approval_seconds=0.05))
    with anyio.fail_after(5):
        await call.go()
    assert call.error is not None
    assert (call.reason, call.error.message) == ("approval_expired", "shell: not approved in time")
    asked = await world.asked()
    with pytest.raises(NotFound):
        await world.approvals.approve(ADA, asked.approval_id, None)
    assert source.used == []
    assert await world.outcomes() == ["asked", "expired"]
    assert [one.outcome for one in world.ears.named("tool.decided")] == ["expired"]


async def test_an_approval_is_used_once(source: Source):
    world, call = await opened(source)
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        asked = await world.asked()
        await world.approvals.approve(ADA, asked.approval_id, None)
        await call.end()
        for decide in (world.approvals.approve, world.approvals.deny):
            with pytest.raises(NotFound):
                await decide(ADA, asked.approval_id, None)
        again = Call(world)
        group.start_soon(again.go)
        second = await world.asked(2)
        assert second.approval_id != asked.approval_id
        assert len(source.used) == 1
        group.cancel_scope.cancel()


async def test_of_many_who_approve_at_once_one_does(source: Source):
    world, call = await opened(source)
    outcomes: list[str] = []

    async def approve(approval_id: str) -> None:
        try:
            await world.approvals.approve(ADA, approval_id, None)
            outcomes.append("approved")
        except NotFound:
            outcomes.append("not found")

    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        asked = await world.asked()
        async with anyio.create_task_group() as together:
            for _ in range(10):
                together.start_soon(approve, asked.approval_id)
        await call.end()
    assert sorted(outcomes) == ["approved", *["not found"] * 9]
    assert len(source.used) == 1


async def test_a_yes_to_one_call_lets_no_other_pass(source: Source):
    world, call = await opened(source)
    other = Call(world)
    async with anyio.create_task_group() as group:
        group.start_soon(call.go, {"command": "ls"}, "call_1")
        first = await world.asked()
        group.start_soon(other.go, {"command": "rm -rf /"}, "call_1")
        await world.asked(2)
        await world.approvals.approve(ADA, first.approval_id, None)
        await call.end()
        assert not other.ended.is_set()
        assert source.used == [("shell", {"command": "ls"})]
        group.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("run_id", "tool", "params"),
    [
        ("run_2", "shell", {"command": "ls"}),
        ("run_1", "file_write", {"command": "ls"}),
        ("run_1", "shell", {"command": "rm -rf /"}),
        ("run_1", "shell", {"command": "ls", "cwd": "/"}),
        ("run_1", "shell", {}),
    ],
)
async def test_a_grant_replayed_for_another_call_is_refused(source: Source, run_id: str, tool: str, params: JsonObject):
    world, _ = await opened(source)
    grants: list[Any] = []

    async def ask() -> None:
        shown: JsonObject = {"command": "ls"}
        grants.append(await world.approvals.ask(world.context(), "call_1", "shell", shown, needs_pin=False))

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await world.approvals.approve(ADA, (await world.asked()).approval_id, None)
    (grant,) = grants
    with pytest.raises(Forbidden) as caught:
        grant.redeem(run_id, tool, params)
    assert caught.value.reason == "other_call"
    assert grant.redeem("run_1", "shell", {"command": "ls"}) == {"command": "ls"}
    with pytest.raises(Forbidden) as caught:
        grant.redeem("run_1", "shell", {"command": "ls"})
    assert caught.value.reason == "used"


async def test_params_changed_while_a_human_reads_them_are_refused(source: Source):
    world, call = await opened(source)
    params: JsonObject = {"command": "ls"}
    async with anyio.create_task_group() as group:
        group.start_soon(call.go, params)
        asked = await world.asked()
        params["command"] = "rm -rf /"
        assert asked.params == {"command": "ls"}
        await world.approvals.approve(ADA, asked.approval_id, None)
        await call.end()
    assert call.reason == "other_call"
    assert source.used == []


async def test_another_users_call_is_not_found_and_goes_on_waiting(source: Source):
    world, call = await opened(source)
    eves_admin = Principal("eve", "admin", frozenset(Scope))
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        asked = await world.asked()
        for stranger in (EVE, eves_admin):
            assert await world.approvals.pending(stranger) == []
            for decide in (world.approvals.approve, world.approvals.deny):
                with pytest.raises(NotFound):
                    await decide(stranger, asked.approval_id, None)
        assert source.used == []
        assert await world.approvals.pending(owner("gateway")) == [asked]
        await world.approvals.approve(owner("gateway"), asked.approval_id, None)
        await call.end()
    assert call.result == "ok"
    assert (await world.records())[1].token == "gateway"


async def test_a_guarded_call_needs_the_pin_and_waits_while_it_is_missing_or_wrong(source: Source):
    world, call = await opened(source, GUARDED)
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        asked = await world.asked()
        assert asked.needs_pin
        for pin, reason in ((None, "pin_required"), ("1111", "wrong_pin"), ("", "wrong_pin")):
            with pytest.raises(Forbidden) as caught:
                await world.approvals.approve(ADA, asked.approval_id, pin)
            assert caught.value.reason == reason
        assert source.used == []
        await world.approvals.approve(ADA, asked.approval_id, PIN)
        await call.end()
    assert call.result == "ok"
    assert await world.outcomes() == ["asked", "pin_wrong", "pin_wrong", "approved", "begun", "done"]


async def test_the_pin_that_came_with_a_runs_request_agrees_to_nothing(source: Source):
    world, _ = await opened(source, SecurityPolicy(require_pin_for=["shell"], approval_seconds=0.05))
    with pytest.raises(Forbidden) as caught:
        await world.tools.use("shell", {}, world.context(pin=PIN), "call_1")
    assert caught.value.reason == "approval_expired"
    assert source.used == []


async def test_where_no_pin_is_set_nobody_is_asked(source: Source):
    world, call = await opened(source, GUARDED, pin=None)
    with anyio.fail_after(5):
        await call.go()
    assert call.error is not None
    assert call.reason == "pin_not_set"
    assert "openclaw pin set" in call.error.message
    assert (source.used, world.ears.heard) == ([], [])


async def test_aborting_ends_a_call_that_waits_within_250_ms(source: Source, tmp_path: Path):
    async with in_sqlite(tmp_path) as kept:
        world, call = await opened(source, audit=kept.audit)
        began: list[float] = []
        async with anyio.create_task_group() as group:
            group.start_soon(call.go)
            await world.asked()
            began.append(time.monotonic())
            group.cancel_scope.cancel()
        assert time.monotonic() - began[0] < 0.25
        assert call.ended.is_set()
        with pytest.raises(NotFound):
            await world.approvals.approve(ADA, (await world.asked()).approval_id, None)
        assert source.used == []
        assert await world.outcomes() == ["asked", "withdrawn"]
        assert [one.outcome for one in world.ears.named("tool.decided")] == ["cancelled"]


async def test_a_yes_that_cannot_be_recorded_is_a_no(source: Source):
    world, call = await opened(source)
    append = world.audit.append

    async def full(record: Any) -> None:
        if record.outcome == "approved":
            raise Unavailable("the disk is full")
        await append(record)

    world.audit.append = full
    async with anyio.create_task_group() as group:
        group.start_soon(call.go)
        with pytest.raises(Unavailable):
            await world.approvals.approve(ADA, (await world.asked()).approval_id, None)
        await call.end()
    assert call.reason == "denied"
    assert source.used == []


async def test_a_call_that_cannot_be_told_of_is_not_made(source: Source):
    world, call = await opened(source)

    async def keep(stream: Stream, *_: Any, **__: Any) -> None:
        raise Unavailable("the disk is full")

    world.streams.keep = keep
    with anyio.fail_after(5):
        await call.go()
    assert isinstance(call.error, Unavailable)
    assert source.used == []
    assert await world.approvals.pending(ADA) == []


async def test_only_so_many_calls_of_a_user_wait(source: Source):
    world, _ = await opened(source)
    async with anyio.create_task_group() as group:
        for at in range(MAX_WAITING):
            group.start_soon(Call(world).go, {"command": str(at)})
        await world.asked(MAX_WAITING)
        call = Call(world)
        with anyio.fail_after(5):
            await call.go()
        assert call.reason == "too_many"
        group.cancel_scope.cancel()


async def test_a_run_without_a_session_in_memory_is_told_by_its_topic(source: Source):
    world, _ = await opened(source)
    mine = Ears()
    world.bus.subscribe(Filter(topic=Topic.MESSAGES, user="ada"), mine)
    results: list[Any] = []

    async def use() -> None:
        results.append(await world.use("shell", session_id="", session_key=""))

    async with anyio.create_task_group() as group:
        group.start_soon(use)
        await world.approvals.approve(ADA, (await mine.event("tool.approval")).approval_id, None)
    assert results == ["ok"]
