"""What `options` say reaches the model; and what the model cannot hold is trimmed by the stated rule."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.context import is_context
from tests.support.gateway import TestGateway, gateway, settings
from tests.support.upstream import Upstream


async def sent(served: TestGateway, upstream: Upstream, text: str, **params: Any) -> dict[str, Any]:
    """The request that the model got for a message."""
    async with served.connect() as client:
        _, done = await client.chat(text, sessionKey=uuid4().hex, **params)
        assert done["data"]["finishReason"] == "stop", done
    return next(body for body in reversed(upstream.requests) if text in str(body["messages"][-1]["content"]))


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ({"model": "another-model"}, "model", "another-model"),
        ({"model": "primary/that-one"}, "model", "that-one"),
        ({"model": "anthropic/claude-3-5-sonnet"}, "model", "anthropic/claude-3-5-sonnet"),
        ({"thinking": "low"}, "reasoning_effort", "low"),
        ({"thinking": "high"}, "reasoning_effort", "high"),
        ({"temperature": 0}, "temperature", 0),
        ({"temperature": 1.5}, "temperature", 1.5),
        ({}, "model", "scripted"),
    ],
    ids=str,
)
async def test_an_option_reaches_the_model(
    served: TestGateway, upstream: Upstream, options: dict[str, Any], field: str, value: Any
) -> None:
    assert (await sent(served, upstream, f"hi {uuid4().hex}", options=options))[field] == value


async def test_the_limit_of_the_answer_reaches_the_model(served: TestGateway, upstream: Upstream) -> None:
    body = await sent(served, upstream, f"hi {uuid4().hex}", options={"maxTokens": 77})
    assert 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    body = await sent(served, upstream, f"hi {uuid4().hex}")
    assert {"max_tokens", "max_completion_tokens", "temperature", "reasoning_effort"}.isdisjoint(body)


async def test_a_system_prompt_takes_the_place_of_the_agents(served: TestGateway, upstream: Upstream) -> None:
    body = await sent(served, upstream, f"hi {uuid4().hex}", options={"system": "You are a pirate."})
    assert body["messages"][0]["role"] == "system"
    assert body["messages"][0]["content"].startswith("You are a pirate.")
    plain = await sent(served, upstream, f"hi {uuid4().hex}")
    assert "pirate" not in str(plain["messages"])


async def test_without_a_stream_the_answer_is_one_delta(served: TestGateway) -> None:
    async with served.connect() as client:
        text, done = await client.chat("one two three four", sessionKey=uuid4().hex, options={"stream": False})
        assert text == "echo: one two three four"
        deltas = client.told(done["data"]["runId"], "chat.delta")
        assert len(deltas) == 1


async def test_a_session_has_its_own_model(served: TestGateway, upstream: Upstream) -> None:
    session = uuid4().hex
    async with served.connect() as client:
        await client.result("session.create", sessionKey=session, model="session-model")
        await client.chat(session, sessionKey=session)
        assert upstream.requests[-1]["model"] == "session-model"
        await client.chat(session, sessionKey=session, options={"model": "run-model"})
        assert upstream.requests[-1]["model"] == "run-model"
        await client.result("session.update", sessionKey=session, model=None)
        await client.chat(session, sessionKey=session)
        assert upstream.requests[-1]["model"] == "scripted"


async def test_attachments_reach_the_model(served: TestGateway, upstream: Upstream) -> None:
    text = f"look {uuid4().hex}"
    parts = [
        {"type": "text", "name": "notes", "text": "remember"},
        {"type": "image", "data": "aGk=", "mimeType": "image/gif"},
    ]
    async with served.connect() as client:
        await client.chat(text, sessionKey=uuid4().hex, attachments=parts)
    content = upstream.requests[-1]["messages"][-1]["content"]
    assert content[0] == {"type": "text", "text": text}
    assert content[1] == {"type": "text", "text": "[notes]\nremember"}
    assert content[2] == {"type": "image_url", "image_url": {"url": "data:image/gif;base64,aGk="}}


@pytest.fixture(scope="module")
def narrow(upstream: Upstream) -> dict[str, Any]:
    """A model that holds little."""
    config = settings(upstream.url)
    config["providers"]["primary"]["context_tokens"] = 2000
    config["agents"] = {"short": {"default": True, "system": "Be short.", "tools": []}}
    return config


async def test_the_oldest_messages_go_first_and_the_question_stays(upstream: Upstream, narrow: dict[str, Any]) -> None:
    async with gateway(narrow) as served, served.connect() as client:
        await client.result("session.create", sessionKey="long")
        for at in range(20):
            await client.result("chat.inject", sessionKey="long", role="user", content=f"old{at} " + "word " * 60)
        text, done = await client.chat("the question", sessionKey="long")
        assert (text, done["data"]["finishReason"]) == ("echo: the question", "stop")
        messages = upstream.requests[-1]["messages"]
        assert messages[0]["role"] == "system"
        assert messages[-1] == {"role": "user", "content": "the question"}
        said = [message["content"] for message in messages[1:-1] if message["role"] == "user"]
        kept = [text.split()[0] for text in said if not is_context(text) and text[:3] == "old"]
        assert kept == [f"old{at}" for at in range(20 - len(kept), 20)], "the newest, without a gap"
        assert 0 < len(kept) < 20


async def test_a_question_that_is_too_long_is_an_error_and_never_cut(
    upstream: Upstream, narrow: dict[str, Any]
) -> None:
    async with gateway(narrow) as served, served.connect() as client:
        before = len(upstream.requests)
        _, done = await client.chat("word " * 3000, sessionKey="long")
        assert done["data"]["finishReason"] == "error"
        assert done["data"]["error"]["code"] == "too_large"
        assert len(upstream.requests) == before
        text, _ = await client.chat("short", sessionKey="long")
        assert text == "echo: short", "what was too long is trimmed away for the next"


async def test_a_model_that_stops_at_its_limit_is_told_as_such(served: TestGateway) -> None:
    async with served.connect() as client:
        body = {
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "cut"}, "finish_reason": "length"}]
        }
        import json

        text, done = await client.chat(f"[[type:application/json]][[body:{json.dumps(body)}]]", sessionKey=uuid4().hex)
        assert (text, done["data"]["finishReason"]) == ("cut", "length")
