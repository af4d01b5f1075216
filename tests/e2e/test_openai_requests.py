"""What clients of OpenAI's API ask for reaches the model, or is refused by its name: nothing is dropped in silence."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from openclaw_rpc.dialects.openai.response_tools import called_by, function_name, usable_tools
from tests.support.gateway import gateway, settings
from tests.support.openai import OpenAIClient, client_of
from tests.support.raw_model import DONE, RawModel, call, called, document, event, raw_model, said

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}}
CUSTOM = {"type": "custom", "name": "patch", "format": {"type": "grammar", "definition": "start: /.+/"}}
NAMESPACE = {
    "type": "namespace",
    "name": "mcp__burp__",
    "tools": [
        {"type": "function", "name": "status", "description": "How it is.", "parameters": {"type": "object"}},
        {"type": "custom", "name": "patch"},
    ],
}
HOSTED = {"type": "mcp", "server_label": "x", "server_url": "https://example.com"}
ASKED = {"type": "message", "role": "user", "content": "go"}
CALLED = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}


@pytest.fixture(scope="module")
async def world() -> AsyncGenerator[tuple[RawModel, OpenAIClient]]:
    answers: dict[str, Any] = {
        "colour": [*said("Vermilion."), DONE],
        "patches": called(call(0, "c9", "patch", json.dumps({"input": "*** Begin"}))),
        "lists": lambda body, steps: [*said("done"), DONE] if steps else called(call(0, "c", "file_list", "{}")),
    }
    async with raw_model(answers) as model:
        config = settings(model.url)
        config["providers"]["primary"] |= {"model": "raw", "max_retries": 0}
        async with gateway(config) as running, client_of(running) as client:
            yield model, client


def last(model: RawModel, name: str = "default") -> dict[str, Any]:
    return model.requests[name][-1]


async def test_what_was_said_thought_and_called_is_one_message_with_its_results_behind(
    world: tuple[RawModel, OpenAIClient],
) -> None:
    model, client = world
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}
    between = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "And more."}]}
    brief = {"role": "developer", "content": "In verse."}
    given = [ASKED, brief, thought, CALLED, between, RESULT]
    assert (await client.respond(given, "raw", instructions="Be brief.", tools=[TOOL])).status == 200
    call_form = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    assert last(model)["messages"] == [
        {"role": "system", "content": "Be brief.\n\nIn verse."},
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "And more.", "tool_calls": [call_form], "reasoning_content": "hm"},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
    ]


@pytest.mark.parametrize("asked", ["raw", "openclaw"])
async def test_a_reference_to_an_answer_stands_for_it(world: tuple[RawModel, OpenAIClient], asked: str) -> None:
    model, client = world
    first = {"role": "user", "content": "[[S:colour]] name one"}
    item = (await client.respond([first], asked)).json["output"][0]
    why = {"role": "user", "content": f"[[S:why {asked}]]"}
    reference = {"type": "item_reference", "id": item["id"]}
    assert (await client.respond([first, reference, why], asked)).status == 200
    told = [m for m in last(model, f"why {asked}")["messages"] if m["role"] != "system"]
    assert [(m["role"], m["content"]) for m in told][1] == ("assistant", "Vermilion.")
    unknown = await client.respond([first, {"type": "item_reference", "id": "msg_nobody"}, why], asked)
    assert (unknown.status, unknown.json["error"]["param"]) == (404, "input")


async def test_a_custom_tool_is_a_function_of_one_text(world: tuple[RawModel, OpenAIClient]) -> None:
    model, client = world
    answer = await client.respond("[[S:patches]]", "raw", tools=[CUSTOM], stream=True)
    response = answer.events[-1][1]["response"]
    found = response["output"][0]
    assert (found["type"], found["name"], found["input"]) == ("custom_tool_call", "patch", "*** Begin")
    kinds = [name for name, _ in answer.events]
    assert "response.custom_tool_call_input.done" in kinds
    (sent,) = last(model, "patches")["tools"]
    assert (sent["type"], sent["function"]["name"]) == ("function", "patch")
    output = {"type": "custom_tool_call_output", "call_id": found["call_id"], "output": "Done"}
    await client.respond([output, ASKED], "raw", previous_response_id=response["id"], tools=[CUSTOM])
    roles = [message["role"] for message in last(model)["messages"]]
    assert roles == ["user", "assistant", "tool", "user"]
    assert last(model)["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"input":"*** Begin"}'


@pytest.mark.parametrize("asked", ["raw", "openclaw"])
@pytest.mark.parametrize("given", ["tools", "input"])
async def test_tools_of_a_namespace_are_functions_and_their_calls_come_back_under_it(
    world: tuple[RawModel, OpenAIClient], asked: str, given: str
) -> None:
    model, client = world
    script = f"namespaces {asked} {given}"
    model.answers[script] = lambda body, steps: (
        [*said("done"), DONE] if steps else called(call(0, "c8", "mcp__burp__status", '{"q":1}'))
    )
    question = {"role": "user", "content": f"[[S:{script}]]"}
    items = [question] if given == "tools" else [{"type": "additional_tools", "tools": [NAMESPACE]}, question]
    fields = {"tools": [NAMESPACE]} if given == "tools" else {}
    response = (await client.respond(items, asked, **fields)).json
    offered = {tool["function"]["name"]: tool["function"] for tool in last(model, script)["tools"]}
    assert offered["mcp__burp__status"]["description"] == "How it is."
    assert offered["mcp__burp__patch"]["parameters"]["required"] == ["input"]
    assert response["tools"] == [NAMESPACE]
    [found] = response["output"]
    assert (found["type"], found["namespace"], found["name"]) == ("function_call", "mcp__burp__", "status")
    output = {"type": "function_call_output", "call_id": found["call_id"], "output": "fine"}
    again = await client.respond([*items, found, output], asked, **fields)
    assert again.json["output"][-1]["content"][0]["text"] == "done"
    told = last(model, script)["messages"]
    assert told[-2]["tool_calls"][0]["function"] == {"name": "mcp__burp__status", "arguments": '{"q":1}'}
    assert (told[-1]["role"], told[-1]["content"]) == ("tool", "fine")


def test_names_in_a_namespace_are_names_that_servers_take_and_tell_tools_apart() -> None:
    assert function_name("look", None) == "look"
    assert function_name("look", "a b") == "a_b__look"
    long = [function_name("x" * 80 + end, "mcp__server__") for end in "ab"]
    assert [len(name) for name in long] == [64, 64] and long[0] != long[1]
    assert called_by([{**NAMESPACE, "tools": [{"type": "web_search"}, 5, None]}]) == {}
    assert usable_tools([NAMESPACE, TOOL], {"type": "allowed_tools", "tools": [{"name": "status"}]}) == [NAMESPACE]


@pytest.mark.parametrize("choice", ["none", {"type": "function", "name": "look"}])
async def test_a_choice_of_a_tool_reaches_an_agents_model(world: tuple[RawModel, OpenAIClient], choice: Any) -> None:
    model, client = world
    assert (await client.respond("go", "openclaw", tools=[TOOL], tool_choice=choice)).status == 200
    wanted = choice if isinstance(choice, str) else {"type": "function", "function": {"name": "look"}}
    assert last(model)["tool_choice"] == wanted


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [HOSTED], "tool_choice": "required"}, "tools[0].type"),
        ({"tools": [TOOL, HOSTED], "tool_choice": {"type": "mcp", "server_label": "x"}}, "tools[1].type"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"include": ["message.output_text.logprobs"]}, "include"),
    ],
)
async def test_what_can_not_be_done_is_refused_by_its_name(
    world: tuple[RawModel, OpenAIClient], fields: dict[str, Any], param: str
) -> None:
    answer = await world[1].respond("go", "raw", **fields)
    assert (answer.status, answer.json["error"]["param"]) == (400, param)


async def test_a_hosted_tool_that_may_be_missing_is_missing_from_the_answers_own(
    world: tuple[RawModel, OpenAIClient],
) -> None:
    model, client = world
    answer = await client.respond("go", "raw", tools=[TOOL, HOSTED], metadata={"a": "b"})
    assert [tool["type"] for tool in answer.json["tools"]] == ["function"]
    assert answer.json["metadata"] == {"a": "b"}
    assert "metadata" not in last(model)


async def test_a_choice_among_some_tools_is_told(world: tuple[RawModel, OpenAIClient]) -> None:
    model, client = world
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}]}
    await client.respond("go", "raw", tools=[TOOL, {**TOOL, "name": "other"}], tool_choice=choice)
    assert [tool["function"]["name"] for tool in last(model)["tools"]] == ["look"]
    assert last(model)["tool_choice"] == "required"


async def test_an_agents_model_is_told_how_to_answer(world: tuple[RawModel, OpenAIClient]) -> None:
    model, client = world
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    more = {"response_format": form, "stop": ["END"], "seed": 7, "top_p": 0.1, "presence_penalty": 0.5}
    assert (await client.chat("[[S:lists]]", "openclaw", tool_choice="required", **more)).status == 200
    first, second = model.requests["lists"]
    for body in (first, second):
        assert {name: body[name] for name in more} == more
    # It has to use a tool once, not for ever.
    assert (first["tool_choice"], second.get("tool_choice")) == ("required", None)
    text = {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}}
    assert (await client.respond("go", "openclaw", text=text)).status == 200
    assert last(model)["response_format"] == form


@pytest.mark.parametrize("field", ["logprobs", "audio", "n"])
async def test_what_an_agent_can_not_do_is_refused_by_its_name(
    world: tuple[RawModel, OpenAIClient], field: str
) -> None:
    value: Any = {"logprobs": True, "audio": {"voice": "x"}, "n": 2}[field]
    answer = await world[1].chat("go", "openclaw", **{field: value})
    assert (answer.status, answer.json["error"]["param"]) == (400, field)


async def test_a_key_of_a_cache_is_no_session(world: tuple[RawModel, OpenAIClient]) -> None:
    model, client = world
    await client.chat("My number is 4711", "openclaw", prompt_cache_key="app-v9")
    await client.chat("What do you know?", "openclaw", prompt_cache_key="app-v9")
    assert [m["role"] for m in last(model)["messages"]] == ["system", "user"]


@pytest.mark.parametrize(("field", "value"), [("suffix", "x"), ("echo", True), ("best_of", 3), ("logprobs", 2)])
async def test_the_older_completions_refuse_what_a_chat_can_not_do(
    world: tuple[RawModel, OpenAIClient], field: str, value: Any
) -> None:
    answer = await world[1].ask("POST", "/v1/completions", {"model": "raw", "prompt": "a", field: value})
    assert (answer.status, answer.json["error"]["param"]) == (400, field)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/completions", "/api/v1/chat"])
async def test_bytes_that_are_not_utf_8_are_refused_wherever_they_stand(
    world: tuple[RawModel, OpenAIClient], path: str
) -> None:
    model, client = world
    before = sum(map(len, model.requests.values()))
    for body in (b'{"model":"openclaw","input":"caf\xe9","prompt":"caf\xe9"}', b'{"model":"raw","nobody":"caf\xe9"}'):
        headers = {"Content-Type": "application/json"}
        async with client.session.post(client.base + path, data=body, headers=headers) as answer:
            assert answer.status in (400, 404)
    assert sum(map(len, model.requests.values())) == before


@pytest.mark.parametrize("packing", ["zstd", "br", "compress"])
async def test_a_body_that_is_packed_in_another_way_is_refused(
    world: tuple[RawModel, OpenAIClient], packing: str
) -> None:
    _, client = world
    headers = {"Content-Type": "application/json", "Content-Encoding": packing}
    async with client.session.post(f"{client.base}/v1/chat/completions", data=b"x", headers=headers) as answer:
        assert answer.status == 415
        assert packing != "compress" or (await answer.json())["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("vector", [[[0.1, 0.2], [0.3, 0.4]], [None, 0.2], [1e300], ["a"], [[0.5, 0.25]]])
async def test_vectors_of_any_shape_are_answered_or_refused(
    world: tuple[RawModel, OpenAIClient], vector: list[Any]
) -> None:
    model, client = world
    model.answers["vectors"] = document({"object": "list", "data": [{"index": 0, "embedding": vector}]})
    body = {"model": "raw", "input": "vectors", "encoding_format": "base64"}
    answer = await client.ask("POST", "/v1/embeddings", body)
    assert answer.status == (200 if vector == [[0.5, 0.25]] else 502)


@pytest.mark.parametrize(
    "listed",
    [
        [{"id": "m1"}, {"id": "m2"}],
        {"data": [{"id": "m1"}, {"id": 5}, None, "x", {"name": "m2", "created": "yesterday"}]},
        {"models": [{"name": "m1"}, {"name": "m2"}]},
    ],
)
async def test_one_odd_entry_of_a_list_of_models_costs_itself_alone(listed: Any) -> None:
    async with raw_model({}) as model:
        model.models = listed
        async with gateway(settings(model.url)) as running, client_of(running) as client:
            found = [entry["id"] for entry in (await client.ask("GET", "/v1/models")).json["data"]]
            assert {"m1", "m2"} <= set(found)


async def test_numbers_of_tokens_that_no_number_holds_are_counted_as_many() -> None:
    many = {"prompt_tokens": 10**40, "completion_tokens": -5, "total_tokens": 10**40}
    data = [{"index": 0, "embedding": [0.5]}]
    answers: dict[str, Any] = {
        "vectors": document({"object": "list", "data": data, "usage": many}),
        "many": [*said("hi"), event({"choices": [], "usage": many}), DONE],
    }
    async with raw_model(answers) as model:
        config = settings(model.url)
        config["providers"]["primary"] |= {"model": "raw", "prices": {"raw": {"input": 1.0, "output": 1.0}}}
        async with gateway(config) as running, client_of(running) as client:
            assert (await client.ask("POST", "/v1/embeddings", {"model": "raw", "input": "vectors"})).status == 200
            for name in ("raw", "openclaw"):
                assert (await client.chat("[[S:many]]", name)).status == 200
            async with running.connect() as socket:
                rows = (await socket.result("usage.query", by="model"))["rows"]
    assert sum(row["requests"] for row in rows) == 3


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/v1/nowhere"])
async def test_a_body_that_is_not_packed_as_it_says_is_refused_and_its_connection_closed_with_a_word(
    world: tuple[RawModel, OpenAIClient], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    _, client = world
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for _ in range(3):
        async with client.session.post(client.base + path, data=b'{"model":"raw"}', headers=headers) as answer:
            assert answer.status == (404 if path.endswith("nowhere") else 400)
            assert answer.headers["Connection"] == "close"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
