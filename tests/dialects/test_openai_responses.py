"""`/v1/responses` at a whole gateway: streamed, kept, gone on with, followed, cancelled, deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.support.gateway import TOKEN, gateway, settings
from tests.support.openai import Answer, OpenAIClient, client_of, served
from tests.support.upstream import scripted_upstream

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}


async def until(client: OpenAIClient, response_id: str, *statuses: str) -> Any:
    with anyio.fail_after(10):
        while True:
            found = (await client.ask("GET", f"/v1/responses/{response_id}")).json
            if found["status"] in statuses:
                return found


def kinds(answer: Answer) -> list[str]:
    assert all(name == data["type"] for name, data in answer.events)
    assert [data["sequence_number"] for _, data in answer.events] == list(range(len(answer.events)))
    return [data["type"].removeprefix("response.") for _, data in answer.events]


@pytest.mark.parametrize("model", ["scripted", "openclaw"])
async def test_a_stream_has_its_events_in_their_order(model: str) -> None:
    async with served() as (_, _, client):
        answer = await client.respond("a b", model, stream=True)
        told = [kind for kind in kinds(answer) if kind != "output_text.delta"]
        assert told == [
            "created", "in_progress", "output_item.added", "content_part.added", "output_text.done",
            "content_part.done", "output_item.done", "completed",
        ]  # fmt: skip
        assert "".join(data["delta"] for name, data in answer.events if name == "response.output_text.delta") == (
            "echo: a b"
        )
        last = answer.events[-1][1]["response"]
        assert last["output"][0]["content"][0]["text"] == "echo: a b"
        assert last["usage"]["total_tokens"] == last["usage"]["input_tokens"] + last["usage"]["output_tokens"]


async def test_thinking_comes_as_an_item_of_its_own() -> None:
    async with served() as (_, _, client):
        answer = (await client.respond("[[think:well well]] so")).json
        assert [item["type"] for item in answer["output"]] == ["reasoning", "message"]
        assert answer["output"][0]["content"][0]["text"] == "well well"


async def test_calls_of_the_clients_functions_come_back_and_their_results_are_taken() -> None:
    async with served() as (_, upstream, client):
        asked = await client.respond('[[tool-pieces:look {"q": "x"}]]', tools=[TOOL], stream=True)
        assert "function_call_arguments.done" in kinds(asked)
        response = asked.events[-1][1]["response"]
        call = response["output"][0]
        assert (call["type"], call["name"], call["arguments"]) == ("function_call", "look", '{"q": "x"}')
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "42"}
        answer = await client.respond([output], tools=[TOOL], previous_response_id=response["id"])
        assert answer.json["output"][0]["content"][0]["text"] == "tool said: 42"
        assert [message["role"] for message in upstream.requests[-1]["messages"]] == ["user", "assistant", "tool"]


async def test_fields_reach_the_model_in_the_words_of_a_chat() -> None:
    async with served() as (_, upstream, client):
        form = {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}
        given = [
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "input_text", "text": "hi"}, {"type": "input_image", "image_url": "data:x"}],
            },
        ]
        await client.respond(
            given,
            instructions="Be kind.",
            max_output_tokens=9,
            reasoning={"effort": "low"},
            text={"format": form},
            tools=[TOOL, {"type": "web_search"}],
            tool_choice={"type": "function", "name": "look"},
        )
        sent = upstream.requests[0]
        assert sent["messages"][0] == {"role": "system", "content": "Be kind.\n\nBe brief."}
        assert sent["messages"][1]["content"][1] == {"type": "image_url", "image_url": {"url": "data:x"}}
        assert (sent["max_tokens"], sent["reasoning_effort"]) == (9, "low")
        assert sent["response_format"]["json_schema"] == {"name": "n", "schema": {"type": "object"}, "strict": True}
        assert [tool["function"]["name"] for tool in sent["tools"]] == ["look"]
        assert sent["tool_choice"] == {"type": "function", "function": {"name": "look"}}


async def test_a_conversation_is_gone_on_with() -> None:
    async with served() as (_, upstream, client):
        await client.respond("one", conversation="conv_1")
        await client.respond("two", conversation="conv_1")
        said = [message["content"] for message in upstream.requests[1]["messages"]]
        assert said == ["one", "echo: one", "two"]


async def test_an_agents_response_is_gone_on_with_in_its_session() -> None:
    async with served() as (_, upstream, client):
        first = (await client.respond("one", "openclaw/default", instructions="Be kind.")).json
        await client.respond("two", "openclaw", previous_response_id=first["id"])
        said = [message["content"] for message in upstream.requests[1]["messages"] if message["role"] != "system"]
        assert said == ["one", "echo: one", "two"]
        assert upstream.requests[0]["messages"][0]["content"].endswith("Be kind.")


async def test_a_response_outlives_the_gateway(tmp_path: Path) -> None:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url)
        async with gateway(config, tmp_path) as running, client_of(running) as client:
            streamed = await client.respond("a b c", stream=True)
            response_id = streamed.events[-1][1]["response"]["id"]
        async with gateway(config, tmp_path) as running, client_of(running) as client:
            found = (await client.ask("GET", f"/v1/responses/{response_id}")).json
            assert found == streamed.events[-1][1]["response"]
            path = f"/v1/responses/{response_id}?stream=true"
            assert (await client.ask("GET", path)).events == streamed.events
            assert (await client.ask("GET", f"{path}&starting_after=4")).events == streamed.events[5:]
            more = (await client.respond("d", previous_response_id=response_id)).json
            assert more["previous_response_id"] == response_id
            assert [message["content"] for message in upstream.requests[-1]["messages"]] == [
                "a b c",
                "echo: a b c",
                "d",
            ]


async def test_what_was_under_way_when_the_gateway_stopped_has_failed(tmp_path: Path) -> None:
    async with scripted_upstream() as upstream:
        config = settings(upstream.url, shutdown_seconds=0)
        async with gateway(config, tmp_path) as running, client_of(running) as client:
            begun = (await client.respond("[[slow:1000,20]]", background=True)).json
            assert begun["status"] in ("queued", "in_progress")
            with anyio.fail_after(5):
                await upstream.reached.wait()
        async with gateway(config, tmp_path) as running, client_of(running) as client:
            found = (await client.ask("GET", f"/v1/responses/{begun['id']}")).json
            assert (found["status"], found["error"]["code"]) == ("failed", "server_error")


@pytest.mark.parametrize("model", ["scripted", "openclaw"])
async def test_in_the_background_it_goes_on_can_be_followed_and_cancelled(model: str) -> None:
    async with served() as (_, upstream, client):
        begun = (await client.respond("[[slow:20,10]]", model, background=True)).json
        followed = await client.ask("GET", f"/v1/responses/{begun['id']}?stream=true&starting_after=1")
        assert followed.events[0][1]["sequence_number"] == 2
        assert followed.events[-1][1]["type"] == "response.completed"
        long = (await client.respond("[[slow:1000,20]]", model, background=True)).json
        with anyio.fail_after(5):
            await upstream.reached.wait()
        assert (await client.ask("POST", f"/v1/responses/{long['id']}/cancel")).json["status"] == "cancelled"
        assert (await client.ask("GET", f"/v1/responses/{long['id']}")).json["status"] == "cancelled"


async def leave(client: OpenAIClient, **more: Any) -> str:
    """Begin a long stream and go away; the response's id."""
    body = {"model": "scripted", "input": "[[slow:50,20]]", "stream": True, **more}
    async with client.session.post(f"{client.base}/v1/responses", json=body) as answer:
        data = b""
        while b"output_text.delta" not in data:
            data += await answer.content.readany()
        answer.close()
    return data.decode().split('"id":"')[1].split('"')[0]


async def test_a_client_that_leaves_ends_only_what_is_not_kept() -> None:
    async with served() as (_, upstream, client):
        response_id = await leave(client, store=False)
        with anyio.fail_after(2):
            await upstream.gone.wait()
        assert (await client.ask("GET", f"/v1/responses/{response_id}")).status == 404
        response_id = await leave(client)
        assert (await until(client, response_id, "completed"))["usage"]["output_tokens"] == 50


async def test_what_is_not_to_be_kept_is_not() -> None:
    async with served() as (_, _, client):
        answer = (await client.respond("x", store=False)).json
        assert (answer["status"], answer["store"]) == ("completed", False)
        missing = await client.ask("GET", f"/v1/responses/{answer['id']}")
        assert (missing.status, missing.json["error"]["type"]) == (404, "invalid_request_error")


async def test_deleted_it_is_gone() -> None:
    async with served() as (_, _, client):
        response_id = (await client.respond("x")).json["id"]
        deleted = await client.ask("DELETE", f"/v1/responses/{response_id}")
        assert deleted.json == {"id": response_id, "object": "response.deleted", "deleted": True}
        for verb, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
            assert (await client.ask(verb, f"/v1/responses/{response_id}{path}")).status == 404


async def test_its_input_is_paged() -> None:
    async with served() as (_, _, client):
        given = [{"role": "user", "content": str(at)} for at in range(3)]
        path = f"/v1/responses/{(await client.respond(given)).json['id']}/input_items"
        page = (await client.ask("GET", f"{path}?limit=2")).json
        assert [item["content"][0]["text"] for item in page["data"]] == ["2", "1"]
        assert page["has_more"] is True
        rest = (await client.ask("GET", f"{path}?limit=2&after={page['last_id']}")).json
        assert ([item["content"][0]["text"] for item in rest["data"]], rest["has_more"]) == (["0"], False)
        first = (await client.ask("GET", f"{path}?order=asc&limit=1")).json
        assert first["data"][0]["content"][0]["text"] == "0"


async def test_other_users_responses_are_not_there() -> None:
    async with served() as (running, _, client):
        response_id = (await client.respond("x")).json["id"]
        async with client_of(running, running.make_token("guest")) as guest:
            assert (await guest.ask("GET", f"/v1/responses/{response_id}")).status == 404
            answer = await guest.respond("y", previous_response_id=response_id)
            assert (answer.status, answer.json["error"]["param"]) == (404, "previous_response_id")


@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_before_the_beginning_is_an_error(stream: bool) -> None:
    async with served() as (_, _, client):
        answer = await client.respond("[[fail:429]] [[code:insufficient_quota]]", stream=stream)
        assert (answer.status, answer.json["error"]["code"]) == (429, "insufficient_quota")
        assert (await client.respond("", stream=stream)).json["error"]["param"] == "input"
        assert (await client.respond("x", "openclaw/none", stream=stream)).status == 404


async def test_a_failure_in_the_middle_is_its_last_event() -> None:
    async with served() as (_, _, client):
        answer = await client.respond("[[cut:3]]", stream=True)
        assert kinds(answer)[-1] == "failed"
        assert answer.events[-1][1]["response"]["error"]["code"] == "server_error"


async def test_over_the_websocket_its_events_come_before_the_answer() -> None:
    async with served() as (running, _, _), running.connect("/", token=TOKEN) as socket:
        await socket.result("response.create", body={"input": "a", "stream": True}, requestId="r1")
        events = [frame["data"]["event"]["type"] for frame in socket.seen if frame.get("type") == "response.event"]
        assert (events[0], events[-1]) == ("response.created", "response.completed")


@pytest.mark.parametrize("namespace", [{"": None}, ["x"], 5, None, ""])
async def test_a_call_of_a_namespace_that_is_no_text_is_one_of_none(namespace: Any) -> None:
    async with served() as (_, upstream, client):
        call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}", "namespace": namespace}
        output = {"type": "function_call_output", "call_id": "c1", "output": "sunny"}
        question = {"role": "user", "content": "go"}
        answer = await client.respond([question, call, output, question], tools=[TOOL])
        assert answer.status == 200
        asked = next(message for message in upstream.requests[-1]["messages"] if message.get("tool_calls"))
        assert asked["tool_calls"][0]["function"]["name"] == "look"


@pytest.mark.parametrize("tools", ["look", [5], {"name": "look"}])
async def test_allowed_tools_that_are_none_are_refused(tools: Any) -> None:
    async with served() as (_, _, client):
        answer = await client.respond("x", tools=[TOOL], tool_choice={"type": "allowed_tools", "tools": tools})
        assert (answer.status, answer.json["error"]["param"].split("[")[0]) == (400, "tool_choice.tools")
