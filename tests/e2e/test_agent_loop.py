"""An agent at work, through a whole gateway: its model asks for tools, is told what they say, and goes on."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.support.agent import World, key, world
from tests.support.obedient import call
from tests.support.schemas import assert_told

AGENTS: dict[str, Any] = {
    "short": {"max_steps": 3},
    "reader": {"tools": ["file_read", "file_list"]},
    "careful": {"tools": {"allow": ["*"], "deny": ["shell", "file_*"]}},
}


@pytest.fixture(scope="module")
async def agent() -> AsyncGenerator[World]:
    async with world(agents=AGENTS) as made:
        yield made


async def test_a_call_is_told_before_its_result_and_both_before_the_answer(agent: World) -> None:
    session = key()
    done = await agent.run(f"[[say:Let me see.]] {call('file_write', path='a.txt', content='hi')}", sessionKey=session)
    run_id = done["runId"]
    names = [frame["type"] for frame in agent.client.told(run_id)]
    assert [name for at, name in enumerate(names) if name != "chat.delta" or names[at - 1] != "chat.delta"] == [
        "chat.message", "chat.started", "chat.delta", "tool.call", "tool.result", "chat.delta", "chat.message",
        "chat.done",
    ]  # fmt: skip
    seqs = [frame["seq"] for frame in agent.client.told(run_id)]
    assert seqs == sorted(set(seqs))
    (asked,), (answered,) = agent.told(run_id, "tool.call"), agent.results(run_id)
    assert (asked["tool"], asked["params"]) == ("file_write", {"path": "a.txt", "content": "hi"})
    assert (answered["tool"], answered["callId"]) == ("file_write", asked["callId"])
    assert answered["result"] == {"path": "/a.txt", "size": 2, "created": True}
    assert 0 <= answered["durationMs"] < 5_000
    assert "error" not in answered
    assert (agent.workspace / "a.txt").read_text() == "hi"


async def test_the_run_says_which_tools_it_used_and_the_history_has_them(agent: World) -> None:
    session = key()
    done = await agent.run(f"[[say:Looking.]] {call('file_list')}", sessionKey=session)
    state = await agent.client.result("chat.wait", runId=done["runId"])
    (used,) = state["toolCalls"]
    assert (used["tool"], used["params"], used["result"]["path"]) == ("file_list", {}, "/")
    assert state["response"].startswith("Looking.I read: ")
    history = (await agent.client.result("chat.history", sessionKey=session))["messages"]
    assert [message["role"] for message in history] == ["user", "assistant", "tool", "assistant"]
    assert history[1]["content"] == "Looking."
    assert history[1]["toolCalls"][0]["id"] == history[2]["toolCallId"] == used["callId"]
    assert history[2]["durationMs"] == used["durationMs"]


async def test_the_next_message_of_the_session_comes_with_the_calls_before(agent: World) -> None:
    session = key()
    await agent.run(call("file_list"), sessionKey=session)
    await agent.run("and now?", sessionKey=session)
    roles = [message["role"] for message in agent.model.requests[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


async def test_a_long_call_has_its_duration(agent: World) -> None:
    result = await agent.use(call("shell", command="sleep 0.2"))
    assert 200 <= result["durationMs"] < 5_000


async def test_calls_of_one_turn_run_side_by_side(agent: World) -> None:
    page = agent.model.meeting(key(), 3)
    done = await agent.run(" ".join(call("web_fetch", url=f"{page}?{at}") for at in range(3)))
    answered = agent.results(done["runId"])
    assert [one["result"]["text"].strip() for one in answered] == ["together"] * 3
    asked = [one["callId"] for one in agent.told(done["runId"], "tool.call")]
    assert sorted(one["callId"] for one in answered) == sorted(asked)
    # The model is told them in the order in which it asked, whichever ended first.
    said = [m["tool_call_id"] for m in agent.model.requests[-1]["messages"] if m["role"] == "tool"]
    assert said == asked


async def test_tools_that_change_things_run_one_after_another(agent: World) -> None:
    line = "mkdir alone && sleep 0.1 && rmdir alone"
    done = await agent.run(call("shell", command=line) * 3)
    answered = agent.results(done["runId"])
    assert [one["result"]["exitCode"] for one in answered] == [0, 0, 0]
    assert [one["callId"] for one in answered] == [one["callId"] for one in agent.told(done["runId"], "tool.call")]


async def test_one_tool_that_has_to_be_alone_holds_up_all_of_its_turn(agent: World) -> None:
    page = agent.model.meeting(key(), 2)
    done = await agent.run(call("shell", command="true") + call("web_fetch", url=page) + call("web_fetch", url=page))
    texts = [one["result"].get("text", "").strip() for one in agent.results(done["runId"])]
    assert texts[0] == ""
    assert texts[1] == "alone"


async def test_a_failure_goes_back_to_the_model_as_text_and_the_run_goes_on(agent: World) -> None:
    done = await agent.run(call("file_read", path="nowhere.txt"))
    (failed,) = agent.results(done["runId"])
    assert "nowhere.txt" in failed["error"]
    assert "result" not in failed
    assert agent.model.last() == f"error: {failed['error']}"
    assert done["finishReason"] == "stop"


async def test_one_failure_does_not_end_the_other_calls_of_its_turn(agent: World) -> None:
    done = await agent.run(call("file_read", path="nowhere.txt") + call("file_list"))
    assert sorted("error" in one for one in agent.results(done["runId"])) == [False, True]
    assert done["finishReason"] == "stop"


async def test_a_command_that_fails_is_a_result(agent: World) -> None:
    result = await agent.use(call("shell", command="echo no >&2; exit 3"))
    assert (result["result"]["exitCode"], result["result"]["stderr"]) == (3, "no\n")


@pytest.mark.parametrize("name", ["magic", "SHELL", "tool.approve", "shell;ls", "工具", "x" * 200, ""])
async def test_a_tool_that_is_not_there_is_an_error_that_names_those_that_are(agent: World, name: str) -> None:
    result = await agent.use(f"[[tool:{name} {{}}]]")
    assert "file_read" in result["error"]
    assert result["tool"] == name


@pytest.mark.parametrize("arguments", ["{not json", '{"path": "a"', '["a"]', '"a"', "7", "null", "{" * 5000, "\\ud800"])
async def test_arguments_that_are_no_object_are_an_error(agent: World, arguments: str) -> None:
    done = await agent.run(f"[[tool:file_read {arguments}]]")
    (result,) = agent.results(done["runId"])
    assert "JSON" in result["error"]
    assert agent.told(done["runId"], "tool.call")[0]["params"] == arguments
    assert done["finishReason"] == "stop"


async def test_a_model_is_never_given_back_what_its_server_would_refuse(agent: World) -> None:
    """Servers take apart the calls of earlier turns, and answer arguments that are no JSON, or odd names, with 400."""
    session = key()
    await agent.run("[[tool:file_read {not json]] [[tool:functions.shell {}]]", sessionKey=session)
    for message in ("", "and now?"):
        if message:
            await agent.run(message, sessionKey=session)
        (asked,) = [m["tool_calls"] for m in agent.model.requests[-1]["messages"] if m.get("tool_calls")]
        assert [one["function"]["arguments"] for one in asked] == ["{}", "{}"]
        assert [one["function"]["name"] for one in asked] == ["file_read", "functions_shell"]
    told = [m["content"] for m in agent.model.requests[-1]["messages"] if m["role"] == "tool"]
    assert "{not json" in told[0], "it can see what it did wrong"
    history = (await agent.client.result("chat.history", sessionKey=session))["messages"]
    assert history[1]["toolCalls"][0]["function"]["arguments"] == "{not json", "people see what it really said"


async def test_calls_that_share_an_id_are_told_apart(agent: World) -> None:
    done = await agent.run("[[id:same]]" + call("file_list") + call("file_list"))
    ids = [one["callId"] for one in agent.told(done["runId"], "tool.call")]
    assert len(set(ids)) == 2
    assert set(ids) == {one["callId"] for one in agent.results(done["runId"])}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "path"),
        ({"path": 7}, "path"),
        ({"path": "a", "colour": "red"}, "colour"),
        ({"path": "a", "limit": "many"}, "limit"),
        ({"path": "a", "limit": -1}, "limit"),
        ({"path": ""}, "path"),
        ({"path": "a\0b"}, "path"),
        ({"path": None}, "path"),
    ],
)
async def test_arguments_of_the_wrong_shape_name_their_field(agent: World, params: dict[str, Any], field: str) -> None:
    result = await agent.use(call("file_read", **params))
    assert field in result["error"]
    assert "Traceback" not in result["error"]


async def test_a_run_ends_when_its_steps_are_used_up(agent: World) -> None:
    loop = call("file_read", path="loop.txt")
    (agent.workspace / "loop.txt").write_text(loop)
    before = len(agent.model.requests)
    done = await agent.run(loop, agentId="short")
    assert done["finishReason"] == "error"
    assert "3 steps" in done["error"]["message"]
    assert len(agent.model.requests) - before == 3
    assert len(agent.results(done["runId"])) == 3


async def test_every_built_in_tool_is_told_in_the_part_of_json_schema_that_grammars_take(agent: World) -> None:
    await agent.run("Hello!")
    functions = [tool["function"] for tool in agent.model.requests[-1]["tools"]]
    assert {"shell", "file_edit", "browser_type", "web_fetch", "memory_store"} <= {one["name"] for one in functions}
    for function in functions:
        assert_told(function["parameters"])


async def test_a_bound_that_no_grammar_takes_is_checked_all_the_same(agent: World) -> None:
    result = await agent.use(call("shell", command="echo \x00"))
    assert "command" in result["error"]


async def test_an_agent_is_offered_what_its_rules_let_it_use(agent: World) -> None:
    await agent.run("hello")
    everything = agent.model.offered()
    assert {"shell", "file_read", "web_fetch", "memory_store"} <= everything
    await agent.run("hello", agentId="reader")
    assert agent.model.offered() == {"file_read", "file_list"}
    await agent.run("hello", agentId="careful")
    # Commands in the background are the shell's.
    left_out = ("shell", "command_", "file_")
    assert agent.model.offered() == {name for name in everything if not name.startswith(left_out)}


async def test_a_tool_that_an_agent_may_not_use_is_none_for_it(agent: World) -> None:
    result = await agent.use(call("file_write", path="no.txt", content="x"), agentId="reader")
    assert "file_list, file_read" in result["error"]
    assert not (agent.workspace / "no.txt").exists()


async def test_an_agent_that_is_not_there_is_not_found(agent: World) -> None:
    error = await agent.client.error("chat.run", message="hi", agentId="nobody")
    assert (error["data"]["code"], error["data"]["field"]) == ("not_found", "agentId")
    error = await agent.client.error("tool.list", agentId="nobody")
    assert error["data"]["code"] == "not_found"


async def test_a_token_for_talking_alone_gives_its_agent_no_tools(agent: World) -> None:
    async with agent.served.connect(token=agent.served.make_token(scopes="read,chat")) as client:
        text, _ = await client.chat(call("file_list"))
    assert not agent.model.offered()
    assert "there are: none" in text


async def test_each_user_has_files_of_their_own(agent: World) -> None:
    async with agent.served.connect(token=agent.served.make_token("ada")) as client:
        text, _ = await client.chat(call("file_write", path="hers.txt", content="x"), sessionKey=key())
        assert "hers.txt" in text
    assert not (agent.workspace / "hers.txt").exists()
    result = await agent.use(call("file_read", path="hers.txt"))
    assert "error" in result


async def test_ids_that_a_server_gives_again_in_each_turn_do_not_mix_the_turns(agent: World) -> None:
    """An aborted call has no result; one of an earlier turn must not stand for it."""
    session = key()
    await agent.run("[[id:call_1]]" + call("file_list"), sessionKey=session)
    accepted = await agent.client.result(
        "chat.run", message="[[id:call_1]]" + call("shell", command="sleep 30"), sessionKey=session
    )
    await agent.client.event("tool.call", runId=accepted["runId"])
    await agent.client.result("chat.abort", runId=accepted["runId"])
    await agent.run("and now?", sessionKey=session)
    roles = [message["role"] for message in agent.model.requests[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user", "assistant", "user"]


@pytest.mark.parametrize("calls", [[{}], [{"id": "a"}], [{"id": "a", "function": {"name": "x", "arguments": {}}}]])
async def test_calls_in_a_history_that_are_none_are_refused(agent: World, calls: list[Any]) -> None:
    history = [{"role": "assistant", "toolCalls": calls}]
    error = await agent.client.error("chat.run", message="hi", history=history, sessionKey=key())
    assert error["data"]["code"] == "invalid_request"


async def test_calls_in_a_history_reach_the_model_with_their_results(agent: World) -> None:
    asked = {"id": "a", "type": "function", "function": {"name": "x", "arguments": "{}"}}
    history = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "toolCalls": [asked]},
        {"role": "tool", "toolCallId": "a", "content": "7"},
    ]
    await agent.run("hi", history=history)
    assert [m["role"] for m in agent.model.requests[-1]["messages"]] == ["system", "user", "assistant", "tool", "user"]
