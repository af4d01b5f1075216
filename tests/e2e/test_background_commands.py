"""Commands that an agent starts in the background, through a whole gateway."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.support.agent import World, key, world
from tests.support.jobs import gone
from tests.support.obedient import call

AGENTS: dict[str, Any] = {
    "alone": {"tools": ["shell"]},
    "careful": {"tools": {"allow": ["*"], "deny": ["shell"]}},
    "asking": {"policies": {"shell": "ask"}},
    "denied": {"policies": {"shell": "deny"}},
}
PARTS = {"command_start", "command_output", "command_stop"}


@pytest.fixture(scope="module")
async def agent() -> AsyncGenerator[World]:
    async with world(agents=AGENTS, security={"sandbox": "none"}) as made:
        yield made


def offered(agent: World) -> set[str]:
    return {tool["function"]["name"] for tool in agent.model.requests[-1].get("tools", ())}


async def test_what_an_agent_starts_ends_with_its_run(agent: World) -> None:
    started = await agent.use(call("command_start", command="echo up; exec -a e2e-ends sleep 600"))
    assert started["result"]["running"] is True
    await gone("e2e-ends")
    command_id = started["result"]["commandId"]
    read = await agent.client.result("command.output", commandId=command_id, cursor=3, wait=10_000)
    assert read["stoppedBy"] == "run"


async def test_what_is_kept_is_read_in_the_next_run_and_goes_with_its_session(agent: World) -> None:
    session = key()
    started = await agent.use(
        call("command_start", command="echo up; exec -a e2e-kept sleep 600", keep=True), sessionKey=session
    )
    command_id = started["result"]["commandId"]
    read = await agent.use(call("command_output", commandId=command_id, wait=20_000), sessionKey=session)
    assert (read["result"]["stdout"], read["result"]["running"]) == ("up\n", True)
    assert read["result"]["sessionKey"] == session
    await agent.client.result("session.delete", sessionKey=session)
    await gone("e2e-kept")


async def test_what_is_said_of_the_shell_holds_for_what_it_starts(agent: World) -> None:
    await agent.run("hi", agentId="alone")
    assert offered(agent) == {"shell"} | PARTS
    await agent.run("hi", agentId="careful")
    assert not offered(agent) & ({"shell"} | PARTS)
    await agent.run("hi", agentId="denied")
    assert not offered(agent) & ({"shell"} | PARTS)
    run_id = await agent.start(call("command_start", command="true"), agentId="asking")
    waiting = (await agent.client.event("tool.approval"))["data"]
    assert (waiting["runId"], waiting["tool"]) == (run_id, "command_start")
    await agent.client.result("tool.deny", approvalId=waiting["approvalId"])


async def test_the_shells_pin_is_asked_for_by_its_row_too() -> None:
    async with world(pin="2468", security={"sandbox": "none", "require_pin_for": ["shell"]}) as made:
        refused = await made.client.call("command.start", {"command": "true"})
        assert refused["error"]["data"]["reason"] == "pin_required"
    async with world(security={"sandbox": "none", "policies": {"shell": "deny"}}) as made:
        refused = await made.client.call("command.start", {"command": "true"})
        assert refused["error"]["data"]["reason"] == "denied_by_policy"
