"""What a tool needs before it is used: policies, a human's yes, the PIN; and what is written down of it."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from typing import Any

import anyio
import pytest

from openclaw_rpc.protocol.table import by_name
from tests.support.agent import PIN, World, world
from tests.support.gateway import Client
from tests.support.obedient import call

WRITE = call("file_write", path="new.txt", content="x")
SECURITY = {
    "policies": {"file_delete": "deny", "file_write": "ask", "memory_*": "allow"},
    "requirePinFor": ["shell"],
    "approval_seconds": 30,
    "pin_lock_seconds": 600,
}
AGENTS: dict[str, Any] = {
    "free": {"policies": {"file_write": "allow", "file_delete": "allow"}},
    "strict": {"policies": {"file_*": "deny", "shell": "deny"}},
    "watched": {"policies": {"file_list": "ask"}},
}


@pytest.fixture
async def agent() -> AsyncGenerator[World]:
    async with world(agents=AGENTS, security=SECURITY, pin=PIN) as made:
        yield made


async def waiting(agent: World, message: str, **params: Any) -> dict[str, Any]:
    """A run whose call waits for a human: what it asks."""
    run_id = await agent.start(message, **params)
    return (await agent.client.event("tool.approval", runId=run_id))["data"]


async def ended(agent: World, run_id: str) -> dict[str, Any]:
    """The one tool's result of a run that goes on to its end."""
    await agent.client.event("chat.done", runId=run_id)
    (result,) = agent.results(run_id)
    return result


# --- policies -------------------------------------------------------------------------------------------------------


async def test_what_a_policy_denies_is_not_offered_and_not_done(agent: World) -> None:
    (agent.workspace / "kept.txt").write_text("x")
    result = await agent.use(call("file_delete", path="kept.txt"))
    assert "file_delete" not in agent.model.offered()
    assert "denies" in result["error"] or "not there" in result["error"]
    assert (agent.workspace / "kept.txt").exists()


async def test_an_agents_own_policy_goes_before_the_gateways_but_for_deny(agent: World) -> None:
    result = await agent.use(WRITE, agentId="free")
    assert result["result"]["created"]
    (agent.workspace / "kept.txt").write_text("x")
    result = await agent.use(call("file_delete", path="kept.txt"), agentId="free")
    assert "error" in result
    assert (agent.workspace / "kept.txt").exists()
    await agent.run("hello", agentId="strict")
    assert not {name for name in agent.model.offered() if name.startswith("file_") or name == "shell"}


async def test_tool_list_says_what_each_tool_needs(agent: World) -> None:
    listed = {one["name"]: one for one in (await agent.client.result("tool.list"))["tools"]}
    assert listed["file_delete"]["policy"] == "deny"
    assert (listed["file_write"]["policy"], listed["file_write"].get("needsPin", False)) == ("ask", False)
    assert (listed["shell"]["policy"], listed["shell"]["needsPin"]) == ("ask", True)
    assert listed["file_read"]["policy"] == "allow"
    strict = {one["name"]: one for one in (await agent.client.result("tool.list", agentId="strict"))["tools"]}
    assert strict["shell"]["policy"] == "deny"


async def test_a_changed_policy_holds_from_the_next_run_on(agent: World) -> None:
    await agent.client.result("config.update", config={"security": {"policies": {"file_write": "allow"}}})
    assert (await agent.use(WRITE))["result"]["created"]


# --- a human's yes --------------------------------------------------------------------------------------------------


async def test_a_call_that_waits_tells_exactly_what_it_would_do(agent: World) -> None:
    asked = await waiting(agent, WRITE)
    assert (asked["tool"], asked["params"]) == ("file_write", {"path": "new.txt", "content": "x"})
    assert (asked["agentId"], asked["user"], asked["needsPin"]) == ("default", "owner", False)
    assert asked["createdAt"] < asked["expiresAt"]
    assert (await agent.client.result("tool.pending"))["approvals"] == [asked]
    assert not (agent.workspace / "new.txt").exists()
    calls = agent.told(asked["runId"], "tool.call")
    assert [one["callId"] for one in calls] == [asked["callId"]]


async def test_an_approved_call_is_done_once(agent: World) -> None:
    asked = await waiting(agent, WRITE)
    assert await agent.client.result("tool.approve", approvalId=asked["approvalId"]) == {
        "approvalId": asked["approvalId"],
        "approved": True,
    }
    result = await ended(agent, asked["runId"])
    assert result["result"]["created"]
    assert (agent.workspace / "new.txt").read_text() == "x"
    (decided,) = agent.told(asked["runId"], "tool.decided")
    assert decided["outcome"] == "approved"
    error = await agent.client.error("tool.approve", approvalId=asked["approvalId"])
    assert error["data"]["code"] == "not_found"
    assert (await agent.client.result("tool.pending"))["approvals"] == []


async def test_a_refused_call_is_not_done_and_the_agent_is_told_why(agent: World) -> None:
    asked = await waiting(agent, WRITE)
    await agent.client.result("tool.deny", approvalId=asked["approvalId"], reason="not today")
    result = await ended(agent, asked["runId"])
    assert "refused" in result["error"]
    assert "not today" in agent.model.last()
    assert not (agent.workspace / "new.txt").exists()


async def test_nobodys_answer_is_a_no() -> None:
    security = {"policies": {"file_write": "ask"}, "approval_seconds": 0.1}
    async with world(security=security) as agent:
        result = await agent.use(WRITE)
        assert "not approved in time" in result["error"]
        assert not (agent.workspace / "new.txt").exists()


async def test_an_abort_takes_a_waiting_call_along(agent: World) -> None:
    asked = await waiting(agent, WRITE)
    with anyio.fail_after(0.5):
        await agent.client.result("chat.abort", runId=asked["runId"])
    assert (await agent.client.result("tool.pending"))["approvals"] == []
    error = await agent.client.error("tool.approve", approvalId=asked["approvalId"])
    assert error["data"]["code"] == "not_found"
    assert not (agent.workspace / "new.txt").exists()


async def test_calls_of_one_turn_are_decided_one_by_one(agent: World) -> None:
    run_id = await agent.start("".join(call("file_write", path=name, content="x") for name in ("a.txt", "b.txt")))
    for outcome in ("tool.deny", "tool.approve"):
        asked = (await agent.client.event("tool.approval", runId=run_id))["data"]
        await agent.client.result(outcome, approvalId=asked["approvalId"])
    await agent.client.event("chat.done", runId=run_id)
    assert not (agent.workspace / "a.txt").exists()
    assert (agent.workspace / "b.txt").exists()


async def test_an_agent_whose_policy_asks_for_what_is_harmless_waits(agent: World) -> None:
    asked = await waiting(agent, call("file_list"), agentId="watched")
    assert asked["tool"] == "file_list"


async def test_nobody_decides_about_another_users_calls(agent: World) -> None:
    asked = await waiting(agent, WRITE)
    async with agent.served.connect(token=agent.served.make_token("eve")) as eve:
        assert (await eve.result("tool.pending"))["approvals"] == []
        for method in ("tool.approve", "tool.deny"):
            error = await eve.error(method, approvalId=asked["approvalId"])
            assert error["data"]["code"] == "not_found"
    assert len((await agent.client.result("tool.pending"))["approvals"]) == 1


async def test_a_token_that_may_only_talk_approves_nothing(agent: World) -> None:
    asked = await waiting(agent, WRITE)
    async with agent.served.connect(token=agent.served.make_token(scopes="read,chat")) as talker:
        error = await talker.error("tool.approve", approvalId=asked["approvalId"])
        assert error["data"]["code"] == "forbidden"


# --- the PIN --------------------------------------------------------------------------------------------------------


async def test_a_guarded_tool_waits_for_the_pin(agent: World) -> None:
    asked = await waiting(agent, call("shell", command="touch done.txt"))
    assert asked["needsPin"]
    for pin, reason in ((None, "pin_required"), ("0000", "wrong_pin")):
        error = await agent.client.error("tool.approve", approvalId=asked["approvalId"], pin=pin)
        assert error["data"]["reason"] == reason
    assert not (agent.workspace / "done.txt").exists()
    await agent.client.result("tool.approve", approvalId=asked["approvalId"], pin=PIN)
    assert (await ended(agent, asked["runId"]))["result"]["exitCode"] == 0
    assert (agent.workspace / "done.txt").exists()


async def test_the_pin_is_never_shown(agent: World) -> None:
    asked = await waiting(agent, call("shell", command="true"))
    await agent.client.result("tool.approve", approvalId=asked["approvalId"], pin=PIN)
    await agent.client.error("tool.invoke", name="shell", params={"command": "true"}, pin="975311")
    page = await agent.client.result("audit.query", limit=200)
    lines = (await agent.client.result("log.tail", lines=1000, level="debug"))["logs"]
    for shown in (str(page["records"]), str(lines), str(agent.client.told(asked["runId"]))):
        assert "975311" not in shown
        assert f"'{PIN}'" not in shown


async def test_without_a_pin_set_a_guarded_tool_says_how_to_set_one() -> None:
    async with world(security={"require_pin_for": ["shell"]}) as agent:
        result = await agent.use(call("shell", command="true"))
        assert "openclaw pin set" in result["error"]
        error = await agent.client.error("command.execute", command="true")
        assert error["data"]["reason"] == "pin_not_set"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("command.execute", {"command": "true"}),
        ("command.start", {"command": "true"}),
        ("file.write", {"path": "/a", "content": "b"}),
        ("file.list", {}),
        ("file.search", {"pattern": "*"}),
        ("file.delete", {"path": "/a"}),
        ("web.fetch", {"url": "http://127.0.0.1:1/"}),
    ],
)
async def test_whatever_is_guarded_takes_the_pin_as_a_param_and_it_is_written_nowhere(
    method: str, params: dict[str, Any]
) -> None:
    tool = by_name()[method].tool
    assert tool is not None
    async with world(pin="86420", security={"require_pin_for": [tool]}) as agent:
        assert (await agent.client.error(method, **params))["data"]["reason"] == "pin_required"
        assert (await agent.client.error(method, **params, pin="13579"))["data"]["reason"] == "wrong_pin"
        answer = await agent.client.call(method, {**params, "pin": "86420"})
        assert "error" not in answer or answer["error"]["data"].get("reason") not in ("pin_required", "wrong_pin")
        records = (await agent.client.result("audit.query"))["records"]
        lines = await agent.client.result("log.tail")
        for shown in (str(records), str(lines)):
            assert "13579" not in shown and "86420" not in shown


@pytest.mark.parametrize("path", ["/api/files/list", "/api/files/read", "/api/files/search", "/api/browser/screenshot"])
async def test_a_pin_in_a_url_is_refused(agent: World, path: str) -> None:
    async with agent.served.http("GET", f"{path}?path=a&pin=13579") as answer:
        body = await answer.text()
        assert answer.status == 400 and "X-OpenClaw-Pin" in body and "13579" not in body


async def execute(agent: World, pin: str | None, path: str = "/api/commands/execute") -> tuple[int, Any]:
    body: dict[str, Any] = {"command": "echo hi"}
    async with agent.served.http("POST", path, body, headers={"X-OpenClaw-Pin": pin} if pin else None) as answer:
        return answer.status, await answer.json()


async def test_over_http_the_pin_comes_in_a_header(agent: World) -> None:
    status, body = await execute(agent, None)
    assert status == 403
    assert "pin_required" in str(body)
    status, body = await execute(agent, "0000")
    assert (status, "wrong_pin" in str(body)) == (403, True)
    status, body = await execute(agent, PIN)
    assert status == 200
    assert "hi\n" in str(body) or "hi\\n" in str(body)


async def test_five_wrong_pins_lock_whoever_gave_them_the_right_one_too(agent: World) -> None:
    async def guess(client: Client, pin: str) -> Any:
        frame = await client.call("tool.invoke", {"name": "shell", "params": {"command": "true"}, "pin": pin})
        return frame.get("error", {}).get("data", {}).get("reason", "in")

    assert [await guess(agent.client, "0000") for _ in range(4)] == ["wrong_pin"] * 4
    assert await guess(agent.client, "0000") == "pin_locked"
    assert await guess(agent.client, PIN) == "pin_locked"
    status, body = await execute(agent, PIN)
    assert (status, "pin_locked" in str(body)) == (403, True)
    async with agent.served.connect(token=agent.served.make_token("ada")) as ada:
        assert await guess(ada, PIN) == "in", "another user is not locked out"
    assert ("shell", "pin_locked") in await agent.audited()


async def test_guesses_that_come_together_are_counted_all_the_same(agent: World) -> None:
    statuses: list[str] = []

    async def guess(pin: str) -> None:
        _, body = await execute(agent, pin)
        statuses.append("locked" if "pin_locked" in str(body) else "wrong" if "wrong_pin" in str(body) else "in")

    async with anyio.create_task_group() as group:
        for at in range(10):
            group.start_soon(guess, f"{at:04}")
    assert statuses.count("wrong") == 4
    assert statuses.count("locked") == 6


async def test_a_pin_that_came_with_a_run_agrees_to_nothing(agent: World) -> None:
    """It was given before anybody knew which call the agent would make."""
    body = {"channel": "api", "message": call("shell", command="touch done.txt"), "wait_for_response": False}
    async with agent.served.http("POST", "/api/v1/message", body, headers={"X-OpenClaw-Pin": PIN}) as answer:
        assert answer.status < 300, await answer.text()
    with anyio.fail_after(5):
        while not (await agent.client.result("tool.pending"))["approvals"]:
            await anyio.lowlevel.checkpoint()
    assert not (agent.workspace / "done.txt").exists()


async def test_a_method_is_guarded_like_its_tool(agent: World) -> None:
    """file_write waits for a human where an agent asks; whoever calls file.write is that human. deny is for all."""
    assert (await agent.client.result("file.write", path="mine.txt", content="x"))["created"]
    error = await agent.client.error("file.delete", path="mine.txt")
    assert error["data"]["reason"] == "denied_by_policy"
    error = await agent.client.error("tool.invoke", name="file_delete", params={"path": "mine.txt"})
    assert error["data"]["reason"] == "denied_by_policy"
    assert (agent.workspace / "mine.txt").exists()


# --- what is written down -------------------------------------------------------------------------------------------


async def test_every_dangerous_act_is_in_the_audit_log_before_and_after(agent: World) -> None:
    asked = await waiting(agent, WRITE)
    await agent.client.result("tool.approve", approvalId=asked["approvalId"])
    await ended(agent, asked["runId"])
    assert await agent.audited(tool="file_write") == [
        ("file_write", "asked"), ("file_write", "approved"), ("file_write", "begun"), ("file_write", "done"),
    ]  # fmt: skip
    records = (await agent.client.result("audit.query", tool="file_write"))["records"]
    for record in records:
        assert (record["user"], record["runId"], record["callId"]) == ("owner", asked["runId"], asked["callId"])
        assert record["params"] == {"path": "new.txt", "content": "x"}
    assert records[0]["durationMs"] >= 0
    verdict = await agent.client.result("audit.verify")
    assert verdict["intact"]
    assert verdict["records"] >= 4


async def test_what_failed_was_denied_or_came_over_another_door_is_in_it_too(agent: World) -> None:
    await agent.use(call("file_move", **{"from": "nowhere", "to": "there"}))
    await agent.client.error("file.delete", path="mine.txt")
    await execute(agent, PIN)
    await agent.client.result("file.write", path="mine.txt", content="x")
    await agent.use(call("file_list"))
    assert await agent.audited() == [
        ("file_move", "begun"), ("file_move", "failed"), ("file_delete", "denied"),
        ("shell", "begun"), ("shell", "done"), ("file_write", "begun"), ("file_write", "done"),
    ]  # fmt: skip
    assert (await agent.client.result("audit.verify"))["intact"]


async def test_a_changed_audit_log_is_found_out(agent: World) -> None:
    await agent.client.result("file.write", path="mine.txt", content="x")
    await agent.client.result("file.write", path="other.txt", content="x")
    with closing(sqlite3.connect(agent.served.app.paths.state / "gateway.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER audit_is_never_changed")
        changed = "CAST(replace(CAST(line AS TEXT), 'mine.txt', 'yours.txt') AS BLOB)"
        assert db.execute(f"UPDATE audit SET line = {changed}").rowcount
    verdict = await agent.client.result("audit.verify")
    assert not verdict["intact"]


async def test_the_audit_log_is_for_admins_of_the_owner(agent: World) -> None:
    async with agent.served.connect(token=agent.served.make_token("ada", scopes="read,chat,tools,admin")) as ada:
        for method in ("audit.query", "audit.verify"):
            assert (await ada.error(method))["data"]["code"] == "forbidden"
