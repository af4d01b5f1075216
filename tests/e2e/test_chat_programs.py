"""Chat programs that keep their conversations themselves: the agent they pick answers, with what they bring."""

import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.support.context import is_context, without_context
from tests.support.gateway import TOKEN, TestGateway
from tests.support.openai import Answer, OpenAIClient
from tests.support.upstream import Upstream, text_of

LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
FILES = {"type": "function", "function": {"name": "file_list", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
async def client(served: TestGateway) -> AsyncGenerator[OpenAIClient]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield OpenAIClient(session, served.url.rstrip("/"))


def name() -> str:
    return f"chat-program-{uuid4().hex[:8]}"


async def say(client: OpenAIClient, *messages: Any, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """Ask the agent; a text is a user's message, then an assistant's, and so on."""
    roles = ("user", "assistant")
    said = [
        {"role": roles[at % 2], "content": each} if isinstance(each, str) else each for at, each in enumerate(messages)
    ]
    return await client.ask(
        "POST", "/v1/chat/completions", {"model": "openclaw", "messages": said, **more}, **(headers or {})
    )


def told(upstream: Upstream, at: int = -1) -> list[tuple[str, str]]:
    """What a request to the model said, its system message and what was recalled (and noted) aside."""
    said = [(each["role"], text_of(each.get("content"))) for each in upstream.requests[at]["messages"]]
    found: list[tuple[str, str]] = []
    recalled = False
    for role, text in said:
        if role != "system" and not recalled and not is_context(text):
            found.append((role, without_context(text)))
        recalled = is_context(text)
    return found


async def sessions(served: TestGateway, text: str, user: str | None = None) -> list[dict[str, Any]]:
    async with served.connect() as socket:
        page = await socket.result("session.list", text=text, **({"user": user} if user else {}))
        return page["sessions"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_clients_tool_ends_the_answer_and_its_output_goes_on_with_the_turn(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, stream: bool
) -> None:
    key = name()
    headers = {"x_session_id": key}
    asked = f'[[tool:look {{"q": 1}}]] {key}'
    answer = await say(client, asked, tools=[LOOK], stream=stream, headers=headers)
    offered = {each["function"]["name"] for each in upstream.requests[-1]["tools"]}
    assert {"look", "file_list"} <= offered, "the client's tools stand beside the agent's own"
    if stream:
        [call] = [
            call for chunk in answer.chunks for each in chunk["choices"] for call in each["delta"].get("tool_calls", ())
        ]
        assert call.pop("index") == 0
        finish = answer.chunks[-1]["choices"][0]["finish_reason"]
    else:
        [call] = answer.json["choices"][0]["message"]["tool_calls"]
        finish = answer.json["choices"][0]["finish_reason"]
    assert finish == "tool_calls"
    assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == ("look", {"q": 1})
    output = {"role": "tool", "tool_call_id": call["id"], "content": "a lake"}
    calling = {"role": "assistant", "content": None, "tool_calls": [call]}
    answer = await say(client, asked, calling, output, tools=[LOOK], headers=headers)
    assert answer.json["choices"][0]["message"]["content"] == "tool said: a lake"
    assert [role for role, _ in told(upstream)] == ["user", "assistant", "tool"]
    final = {"role": "assistant", "content": "tool said: a lake"}
    answer = await say(
        client, asked, calling, output, final, {"role": "user", "content": "and?"}, tools=[LOOK], headers=headers
    )
    assert answer.json["choices"][0]["message"]["content"] == "echo: and?"
    assert [role for role, _ in told(upstream)] == ["user", "assistant", "tool", "assistant", "user"]
    assert [each["messageCount"] for each in await sessions(served, key) if each["sessionKey"] == key] == [6]


async def test_a_clients_tool_of_the_same_name_is_the_one_that_counts(client: OpenAIClient) -> None:
    answer = await say(client, f"[[tool:file_list {{}}]] {name()}", tools=[FILES])
    assert answer.json["choices"][0]["finish_reason"] == "tool_calls"
    answer = await say(client, f'[[tool:file_list {{"path": "/"}}]] {name()}', tools=[LOOK])
    assert answer.json["choices"][0]["message"]["content"].startswith("tool said:"), "the agent's own it runs itself"
    answer = await say(client, "x", tools=[{"type": "web_search"}])
    assert (answer.status, answer.json["error"]["param"]) == (400, "tools[0]")


@pytest.mark.parametrize("stream", [False, True])
async def test_functions_of_the_older_kind_are_called_and_answered(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, stream: bool
) -> None:
    key = name()
    asked = f'[[tool:look {{"q": 1}}]] {key}'
    more: dict[str, Any] = {"functions": [LOOK["function"]], "function_call": "auto"}
    answer = await say(client, asked, stream=stream, **more)
    assert {"look", "file_list"} <= {each["function"]["name"] for each in upstream.requests[-1]["tools"]}
    if stream:
        [call] = [each["delta"]["function_call"] for chunk in answer.chunks for each in chunk["choices"]
                  if "function_call" in each["delta"]]  # fmt: skip
        finish = answer.chunks[-1]["choices"][0]["finish_reason"]
    else:
        [choice] = answer.json["choices"]
        call, finish = choice["message"]["function_call"], choice["finish_reason"]
    assert (finish, call["name"], json.loads(call["arguments"])) == ("function_call", "look", {"q": 1})
    calling = {"role": "assistant", "content": None, "function_call": call}
    output = {"role": "function", "name": "look", "content": "a lake"}
    answer = await say(client, asked, calling, output, **more)
    assert answer.json["choices"][0]["message"]["content"] == "tool said: a lake"
    messages = upstream.requests[-1]["messages"]
    assert messages[-1]["tool_call_id"] == messages[-2]["tool_calls"][0]["id"]
    [found] = await sessions(served, key)
    assert found["messageCount"] == 4, "it is one turn of one session"


async def test_a_client_that_names_no_session_has_one_a_conversation(
    client: OpenAIClient, served: TestGateway, upstream: Upstream
) -> None:
    first = name()
    one = await say(client, first)
    other = await say(client, first)
    assert one.status == other.status == 200
    await say(client, first, f"echo: {first}", "more")
    assert told(upstream) == [("user", first), ("assistant", f"echo: {first}"), ("user", "more")]
    await say(client, first, f"echo: {first}", "more", "echo: more", "and more")
    found = await sessions(served, first)
    assert sorted(each["messageCount"] for each in found) == [2, 6], "two conversations that began alike"


@pytest.mark.parametrize("header", ["x_session_id", "session_id", "X_OpenWebUI_Chat_Id"])
async def test_what_the_client_brings_is_the_truth_under_its_own_id(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, header: str
) -> None:
    key = name()
    headers = {header: key}
    await say(client, f"one {key}", stream=True, headers=headers)
    await say(client, f"one {key}", f"echo: one {key}", "two", stream=True, headers=headers)
    # The second question is edited, and the first answer too.
    await say(client, f"one {key}", "an answer of my own", "another two", stream=True, headers=headers)
    assert told(upstream) == [("user", f"one {key}"), ("assistant", "an answer of my own"), ("user", "another two")]
    found = {each["sessionKey"] == key: each["messageCount"] for each in await sessions(served, key)}
    assert found == {True: 4, False: 4}, "what was said before is kept beside it"


async def test_under_our_own_key_the_session_goes_on(client: OpenAIClient, upstream: Upstream) -> None:
    headers = {"X_OpenClaw_Session_Key": name()}
    await say(client, "one", headers=headers)
    await say(client, "two", headers=headers)
    assert told(upstream) == [("user", "one"), ("assistant", "echo: one"), ("user", "two")]


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"X_OpenWebUI_Task": "title_generation"}, {}),
        ({"X_OpenClaw_Ephemeral": "1"}, {}),
        ({}, {"store": False}),
        ({"X_OpenWebUI_Chat_Id": "temporary:1"}, {}),
        ({"X_OpenWebUI_Chat_Id": "local:1"}, {"stream": True}),
    ],
)
async def test_machine_requests_leave_nothing(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, headers: dict[str, str], more: dict[str, Any]
) -> None:
    text = name()
    answer = await say(client, text, headers=headers, **more)
    assert answer.status == 200
    assert f"echo: {text}" in (answer.text if more.get("stream") else answer.json["choices"][0]["message"]["content"])
    assert "tools" not in upstream.requests[-1]
    assert await sessions(served, text) == []


async def test_a_title_that_is_asked_for_under_the_id_of_a_conversation_leaves_nothing(
    client: OpenAIClient, served: TestGateway, upstream: Upstream
) -> None:
    key = name()
    headers = {"X_OpenWebUI_Chat_Id": key}
    await say(client, key, stream=True, headers=headers)
    await say(client, "Write a title for this chat.", headers=headers)
    assert told(upstream) == [("user", "Write a title for this chat.")]
    [found] = await sessions(served, key)
    assert found["messageCount"] == 2


async def test_people_behind_one_key_are_users_of_their_own(client: OpenAIClient, served: TestGateway) -> None:
    secret = name()
    await say(client, secret, headers={"X_OpenWebUI_User_Id": "ada"})
    await say(client, secret, user="bob")
    assert {each["user"] for each in await sessions(served, secret)} == {"owner/ada", "owner/bob"}
    await say(client, f'[[tool:file_write {{"path": "/ada.txt", "content": "x"}}]] {secret}', user="ada")
    listed = await say(client, f'[[tool:file_list {{"path": "/"}}]] {secret}', user="bob")
    assert "ada.txt" not in listed.json["choices"][0]["message"]["content"]


async def test_a_stream_that_fails_before_its_first_word_has_the_failures_status(client: OpenAIClient) -> None:
    answer = await say(client, "[[fail:401]]", stream=True)
    assert (answer.status, answer.headers["x-should-retry"]) == (401, "false")
    assert answer.json["error"]["message"]
    answer = await say(client, "[[fail:429]] [[retry-after:1]]", stream=True)
    assert (answer.status, answer.headers.get("Retry-After")) == (429, "1")
    fine = await say(client, "fine", stream=True)
    assert (fine.status, fine.text) == (200, "echo: fine")


async def test_a_request_that_is_sent_again_attaches_to_the_run_that_is_there(
    client: OpenAIClient, served: TestGateway, upstream: Upstream
) -> None:
    text = name()
    first = await say(client, text)
    before = len(upstream.requests)
    again = await say(client, text, headers={"x_stainless_retry_count": "1"})
    assert again.json["id"] == first.json["id"]
    assert again.json["choices"] == first.json["choices"]
    assert len(upstream.requests) == before
    other = await say(client, text, headers={"x_stainless_retry_count": "0"})
    assert other.json["id"] != first.json["id"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_request_that_is_sent_again_leaves_its_session_as_it_is(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, stream: bool
) -> None:
    key = name()
    said = (f"one {key}", f"echo: one {key}", "two")
    for count, messages in (("0", said[:1]), ("0", said), ("1", said)):
        headers = {"x_session_id": key, "x_stainless_retry_count": count}
        answer = await say(client, *messages, headers=headers, stream=stream)
    assert (answer.text if stream else answer.json["choices"][0]["message"]["content"]) == "echo: two"
    assert [each["messageCount"] for each in await sessions(served, key)] == [4]
    elsewhere = {"x_session_id": name(), "x_stainless_retry_count": "1"}
    before = len(upstream.requests)
    await say(client, *said, headers=elsewhere, stream=stream)
    assert len(upstream.requests) == before + 1, "the same words in another session are another request"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize(
    ("model", "stream", "asked"),
    [
        ("openclaw", False, "[[cut:0]]"),
        ("openclaw", True, "[[cut:3]]"),
        ("scripted", True, "[[cut:0]]"),
        ("scripted", True, "[[cut:3]]"),
        ("scripted", False, "[[fail:400]] [[message:see http://gpu.lan:8000/v1]]"),
        ("openclaw", False, "[[fail:400]] [[message:see http://gpu.lan:8000/v1]]"),
    ],
)
async def test_where_a_models_server_is_the_owner_alone_is_told(
    client: OpenAIClient, upstream: Upstream, asked: str, path: str, model: str, stream: bool
) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": asked}], "input": asked, "stream": stream}
    port = upstream.url.rpartition(":")[2].partition("/")[0]
    told = (await client.ask("POST", path, {**body, "user": "ada"})).body.decode()
    assert "error" in told
    assert port not in told and "gpu.lan" not in told
    owners = (await client.ask("POST", path, body)).body.decode()
    assert port in owners or "gpu.lan" in owners


async def test_what_an_agent_thought_stands_beside_its_answer(client: OpenAIClient) -> None:
    message = (await say(client, "[[think:well well]] so")).json["choices"][0]["message"]
    assert (message["reasoning_content"], "well" in message["content"]) == ("well well", False)


@pytest.mark.parametrize("referred", [True, False])
async def test_a_response_ends_with_a_call_of_the_clients_and_goes_on_with_its_output(
    client: OpenAIClient, upstream: Upstream, referred: bool
) -> None:
    tool = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
    asked = f'[[tool:look {{"q": 1}}]] {name()}'
    first = (await client.ask("POST", "/v1/responses", {"model": "openclaw", "input": asked, "tools": [tool]})).json
    assert {"look", "file_list"} <= {each["function"]["name"] for each in upstream.requests[-1]["tools"]}
    [call] = first["output"]
    assert (first["status"], call["type"], call["name"], json.loads(call["arguments"])) == (
        "completed",
        "function_call",
        "look",
        {"q": 1},
    )
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "a lake"}
    more: dict[str, Any] = {"previous_response_id": first["id"], "input": [output]}
    if not referred:
        more = {"input": [{"role": "user", "content": asked}, call, output]}
    second = await client.ask("POST", "/v1/responses", {"model": "openclaw", "tools": [tool], **more})
    assert second.status == 200, second.body
    assert second.json["output"][-1]["content"][0]["text"] == "tool said: a lake"
    assert [role for role, _ in told(upstream)] == ["user", "assistant", "tool"]


@pytest.mark.parametrize("headers", [{}, {"x_session_id": "named"}])
async def test_what_a_client_says_in_several_messages_is_one_question(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, headers: dict[str, str]
) -> None:
    key = name()
    headers = {field: f"{key}-{value}" for field, value in headers.items()}
    said: list[Any] = []
    for question in ("first", "second"):
        said += [{"role": "user", "content": text} for text in (f"I am at home. {key}", f"{question} {key}")]
        answer = await say(client, *said, headers=headers, stream=True)
        assert answer.status == 200
        said.append({"role": "assistant", "content": answer.text})
        whole = f"I am at home. {key}\n\n{question} {key}"
        assert told(upstream)[-1] == ("user", whole)
    roles = ["user", "assistant", "user"]
    assert [role for role, _ in told(upstream)] == roles
    assert len(await sessions(served, key)) == 1, "it is one conversation"
