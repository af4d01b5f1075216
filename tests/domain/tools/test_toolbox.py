"""What agents are offered, and what happens when they use it."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from openclaw_rpc.domain.agents import AgentSettings, ToolRules
from openclaw_rpc.domain.tools import offer
from openclaw_rpc.domain.tools.base import Tool
from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.domain.tools.results import MAX_RESULT
from openclaw_rpc.protocol.base import JsonObject, Scope
from openclaw_rpc.protocol.errors import (
    Forbidden,
    GatewayError,
    InternalError,
    InvalidRequest,
    NotFound,
    Timeout,
    Unavailable,
)
from tests.support.kept import in_sqlite
from tests.support.tools import ADA, Source, ToolWorld

CHAT = frozenset({Scope.READ, Scope.CHAT})


class Broken(Source):
    async def tools(self, context: RunContext) -> Sequence[Tool]:
        raise RuntimeError("no tools today")


class Slow(Source):
    async def briefing(self, context: RunContext) -> Sequence[str]:
        await anyio.sleep_forever()
        return ()


async def offered(world: ToolWorld, **context: Any) -> list[str]:
    return [spec.name for spec in (await world.tools.prepare(world.context(**context))).tools]


async def test_a_run_is_given_the_tools_and_briefings_of_every_source_in_their_order():
    world = ToolWorld(Source("a", ["remember this"]).add("one"), Source("b", ["and that"]).add("two"))
    preparation = await world.tools.prepare(world.context())
    assert [spec.name for spec in preparation.tools] == ["one", "two"]
    assert preparation.system == ["remember this", "and that"]


async def test_a_source_that_fails_is_logged_and_the_others_are_offered():
    world = ToolWorld(Broken("broken", ["still here"]), Source().add("one"))
    preparation = await world.tools.prepare(world.context())
    assert [spec.name for spec in preparation.tools] == ["one"]
    assert preparation.system == ["still here"]
    assert world.log.said == ["a source of tools failed"]


async def test_a_source_that_takes_too_long_is_passed_over_and_what_it_said_before_is_offered(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(offer, "SOURCE_SECONDS", 0.05)
    world = ToolWorld(Slow("slow").add("zero"), Source("b", ["here"]).add("one"))
    with anyio.fail_after(5):
        preparation = await world.tools.prepare(world.context())
    assert [spec.name for spec in preparation.tools] == ["zero", "one"]
    assert preparation.system == ["here"]
    assert world.log.said == ["a source of tools takes too long"]


async def test_of_two_tools_with_one_name_the_first_sources_is_offered_and_the_clash_logged_once():
    first, second = Source("first").add("one", result=1), Source("second").add("one", result=2)
    world = ToolWorld(first, second)
    assert await offered(world) == ["one"]
    assert await offered(world) == ["one"]
    assert await world.use("one") == 1
    assert world.log.said == ["two tools have one name"]


async def test_a_name_that_no_model_would_take_is_left_out():
    world = ToolWorld(Source().add("no good!").add("good"))
    assert await offered(world) == ["good"]
    assert world.log.said == ["a tool has an invalid name"]


async def test_an_agents_rules_say_which_tools_it_may_use():
    rules = ToolRules(allow=["file_*", "shell"], deny=["file_delete"])
    world = ToolWorld(
        Source().add("file_read").add("file_delete").add("shell").add("web_fetch"),
        agents={"coder": AgentSettings(tools=rules)},
    )
    assert await offered(world, agent_id="coder") == ["file_read", "shell"]
    with pytest.raises(NotFound, match="file_delete"):
        await world.use("file_delete", agent_id="coder")


async def test_without_the_scope_tools_a_run_has_none_and_its_briefing_all_the_same():
    source = Source("s", ["remember"]).add("file_read")
    world = ToolWorld(source)
    preparation = await world.tools.prepare(world.context(scopes=CHAT))
    assert (list(preparation.tools), preparation.system) == ([], ["remember"])
    for run_id in ("run_1", "run_never_prepared"):
        with pytest.raises(NotFound):
            await world.use("file_read", scopes=CHAT, run_id=run_id)
    with pytest.raises(Forbidden):
        await world.tools.read_attachment("a.txt", world.context(scopes=CHAT))
    assert source.used == []


async def test_skills_that_a_message_calls_are_named():
    class Skills(Source):
        async def skills(self, context: RunContext) -> Sequence[str]:
            return ["weather"] if "@weather" in context.message else []

    world = ToolWorld(Skills())
    assert (await world.tools.prepare(world.context(message="@weather?"))).skills == ["weather"]
    assert (await world.tools.prepare(world.context())).skills == []


async def test_a_tool_is_used_without_having_been_prepared():
    world = ToolWorld(Source().add("one", result={"a": 1}))
    assert await world.use("one") == {"a": 1}


async def test_a_tool_that_is_not_there_is_not_found_and_those_that_are_named():
    with pytest.raises(NotFound, match="there are: one, two"):
        await ToolWorld(Source().add("one").add("two")).use("three")


async def test_params_that_do_not_fit_the_schema_never_reach_the_tool():
    schema = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    source = Source().add("file_read", parameters=schema)
    with pytest.raises(InvalidRequest) as caught:
        await ToolWorld(source).use("file_read", {"path": 7})
    assert (caught.value.field, caught.value.reason) == ("path", "must be string, not integer")
    assert source.used == []


async def test_a_tools_own_fault_becomes_an_error_that_tells_nothing():
    async def fail(params: JsonObject, context: RunContext) -> None:
        raise ValueError("secret detail")

    world = ToolWorld(Source().add("one", fail))
    with pytest.raises(InternalError) as caught:
        await world.use("one")
    assert "secret" not in caught.value.message
    assert world.log.said == ["a tool failed"]


async def test_a_tool_that_takes_too_long_is_cancelled_and_says_so():
    ended: list[bool] = []

    async def sleep(params: JsonObject, context: RunContext) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    world = ToolWorld(Source().add("slow", sleep, dangerous=True), seconds=0.05)
    with anyio.fail_after(5):
        with pytest.raises(Timeout, match=r"slow took longer than 0\.05 s"):
            await world.use("slow")
    assert ended == [True]
    assert await world.outcomes() == ["begun", "failed"]


async def test_cancelling_ends_a_tool_within_250_ms_and_the_log_says_so(tmp_path: Path):
    began = anyio.Event()
    ended: list[float] = []

    async def sleep(params: JsonObject, context: RunContext) -> None:
        began.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(time.monotonic())

    async with in_sqlite(tmp_path) as kept:
        world = ToolWorld(Source().add("slow", sleep, dangerous=True), audit=kept.audit)
        cancelled: list[float] = []
        async with anyio.create_task_group() as group:
            group.start_soon(world.use, "slow")
            with anyio.fail_after(5):
                await began.wait()
            cancelled.append(time.monotonic())
            group.cancel_scope.cancel()
        assert time.monotonic() - cancelled[0] < 0.25
        assert ended
        assert await world.outcomes() == ["begun", "cancelled"]


async def test_a_long_result_is_cut_with_a_note_and_kept_whole_as_a_file():
    long = "0123456789" * 10_000
    world = ToolWorld(Source().add("shell", result=long))
    result = await world.use("shell")
    ((path, kept),) = world.workspace.files.items()
    assert kept == long
    assert len(result) == MAX_RESULT
    assert (result[:15_000], result[-15_000:]) == (long[:15_000], long[-15_000:])
    assert f"… (cut: 100000 characters in all; the whole is in {path}) …" in result


async def test_of_a_long_result_that_is_an_object_the_long_texts_are_cut_and_kept_as_they_are():
    lines = "".join(f"{number}\n" for number in range(50_000))
    world = ToolWorld(Source().add("shell", result={"stdout": lines, "stderr": "boom", "exitCode": 3}))
    result = await world.use("shell")
    assert (result["exitCode"], result["stderr"]) == (3, "boom")
    assert result["stdout"].startswith("0\n1\n") and result["stdout"].endswith("49998\n49999\n")
    assert len(msgspec.json.encode(result).decode()) <= MAX_RESULT
    assert list(world.workspace.files.values()) == [lines]


async def test_a_result_of_just_the_bound_stays_as_it_is():
    exact = "é" * MAX_RESULT
    world = ToolWorld(Source().add("one", result=exact).add("two", result={"a": [1]}))
    assert await world.use("one") == exact
    assert await world.use("two") == {"a": [1]}
    assert world.workspace.files == {}


async def test_a_models_call_id_is_no_path():
    world = ToolWorld(Source().add("shell", result="x" * 50_000))
    for _ in range(2):
        await world.tools.use("shell", {}, world.context(), "../../etc/passwd\0")
    names = [path.removeprefix("/results/") for path in world.workspace.files]
    assert len(names) == 2
    assert all("/" not in name and "\0" not in name and not name.startswith(".") for name in names)


async def test_a_long_result_that_cannot_be_kept_is_cut_all_the_same():
    class Full(ToolWorld):
        async def spill(self, context: RunContext, name: str, text: str) -> str:
            raise Unavailable("the disk is full")

    world = ToolWorld(Source().add("shell", result="x" * 50_000))
    world.workspace.spill = Full.spill.__get__(world)
    assert "(cut: 50000 characters in all; the rest could not be kept)" in await world.use("shell")


async def test_a_result_that_is_no_json_is_an_error():
    with pytest.raises(InternalError, match="not JSON"):
        await ToolWorld(Source().add("one", result=object())).use("one")


async def test_a_denied_tool_is_not_offered_and_not_used_and_the_attempt_is_written_down():
    source = Source().add("shell", dangerous=True).add("file_read")
    world = ToolWorld(source, security=SecurityPolicy(policies={"shell": "deny"}))
    assert await offered(world) == ["file_read"]
    with pytest.raises(Forbidden) as caught:
        await world.use("shell")
    assert caught.value.reason == "denied_by_policy"
    assert source.used == []
    assert await world.outcomes() == ["denied"]


async def test_a_dangerous_tool_is_in_the_audit_log_before_it_acts_and_when_it_has():
    world: ToolWorld

    async def act(params: JsonObject, context: RunContext) -> list[str]:
        return await world.outcomes()

    world = ToolWorld(Source().add("shell", act, dangerous=True).add("calc"))
    assert await world.use("shell", {"command": "ls"}) == ["begun"]
    await world.use("calc")
    begun, done = await world.records()
    assert (begun.outcome, done.outcome) == ("begun", "done")
    assert (begun.tool, begun.user, begun.token, begun.run_id, begun.session_key, begun.call_id) == (
        "shell",
        "ada",
        "laptop",
        "run_1",
        "one",
        "call_1",
    )
    assert begun.params == {"command": "ls"}
    assert begun.params_digest == done.params_digest != ""
    assert done.duration_ms is not None


async def test_a_failure_is_written_down_with_its_reason():
    async def fail(params: JsonObject, context: RunContext) -> None:
        raise NotFound("there is no such file")

    world = ToolWorld(Source().add("shell", fail, dangerous=True))
    with pytest.raises(NotFound):
        await world.use("shell")
    assert [(one.outcome, one.reason) for one in await world.records()] == [
        ("begun", ""),
        ("failed", "there is no such file"),
    ]


async def test_what_cannot_be_recorded_does_not_happen():
    class Full:
        async def append(self, record: Any) -> None:
            raise Unavailable("the disk is full")

    source = Source().add("shell", dangerous=True)
    with pytest.raises(Unavailable):
        await ToolWorld(source, audit=Full()).use("shell")
    assert source.used == []


async def test_what_a_tool_needs_is_listed():
    world = ToolWorld(
        Source("files").add("file_write", dangerous=True).add("calc", skill="maths"),
        Source("commands").add("shell", dangerous=True).add("format", dangerous=True),
        security=SecurityPolicy(require_pin_for=["shell"], policies={"file_*": "ask", "format": "deny"}),
    )
    listed = await world.tools.list(ADA, None)
    assert listed.agent_id == "default"
    assert [(one.name, one.policy, one.needs_pin, one.dangerous, one.source) for one in listed.tools] == [
        ("calc", "allow", False, False, "files"),
        ("file_write", "ask", False, True, "files"),
        ("format", "deny", False, True, "commands"),
        ("shell", "ask", True, True, "commands"),
    ]
    assert listed.tools[0].skill == "maths"
    with pytest.raises(NotFound):
        await world.tools.list(ADA, "nobody")


async def test_a_tool_is_used_directly_and_answers_whole():
    world = ToolWorld(Source().add("shell", dangerous=True, result="x" * 50_000))
    answer = await world.tools.invoke(ADA, "shell", {}, session=world.session)
    assert answer.result == "x" * 50_000
    assert world.workspace.files == {}
    begun, done = await world.records()
    assert (begun.outcome, done.outcome) == ("begun", "done")
    assert (begun.user, begun.token, begun.session_key) == ("ada", "laptop", "one")
    assert begun.call_id == answer.call_id


async def test_directly_a_policy_that_asks_holds_nothing_up_and_one_that_denies_does():
    world = ToolWorld(
        Source().add("shell", dangerous=True).add("format", dangerous=True),
        security=SecurityPolicy(policies={"shell": "ask", "format": "deny"}),
    )
    assert (await world.tools.invoke(ADA, "shell", {})).result == "ok"
    with pytest.raises(Forbidden) as caught:
        await world.tools.invoke(ADA, "format", {})
    assert caught.value.reason == "denied_by_policy"


async def test_directly_a_guarded_tool_needs_the_pin():
    source = Source().add("shell", dangerous=True)
    world = ToolWorld(source, security=SecurityPolicy(require_pin_for=["shell"]))
    for pin, reason in ((None, "pin_required"), ("0000", "wrong_pin")):
        with pytest.raises(Forbidden) as caught:
            await world.tools.invoke(ADA, "shell", {}, pin=pin)
        assert caught.value.reason == reason
    assert source.used == []
    assert (await world.tools.invoke(ADA, "shell", {}, pin="2468")).result == "ok"


async def test_files_that_came_with_a_message_are_read():
    world = ToolWorld()
    world.workspace.files["a.txt"] = "hello"
    assert await world.tools.read_attachment("a.txt", world.context()) == "hello"
    with pytest.raises(GatewayError):
        await world.tools.read_attachment("b.txt", world.context())
