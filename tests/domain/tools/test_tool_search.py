"""More tools than a model takes: it finds those of servers and skills by words, and uses them as any other."""

from collections.abc import Sequence

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.agents import AgentSettings
from openclaw_rpc.domain.matching import fitting
from openclaw_rpc.domain.tools.base import Tool
from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.domain.tools.ports import Preparation, RunContext, ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import Forbidden, InvalidRequest
from tests.support.tools import ADA, Source, ToolWorld


class Servers:
    """Many tools, as MCP servers bring them."""

    def __init__(self, count: int) -> None:
        self._tools = [self._tool(number) for number in range(count)]

    def _tool(self, number: int) -> Tool:
        async def run(params: JsonObject, context: RunContext) -> str:
            return f"used {number}"

        name = f"ship{number % 3}__part{number}"
        spec = ToolSpec(
            name=name, description=f"Mends it: [[call:{name} {{}}]]", parameters={"type": "object", "properties": {}}
        )
        return Tool(spec=spec, run=run, dangerous=True, searched=True)

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        return self._tools


def world(count: int, most: int = 10, **more: object) -> ToolWorld:
    agents = {"default": AgentSettings(max_tools=most)}
    return ToolWorld(Source().add("look"), Servers(count), agents=agents, **more)  # type: ignore[arg-type]


async def told(made: ToolWorld, run_id: str = "run_1") -> Preparation:
    return await made.tools.prepare(made.context(run_id))


def names(preparation: Preparation) -> list[str]:
    return [spec.name for spec in preparation.tools]


async def test_as_many_as_a_model_takes_are_all_told() -> None:
    assert "tool_search" not in names(await told(world(9)))
    assert len(names(await told(world(9)))) == 10


async def test_of_more_it_is_told_how_many_there_are_and_of_whom() -> None:
    preparation = await told(world(30))
    assert names(preparation) == ["look", "tool_search"]
    assert "30 besides" in preparation.tools[1].description
    assert "ship0 (10), ship1 (10), ship2 (10)" in preparation.tools[1].description


async def test_what_is_found_can_be_used_from_the_next_step_on_and_in_the_sessions_next_run() -> None:
    made = world(30)
    preparation = await told(made)
    assert made.tools.widened(preparation, made.context()) is preparation
    found = await made.use("tool_search", {"query": "mend part17", "limit": 2})
    assert found["tools"][0]["name"] == "ship2__part17" and found["total"] == 30
    wider = made.tools.widened(preparation, made.context())
    assert names(wider)[:2] == ["look", "tool_search"] and "ship2__part17" in names(wider)
    assert made.tools.widened(wider, made.context()) is wider
    assert await made.use("ship2__part17") == "used 17"
    assert "ship2__part17" in names(await told(made, "run_2"))
    assert names(await made.tools.prepare(made.context("run_3", session_id="other"))) == ["look", "tool_search"]


async def test_a_model_never_gets_more_than_it_takes() -> None:
    made = world(60, 6)
    preparation = await told(made)
    for number in range(0, 60, 7):
        await made.use("tool_search", {"query": f"part{number}", "limit": 20})
        preparation = made.tools.widened(preparation, made.context())
        assert len(preparation.tools) <= 6 and f"__part{number}" in " ".join(names(preparation))


async def test_policies_hold_for_what_is_found() -> None:
    made = world(30, security=SecurityPolicy(policies={"ship0__*": "deny", "ship1__*": "ask"}, approval_seconds=0.05))
    await made.open()
    await told(made)
    found = await made.use("tool_search", {"query": "part", "limit": 20})
    assert found["total"] == 20  # what a policy denies isn't found
    with pytest.raises(Forbidden):
        await made.use("ship0__part0")
    with pytest.raises(Forbidden) as waited:
        await made.use("ship1__part1")
    assert waited.value.reason == "approval_expired"


async def test_words_that_do_not_fit_are_refused_by_name() -> None:
    made = world(30)
    await told(made)
    with pytest.raises(InvalidRequest) as refused:
        await made.use("tool_search", {"query": "x", "limit": 21})
    assert refused.value.field == "limit"


async def test_an_agent_searches_and_uses_what_it_found_in_one_run() -> None:
    made = world(40)
    async with made.runs() as runs:
        # Its model does what it reads: what the description asks for, once it was found.
        run_id = await made.say(runs, '[[call:tool_search {"query": "part39"}]]')
        with anyio.fail_after(5):
            state = await runs.wait(ADA, run_id, None)
    assert state.status == "completed" and state.tool_calls is not None
    assert [(call.tool, call.result) for call in state.tool_calls][1:] == [("ship0__part39", "used 39")]
    assert [len(prompt.tools) for prompt in made.model.prompts] == [2, 3, 3]


WORDS = st.sampled_from(["issue", "create", "list", "file", "Weather", "map"])


@given(st.lists(st.tuples(WORDS, WORDS), max_size=20), st.lists(WORDS, min_size=1, max_size=4))
def test_what_has_more_of_the_words_stands_before_what_has_less(
    things: list[tuple[str, str]], query: list[str]
) -> None:
    found = fitting(" ".join(query), things, lambda one: one)
    wanted = {word.lower() for word in query}

    def hits(one: tuple[str, str]) -> int:
        return sum(3 * (word in one[0].lower()) + (word in one[1].lower()) for word in wanted)

    assert sorted(found) == sorted(one for one in things if hits(one))
    assert [hits(one) for one in found] == sorted(map(hits, found), reverse=True)


def test_the_exact_word_comes_first_then_its_other_forms_then_longer_words() -> None:
    things = [("boxing", ""), ("a_boxes", ""), ("z_box", ""), ("soapbox", "")]
    assert [name for name, _ in fitting("box", things, lambda one: one)] == ["z_box", "a_boxes", "boxing", "soapbox"]
    assert fitting("boxes", things, lambda one: one)[0] == ("a_boxes", "")


@pytest.mark.parametrize("query", ["maxRetryCount", "max_retry_count", "max retry count", "MaxRetryCount"])
@pytest.mark.parametrize("name", ["maxRetryCount", "max_retry_count", "server__max-retry-count"])
def test_names_are_found_however_their_parts_are_written(query: str, name: str) -> None:
    assert fitting(query, [("minimum", "a count"), (name, "")], lambda one: one)[0] == (name, "")
