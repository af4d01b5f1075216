"""`/v1/chat/completions` at a whole gateway: plain completions, agents, and what happens when something fails."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from tests.support.openai import served
from tests.support.upstream import scripted_upstream


async def test_a_completion_is_the_providers_own() -> None:
    async with served() as (_, upstream, client):
        answer = await client.chat("Hello", temperature=0.5, logprobs=True, unheard_of={"a": [1]})
        assert answer.status == 200
        assert answer.json["id"].startswith("chatcmpl-")
        assert answer.json["choices"][0]["message"]["content"] == "echo: Hello"
        sent = upstream.requests[0]
        assert (sent["temperature"], sent["logprobs"], sent["unheard_of"]) == (0.5, True, {"a": [1]})
        assert sent.get("stream_options") is None


async def test_a_model_under_its_providers_name_is_answered_under_that_name() -> None:
    async with served() as (_, upstream, client):
        whole = await client.chat("a", model="primary/real-one")
        stream = await client.chat("a", model="primary/real-one", stream=True)
        assert [request["model"] for request in upstream.requests] == ["real-one", "real-one"]
        assert whole.json["model"] == "primary/real-one"
        assert {chunk["model"] for chunk in stream.chunks} == {"primary/real-one"}


async def test_usage_is_asked_for_always_and_told_only_where_it_was_wanted() -> None:
    async with served() as (_, upstream, client):
        silent = await client.chat("a b", stream=True)
        told = await client.chat("a b", stream=True, stream_options={"include_usage": True})
        assert [request["stream_options"]["include_usage"] for request in upstream.requests] == [True, True]
        assert silent.text == told.text == "echo: a b"
        assert all("usage" not in chunk for chunk in silent.chunks)
        assert told.chunks[-1]["choices"] == []
        assert told.chunks[-1]["usage"]["completion_tokens"] == 3
        assert silent.events[-1] == told.events[-1] == (None, "[DONE]")


async def test_a_server_that_refuses_to_count_is_asked_without() -> None:
    async with served() as (running, upstream, client):
        for _ in range(2):
            answer = await client.chat("[[refuse-field:stream_options]] hello", stream=True)
            assert answer.text == "echo: hello"
        assert ["stream_options" in request for request in upstream.requests] == [True, False, False]
        async with running.connect() as socket:
            report = await socket.result("usage.query", by="model")
        assert report["rows"][0]["requests"] == 2
        assert report["rows"][0]["completionTokens"] > 0


async def test_what_is_used_is_kept() -> None:
    async with served() as (running, _, client):
        await client.chat("a b c")
        await client.chat("a b c", stream=True)
        async with running.connect() as socket:
            report = await socket.result("usage.query", by="model")
        row = report["rows"][0]
        assert (row["key"], row["requests"], row["promptTokens"], row["completionTokens"]) == ("scripted", 2, 6, 8)


async def test_a_client_that_leaves_cuts_the_models_server_off_at_once() -> None:
    async with served() as (_, upstream, client):
        body = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "[[slow:1000,20]]"}]}
        async with client.session.post(f"{client.base}/v1/chat/completions", json=body) as answer:
            await answer.content.readany()
            answer.close()
        with anyio.fail_after(2):
            await upstream.gone.wait()


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_aborts_an_agents_run(stream: bool) -> None:
    async with served() as (running, upstream, client):
        asked = asyncio.create_task(client.chat("[[slow:1000,20]]", model="openclaw", stream=stream))
        with anyio.fail_after(5):
            await upstream.reached.wait()
        asked.cancel()
        with anyio.fail_after(5):
            await upstream.gone.wait()
            while running.app.runs.running:
                await anyio.lowlevel.checkpoint()
        assert running.app.run_counts.by_reason == {"aborted": 1}


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("[[fail:429]] [[code:insufficient_quota]] [[retry-after:7]]", 429, "insufficient_quota"),
        ("[[fail:422]] [[code:odd]]", 422, "odd"),
        ("[[fail:404]] [[code:model_not_found]]", 404, "model_not_found"),
        ("[[body:no]] [[type:text/html]]", 502, "provider_error"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_keeps_its_status_and_its_words(text: str, status: int, code: str, stream: bool) -> None:
    async with served() as (_, _, client):
        answer = await client.chat(text, stream=stream)
        assert (answer.status, answer.json["error"]["code"]) == (status, code)
        assert answer.headers["Content-Type"].startswith("application/json")
        assert ("Retry-After" in answer.headers) == ("retry-after" in text)


@pytest.mark.parametrize("text", ["[[error:broken]]", "[[cut:3]]"])
async def test_a_failure_in_the_middle_is_told_in_the_stream(text: str) -> None:
    async with served() as (_, _, client):
        answer = await client.chat(text, stream=True)
        assert answer.status == 200
        assert "error" in answer.chunks[-1] or any("error" in chunk for chunk in answer.chunks)


async def test_an_agents_failure_is_told_in_the_stream_and_nothing_follows() -> None:
    async with served() as (_, _, client):
        answer = await client.chat("[[error:broken]]", model="openclaw", stream=True)
        assert answer.events[-1][1]["error"]["message"]
        whole = await client.chat("[[fail:400]][[code:too_odd]]", model="openclaw")
        assert (whole.status, whole.json["error"]["code"]) == (400, "too_odd")
        assert whole.headers["x-should-retry"] == "false"
        limited = await client.chat("[[fail:429]][[retry-after:99]]", model="openclaw")
        assert (limited.status, limited.headers["Retry-After"]) == (429, "99")


async def test_a_fallback_answers_before_the_first_byte_under_the_name_that_was_asked_for() -> None:
    async with scripted_upstream() as backup:
        broken = {"type": "openai-compatible", "model": "m", "base_url": "http://127.0.0.1:9/v1", "max_retries": 0}
        config: dict[str, Any] = {
            "providers": {
                "primary": {**broken, "fallback": ["backup"]},
                "backup": {"type": "openai-compatible", "model": "spare", "base_url": backup.url},
            }
        }
        async with served(config) as (_, _, client):
            whole = await client.chat("a", model="m")
            stream = await client.chat("a", model="m", stream=True)
            assert (whole.json["model"], stream.chunks[0]["model"]) == ("m", "m")
            assert [request["model"] for request in backup.requests] == ["spare", "spare"]


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"model": "scripted"}, "messages", "missing_required_parameter"),
        ({"model": "scripted", "messages": []}, "messages", "invalid_value"),
        ({"model": "scripted", "messages": [{"role": "user", "content": "x"}], "n": 2}, "n", "unsupported_value"),
        ({"model": "openclaw", "messages": [7]}, "[0]", "invalid_value"),
        (
            {"model": "openclaw", "messages": [{"role": "system", "content": "x"}]},
            "messages",
            "missing_required_parameter",
        ),
    ],
)
async def test_a_wrong_request_names_the_field(body: Any, param: str, code: str) -> None:
    async with served() as (_, upstream, client):
        answer = await client.ask("POST", "/v1/chat/completions", body)
        error = answer.json["error"]
        assert (answer.status, error["type"], error["param"]) == (400, "invalid_request_error", param)
        assert error["code"] == code
        assert upstream.requests == []


async def test_providers_models_can_be_closed() -> None:
    async with served({"openai": {"allow_provider_models": False}}) as (_, _, client):
        answer = await client.chat("x")
        assert (answer.status, answer.json["error"]["code"]) == (404, "model_not_found")
        assert (await client.chat("x", model="openclaw")).status == 200
        ids = [model["id"] for model in (await client.ask("GET", "/v1/models")).json["data"]]
        assert ids == ["openclaw", "openclaw/default"]


async def test_answers_say_what_is_left_and_how_long_they_took() -> None:
    async with served(rate_limit={"messages_per_minute": 2, "requests_per_minute": 100}) as (_, _, client):
        first, second, third = [await client.chat("x", stream=at == 1) for at in range(3)]
        assert [answer.headers["x-ratelimit-remaining-requests"] for answer in (first, second, third)] == [
            "1",
            "0",
            "0",
        ]
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert int(first.headers["openai-processing-ms"]) >= 0
        assert first.headers["x-request-id"]
        assert (third.status, third.json["error"]["code"]) == (429, "rate_limit_exceeded")
        assert int(third.headers["Retry-After"]) > 0


async def test_a_request_without_a_session_brings_its_history() -> None:
    async with served() as (_, upstream, client):
        messages = [
            {"role": "system", "content": "Speak plainly."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": [{"type": "text", "text": "three"}]},
        ]
        answer = await client.ask("POST", "/v1/chat/completions", {"model": "openclaw", "messages": messages})
        assert answer.json["choices"][0]["message"]["content"] == "echo: three"
        sent = upstream.requests[0]["messages"]
        assert sent[0]["role"] == "system"
        assert sent[0]["content"].endswith("Speak plainly.")
        assert [(message["role"], message["content"]) for message in sent[1:]] == [
            ("user", "one"),
            ("assistant", "two"),
            ("user", "three"),
        ]


async def test_tools_of_an_agent_are_not_shown_as_calls() -> None:
    async with served() as (_, _, client):
        answer = await client.chat('[[tool:no_such_tool {"q": 1}]]', model="openclaw", stream=True)
        assert all("tool_calls" not in choice["delta"] for chunk in answer.chunks for choice in chunk["choices"])
        assert answer.chunks[-1]["choices"][0]["finish_reason"] == "stop"


async def test_over_the_websocket_chunks_come_before_the_answer() -> None:
    async with served() as (running, _, _), running.connect() as socket:
        body = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "a b"}]}
        result = await socket.result("model.complete", body=body, requestId="r1")
        chunks = [frame["data"] for frame in socket.seen if frame.get("type") == "model.chunk"]
        assert {chunk["requestId"] for chunk in chunks} == {"r1"}
        deltas = [choice["delta"] for chunk in chunks for choice in chunk["chunk"]["choices"]]
        assert "".join(delta.get("content", "") for delta in deltas) == "echo: a b"
        assert result == {"finished": True, "usage": {"promptTokens": 2, "completionTokens": 3, "totalTokens": 5}}
        whole = await socket.result("model.complete", body={**body, "stream": False})
        assert whole["body"]["choices"][0]["message"]["content"] == "echo: a b"
        error = await socket.error("model.complete", body={**body, "messages": []})
        assert error["data"]["field"] == "messages"


async def test_a_server_that_does_not_stream_is_retold_as_a_stream() -> None:
    async with served() as (_, _, client):
        answer = await client.chat("[[plain]] hello", stream=True)
        assert answer.text == "echo: hello"
        assert answer.chunks[-1]["choices"][0]["finish_reason"] == "stop"


async def test_without_a_token_the_error_is_openais() -> None:
    async with served() as (_, _, client):
        answer = await client.ask("GET", "/v1/models", Authorization="Bearer wrong")
        assert (answer.status, answer.json["error"]["code"]) == (401, "invalid_api_key")
