"""Chat programs at `/v1/responses`: what they bring is the truth, their people are users, their own requests pass."""

from typing import Any

import pytest

from tests.e2e.test_chat_programs import client, name, sessions, told
from tests.support.gateway import TestGateway
from tests.support.openai import Answer, OpenAIClient
from tests.support.upstream import Upstream

__all__ = ["client"]


async def ask(client: OpenAIClient, given: Any, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    """Ask the agent; texts are a user's, then an assistant's, and so on."""
    roles = ("user", "assistant")
    if isinstance(given, list):
        given = [{"role": roles[at % 2], "content": text} for at, text in enumerate(given)]
    body = {"model": "openclaw", "input": given, **more}
    answer = await client.ask("POST", "/v1/responses", body, **(headers or {}))
    assert answer.status == 200, answer.body
    return answer


def said(answer: Answer) -> str:
    return answer.json["output"][-1]["content"][0]["text"]


@pytest.mark.parametrize("header", ["x_session_id", "X_OpenWebUI_Chat_Id"])
async def test_what_the_client_brings_is_the_truth(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, header: str
) -> None:
    key = name()
    headers = {header: key}
    await ask(client, [f"one {key}"], headers, stream=True)
    await ask(client, [f"one {key}", f"echo: one {key}", "two"], headers, stream=True)
    assert [each["messageCount"] for each in await sessions(served, key)] == [4]
    await ask(client, [f"one {key}", "an answer of my own", "another two"], headers, stream=True)
    assert told(upstream) == [("user", f"one {key}"), ("assistant", "an answer of my own"), ("user", "another two")]
    found = {each["sessionKey"] == key: each["messageCount"] for each in await sessions(served, key)}
    assert found == {True: 4, False: 4}, "what was said before is kept beside it"


async def test_a_client_that_names_no_session_has_one_a_conversation(
    client: OpenAIClient, served: TestGateway, upstream: Upstream
) -> None:
    first = name()
    await ask(client, first)
    await ask(client, [first, f"echo: {first}", "more"])
    assert told(upstream) == [("user", first), ("assistant", f"echo: {first}"), ("user", "more")]
    assert [each["messageCount"] for each in await sessions(served, first)] == [4]


async def test_a_response_that_others_followed_is_gone_on_with_from_where_it_was(
    client: OpenAIClient, served: TestGateway, upstream: Upstream
) -> None:
    key = name()
    first = (await ask(client, key)).json
    second = (await ask(client, "two", previous_response_id=first["id"])).json
    await ask(client, "three", previous_response_id=second["id"])
    assert [each["messageCount"] for each in await sessions(served, key)] == [6]
    await ask(client, "another two", previous_response_id=first["id"])
    assert told(upstream) == [("user", key), ("assistant", f"echo: {key}"), ("user", "another two")]
    assert sorted(each["messageCount"] for each in await sessions(served, key)) == [4, 6]


async def test_under_our_own_key_the_session_goes_on(client: OpenAIClient, upstream: Upstream) -> None:
    headers = {"X_OpenClaw_Session_Key": name()}
    await ask(client, "one", headers)
    second = (await ask(client, "two", headers)).json
    # It says less than the session holds, and goes on with the whole of it.
    await ask(client, "three", previous_response_id=second["id"])
    assert [text for role, text in told(upstream) if role == "user"] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"X_OpenWebUI_Task": "title_generation"}, {}),
        ({"X_OpenClaw_Ephemeral": "1"}, {}),
        ({}, {"store": False}),
        ({"X_OpenWebUI_Chat_Id": "temporary:1"}, {}),
    ],
)
async def test_machine_requests_leave_nothing(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, headers: dict[str, str], more: dict[str, Any]
) -> None:
    text = name()
    answer = await ask(client, text, headers, **more)
    assert said(answer) == f"echo: {text}"
    assert "tools" not in upstream.requests[-1]
    assert await sessions(served, text) == []
    assert (await client.ask("GET", f"/v1/responses/{answer.json['id']}")).status == 404


async def test_a_title_that_is_asked_for_under_the_id_of_a_conversation_leaves_nothing(
    client: OpenAIClient, served: TestGateway, upstream: Upstream
) -> None:
    key = name()
    headers = {"X_OpenWebUI_Chat_Id": key}
    await ask(client, key, headers, stream=True)
    await ask(client, "Write a title for this chat.", headers)
    assert told(upstream) == [("user", "Write a title for this chat.")]
    [found] = await sessions(served, key)
    assert found["messageCount"] == 2


async def test_people_behind_one_key_are_users_of_their_own(client: OpenAIClient, served: TestGateway) -> None:
    secret = name()
    ada = {"X_OpenWebUI_User_Id": "ada"}
    hers = (await ask(client, secret, ada)).json["id"]
    await ask(client, secret, user="bob")
    assert {each["user"] for each in await sessions(served, secret)} == {"owner/ada", "owner/bob"}
    await ask(client, "more", ada, previous_response_id=hers)
    body = {"model": "openclaw", "input": "x", "user": "bob", "previous_response_id": hers}
    assert (await client.ask("POST", "/v1/responses", body)).status == 404, "nobody reads another's"
    path = f"/v1/responses/{hers}"
    assert (await client.ask("GET", path, X_OpenWebUI_User_Id="bob")).status == 404
    for headers in (ada, {}):
        assert (await client.ask("GET", path, **headers)).status == 200, "her own, and the front end's"
    assert (await client.ask("DELETE", path, X_OpenWebUI_User_Id="bob")).status == 404
    assert (await client.ask("DELETE", path)).status == 200


async def test_what_a_person_has_turned_into_vectors_or_gone_on_with_is_counted_as_theirs(
    client: OpenAIClient, served: TestGateway
) -> None:
    person = name()
    for path, field in (("/v1/embeddings", "input"), ("/v1/completions", "prompt")):
        body = {"model": "scripted", field: "x", "user": person}
        assert (await client.ask("POST", path, body)).status == 200
        assert (await client.ask("POST", path, {**body, "user": None}, X_OpenWebUI_User_Id=person)).status == 200
    async with served.connect() as socket:
        rows = (await socket.result("usage.query", by="user"))["rows"]
    assert {row["key"]: row["requests"] for row in rows}[f"owner/{person}"] == 4


async def test_a_conversation_that_was_made_for_a_person_is_theirs_and_the_front_ends(client: OpenAIClient) -> None:
    made = (await client.ask("POST", "/v1/conversations", {}, X_OpenWebUI_User_Id="ada")).json["id"]
    found = [
        (await client.ask("GET", f"/v1/conversations/{made}", **headers)).status
        for headers in ({"X_OpenWebUI_User_Id": "ada"}, {}, {"X_OpenWebUI_User_Id": "bob"})
    ]
    assert found == [200, 200, 404]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_run_that_fails_before_its_first_word_has_the_failures_status_and_is_not_to_be_asked_again(
    client: OpenAIClient, stream: bool
) -> None:
    for text, status in (("[[fail:401]]", 401), ("[[fail:500]]", 500), ("[[fail:429]] [[retry-after:1]]", 429)):
        answer = await client.respond(text, "openclaw", stream=stream)
        assert (answer.status, answer.headers["x-should-retry"]) == (status, "false"), answer.body
        assert answer.json["error"]["message"]
        assert status != 429 or answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_request_that_is_sent_again_gets_the_response_that_is_there(
    client: OpenAIClient, served: TestGateway, upstream: Upstream, stream: bool
) -> None:
    key = name()
    headers = {"x_session_id": key}
    said_before = [f"one {key}", f"echo: one {key}", "two"]
    await ask(client, said_before[:1], headers)
    first = await ask(client, said_before, headers, stream=stream)
    before = len(upstream.requests)
    again = await ask(client, said_before, headers | {"x_stainless_retry_count": "1"}, stream=stream)
    assert again.body == first.body
    assert len(upstream.requests) == before
    assert [each["messageCount"] for each in await sessions(served, key)] == [4]
    other = await ask(client, said_before, headers, stream=stream)
    assert other.body != first.body


async def test_one_that_is_sent_again_while_its_run_goes_on_waits_for_that_run(
    client: OpenAIClient, upstream: Upstream
) -> None:
    text = f"[[slow:40,20]] {name()}"
    body = {"model": "openclaw", "input": text}
    before = len(upstream.requests)
    async with client.session.post(f"{client.base}/v1/responses", json=body | {"stream": True}) as answer:
        data = b""
        while b"output_text.delta" not in data:
            data += await answer.content.readany()
        async with client.session.post(
            f"{client.base}/v1/responses", json=body | {"stream": True}, headers={"X-Stainless-Retry-Count": "2"}
        ) as again:
            whole = await again.read()
        data += await answer.read()
    assert whole == data
    assert len(upstream.requests) == before + 1


async def test_one_that_failed_before_its_first_word_fails_again_without_another_run(
    client: OpenAIClient, upstream: Upstream
) -> None:
    body = {"model": "openclaw", "input": f"[[fail:400]] {name()}"}
    first = await client.ask("POST", "/v1/responses", body)
    before = len(upstream.requests)
    again = await client.ask("POST", "/v1/responses", body, x_stainless_retry_count="1")
    assert (again.status, again.json) == (first.status, first.json)
    assert len(upstream.requests) == before
