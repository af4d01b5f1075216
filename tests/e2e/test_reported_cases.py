"""What users of others reported, played at our doors: what others tests do not say of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import anyio
import pytest

from tests.support.gateway import TestGateway, gateway, settings
from tests.support.openai import OpenAIClient, client_of, served
from tests.support.raw_model import DONE, RawModel, call, called, delta, document, raw_model, said
from tests.support.streams import USAGE

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}
REFUSALS = {400: "context_length_exceeded", 401: "invalid_api_key", 403: "forbidden", 404: "gone", 429: "slow_down"}


def refusal(status: int) -> list[bytes]:
    error = {"message": "no", "code": REFUSALS[status], "type": "some_error"}
    return document({"error": error}, status, **({"Retry_After": "7"} if status == 429 else {}))


def acts_then(status: int) -> Any:
    write = called(call(0, "c1", "file_write", '{"path":"/acted.txt","content":"x"}'))
    return lambda body, steps: refusal(status) if steps else write


def in_order(body: dict[str, Any], steps: int) -> list[bytes]:
    """Every call has its result right behind it, every result its call (OpenAI, DeepSeek, Anthropic)."""
    waiting: list[str] = []
    for message in body["messages"]:
        if message["role"] == "tool" and message["tool_call_id"] in waiting:
            waiting.remove(message["tool_call_id"])
        elif waiting or message["role"] == "tool":
            return document({"error": {"message": "a result without its call"}}, 400)
        waiting += [each["id"] for each in message.get("tool_calls") or ()]
    return [*said("in order"), DONE]


def calls_in_between(body: dict[str, Any], steps: int) -> list[bytes]:
    """Something is said behind a call, too."""
    if steps:
        return in_order(body, steps)
    calling = delta({"tool_calls": [call(0, "c1", "look", "{}")]})
    return [
        delta({"content": "Let me look. "}),
        calling,
        delta({"content": "And more."}),
        delta({}, "tool_calls"),
        DONE,
    ]


@pytest.fixture(scope="module")
async def world() -> AsyncGenerator[tuple[TestGateway, RawModel, OpenAIClient]]:
    answers: dict[str, Any] = {
        **{f"acts {status}": acts_then(status) for status in REFUSALS},
        "between": calls_in_between,
        "thinks": lambda body, steps: (
            [*said("done"), DONE]
            if steps
            else [delta({"reasoning_content": "I should look."}), *called(call(0, "c1", "look", "{}"))]
        ),
        "counted": [*said("cached answer"), delta({}, usage=USAGE), DONE],
    }
    async with raw_model(answers) as model:
        config = settings(model.url)
        prices = {"raw": {"input": 10.0, "cached_input": 1.0, "output": 10.0}}
        config["providers"]["primary"] |= {"model": "raw", "max_retries": 0, "prices": prices}
        async with gateway(config) as running, client_of(running) as client:
            yield running, model, client


World = tuple[TestGateway, RawModel, OpenAIClient]


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_after_a_tool_acted_is_told_as_it_is_and_not_to_be_asked_again(
    world: World, status: int, stream: bool
) -> None:
    _, _, client = world
    answer = await client.chat(f"[[S:acts {status}]]", "openclaw", stream=stream)
    if answer.status == 200:  # the tool was told of before
        told = answer.chunks[-1]["error"]
    else:
        assert (answer.status, answer.headers["x-should-retry"]) == (status, "false")
        assert status != 429 or answer.headers["Retry-After"] == "7"
        told = answer.json["error"]
    assert (told["message"], told["code"]) == ("no", REFUSALS[status])


async def test_what_is_said_behind_a_call_comes_back_in_an_order_that_servers_take(world: World) -> None:
    _, model, client = world
    question = {"role": "user", "content": "[[S:between]]"}
    output = (await client.respond([question], "raw", tools=[TOOL])).json["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "message"]
    result = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}
    for items in ([question, *output, result], [question, *(await kept(client, output)), result]):
        answer = await client.respond(items, "raw", tools=[TOOL])
        assert answer.status == 200, answer.body
        assert answer.json["output"][0]["content"][0]["text"] == "in order"
    told = model.requests["between"][-1]["messages"]
    assert (told[1]["content"], told[1]["tool_calls"][0]["id"]) == ("Let me look. And more.", "c1")


async def kept(client: OpenAIClient, output: list[Any]) -> list[Any]:
    """References to items."""
    return [{"type": "item_reference", "id": item["id"]} for item in output]


@pytest.mark.parametrize("model_name", ["raw", "openclaw"])
async def test_reasoning_and_calls_may_be_referred_to(world: World, model_name: str) -> None:
    _, model, client = world
    question = {"role": "user", "content": "[[S:thinks]]"}
    output = (await client.respond([question], model_name, tools=[TOOL])).json["output"]
    assert [item["type"] for item in output] == ["reasoning", "function_call"]
    result = {"type": "function_call_output", "call_id": output[1]["call_id"], "output": "sunny"}
    items = [question, *(await kept(client, output)), result]
    answer = await client.respond(items, model_name, tools=[TOOL])
    assert answer.status == 200, answer.body
    asked = next(each for each in model.requests["thinks"][-1]["messages"] if each.get("tool_calls"))
    assert asked["tool_calls"][0]["function"] == {"name": "look", "arguments": "{}"}
    assert model_name != "raw" or asked["reasoning_content"] == "I should look."


async def test_cached_and_reasoning_tokens_are_told_at_every_door_and_counted_apart(world: World) -> None:
    running, _, client = world
    async with running.connect() as socket:
        before = await socket.result("usage.query", by="model")
        for name in ("raw", "openclaw"):
            for stream in (False, True):
                more: dict[str, Any] = {"stream_options": {"include_usage": True}} if stream else {}
                answer = await client.chat("[[S:counted]]", name, None, stream=stream, **more)
                usage = answer.chunks[-1]["usage"] if stream else answer.json["usage"]
                assert usage["prompt_tokens_details"]["cached_tokens"] == 64, (name, stream)
                assert usage["completion_tokens_details"]["reasoning_tokens"] == 12, (name, stream)
            usage = (await client.respond("[[S:counted]]", name)).json["usage"]
            assert usage["input_tokens_details"]["cached_tokens"] == 64
            assert usage["output_tokens_details"]["reasoning_tokens"] == 12
        after = await socket.result("usage.query", by="model")
    assert counted(after, "cachedTokens") - counted(before, "cachedTokens") == 6 * 64
    assert counted(after, "reasoningTokens") - counted(before, "reasoningTokens") == 6 * 12


def counted(usage: Any, name: str) -> int:
    return sum(row.get(name, 0) for row in usage["rows"])


async def test_after_a_run_that_was_aborted_before_its_first_word_roles_still_alternate() -> None:
    async with served() as (running, upstream, client), running.connect() as socket:
        accepted = await socket.result("chat.run", message="[[hang]]", sessionKey="s")
        with anyio.fail_after(5):
            await upstream.reached.wait()
        await socket.result("chat.abort", runId=accepted["runId"])
        assert (await socket.result("chat.wait", runId=accepted["runId"]))["status"] == "aborted"
        assert (await client.chat("two", "openclaw", {"X-OpenClaw-Session-Key": "s"})).status == 200
        roles = [each["role"] for each in upstream.requests[-1]["messages"] if each["role"] != "system"]
    assert all((role == "user") == (at % 2 == 0) for at, role in enumerate(roles)), roles
