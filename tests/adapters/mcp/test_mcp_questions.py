"""What MCP servers ask people while a tool is in use, and servers that speak the older HTTP with SSE."""

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw_rpc.domain.mcp import McpServerSettings, Question, Reply
from openclaw_rpc.protocol.errors import ProviderError, Timeout
from tests.support.agent import World, world
from tests.support.mcp_world import SCRIPT, McpWorld, free_port, program, served_over_http
from tests.support.obedient import call

ODD = str(Path(__file__).parents[2] / "support" / "odd_mcp_server.py")


class Human:
    """Answers questions as it was told to."""

    def __init__(self, action: Any = "accept", **content: Any) -> None:
        self.asked: list[Question] = []
        self.reply = Reply(action=action, content=content)

    async def __call__(self, question: Question) -> Reply:
        self.asked.append(question)
        return self.reply


class Held(Human):
    """Takes its time."""

    def __init__(self, action: Any = "accept", **content: Any) -> None:
        super().__init__(action, **content)
        self.asking, self.go = anyio.Event(), anyio.Event()

    async def __call__(self, question: Question) -> Reply:
        self.asking.set()
        await self.go.wait()
        return await super().__call__(question)


@asynccontextmanager
async def small(root: Path, *args: str, **more: Any) -> AsyncGenerator[McpWorld]:
    async with McpWorld(root, {"small": program(*args, **more)}).serving() as made:
        await made.ready()
        yield made


async def test_a_question_of_the_newest_revision_is_asked_and_answered(tmp_path: Path) -> None:
    async with small(tmp_path) as made:
        human = Human(place="the pier", nights=2)
        assert await made.call("small__moor", human) == {"result": "moored at the pier for 2"}
        (question,) = human.asked
        assert question.message == "Which berth?" and set(question.wants["properties"]) == {"place", "nights"}
        for refusing in ("decline", "cancel"):
            with pytest.raises(ProviderError):
                await made.call("small__moor", Human(refusing))


@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
async def test_a_question_of_an_older_revision_is_asked_too(tmp_path: Path, action: str) -> None:
    async with small(tmp_path, ODD, "results") as made:
        human = Human(action, sure=True)
        told = json.loads(await made.call("small__ask", human))
        assert told == {"action": action} | ({"content": {"sure": True}} if action == "accept" else {})
        assert human.asked[0].message == "Burn the nets?"


async def test_with_two_calls_under_way_nobody_is_asked_in_anothers_name(tmp_path: Path) -> None:
    async with small(tmp_path, ODD, "results") as made:
        first, second = Held(sure=True), Human(sure=True)
        told: list[Any] = []

        async def use() -> None:
            told.append(await made.call("small__ask", first))

        async with anyio.create_task_group() as group:
            group.start_soon(use)
            with anyio.fail_after(10):
                await first.asking.wait()
            assert json.loads(await made.call("small__ask", second)) == {"action": "cancel"}
            first.go.set()
        assert not second.asked and json.loads(told[0])["action"] == "accept"


async def test_the_newest_revision_says_for_which_call_it_asks(tmp_path: Path) -> None:
    async with small(tmp_path) as made:
        first, second = Held(place="a"), Human(place="b")
        told: list[Any] = []

        async def use() -> None:
            told.append(await made.call("small__moor", first))

        async with anyio.create_task_group() as group:
            group.start_soon(use)
            with anyio.fail_after(10):
                await first.asking.wait()
            assert await made.call("small__moor", second) == {"result": "moored at b for 1"}
            first.go.set()
        assert told == [{"result": "moored at a for 1"}]


async def test_the_time_in_which_a_human_thinks_is_not_the_tools(tmp_path: Path) -> None:
    async with small(tmp_path, ODD, "results", timeout_seconds=0.3) as made:

        async def thinking(question: Question) -> Reply:
            await anyio.sleep(0.6)
            return Reply(action="accept", content={"sure": True})

        assert "accept" in await made.call("small__ask", thinking)


async def test_a_call_that_is_given_up_takes_its_question_along(tmp_path: Path) -> None:
    async with small(tmp_path, ODD, "results") as made:
        asking, ended = anyio.Event(), anyio.Event()

        async def never(question: Question) -> Reply:
            asking.set()
            try:
                await anyio.sleep_forever()
            finally:
                ended.set()
            raise AssertionError

        async with anyio.create_task_group() as group:
            group.start_soon(made.call, "small__ask", never)
            with anyio.fail_after(10):
                await asking.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(10):
            await ended.wait()


async def test_a_server_of_the_older_transport_is_found_out_and_used(tmp_path: Path) -> None:
    async with served_over_http(free_port(), "sse") as url:
        made = McpWorld(tmp_path, {"small": McpServerSettings(url=url, timeout_seconds=1)})
        async with made.serving():
            info = await made.ready()
            assert (info.title, info.transport, info.restarts) == ("small", "http", 0)
            assert await made.call("small__add", a=1, b=2) == {"result": 3}
            with pytest.raises(ProviderError, match="no such thing"):
                await made.call("small__fail")
            assert await made.call("small__moor", Human(place="the quay")) == {"result": "moored at the quay for 1"}
            with pytest.raises(Timeout):
                await made.call("small__sleep", seconds=30)
            assert await made.call("small__add", a=2, b=2) == {"result": 4}


@pytest.fixture(scope="module")
async def agent() -> AsyncGenerator[World]:
    servers = {"small": {"command": sys.executable, "args": [str(SCRIPT), "stdio"]}}
    async with world(mcp={"servers": servers}, security={"approval_seconds": 30}) as made:
        with anyio.fail_after(40):
            while "small__moor" not in {tool["name"] for tool in (await made.client.result("tool.list"))["tools"]}:
                pass
        yield made


async def approval(agent: World, run_id: str) -> dict[str, Any]:
    return (await agent.client.event("tool.approval", runId=run_id))["data"]


async def test_in_a_run_it_is_an_approval_that_takes_an_answer(agent: World) -> None:
    run_id = await agent.start(call("small__moor"))
    asked = await approval(agent, run_id)
    assert asked["tool"] == "small__moor" and asked["params"] == {"server": "small", "question": "Which berth?"}
    assert asked["asks"]["required"] == ["place"]
    given = {"approvalId": asked["approvalId"]}
    for content, field in (
        (None, "content.place"),
        ({"place": 5}, "content.place"),
        ({"place": "x", "nights": "y"}, "content.nights"),
    ):
        refused = await agent.client.error("tool.approve", **given, **({} if content is None else {"content": content}))
        assert refused["data"]["field"] == field
    await agent.client.result("tool.approve", **given, content={"place": "the mole"})
    await agent.client.event("chat.done", runId=run_id)
    (result,) = agent.results(run_id)
    assert result["result"] == {"result": "moored at the mole for 1"}


async def test_a_question_that_is_refused_is_declined(agent: World) -> None:
    run_id = await agent.start(call("small__moor"))
    asked = await approval(agent, run_id)
    await agent.client.result("tool.deny", approvalId=asked["approvalId"])
    await agent.client.event("chat.done", runId=run_id)
    (result,) = agent.results(run_id)
    assert "error" in result
    assert ("small__moor", "denied") in await agent.audited()


async def test_content_for_what_asks_nothing_is_refused(agent: World) -> None:
    await agent.client.result("config.update", config={"security": {"policies": {"file_write": "ask"}}})
    run_id = await agent.start(call("file_write", path="a", content="b"))
    asked = await approval(agent, run_id)
    refused = await agent.client.error("tool.approve", approvalId=asked["approvalId"], content={"x": 1})
    assert refused["data"]["field"] == "content"
    await agent.client.result("tool.deny", approvalId=asked["approvalId"])
