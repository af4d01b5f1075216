"""`/v1/models`, `/v1/embeddings` and the older `/v1/completions` at a whole gateway."""

from __future__ import annotations

import base64
import struct

from tests.support.gateway import gateway, settings
from tests.support.openai import client_of, served


async def test_models_and_agents_are_listed_and_found_by_ids_with_slashes() -> None:
    async with served({"agents": {"coder": {}}}) as (_, _, client):
        listed = (await client.ask("GET", "/v1/models")).json
        ids = [model["id"] for model in listed["data"]]
        assert listed["object"] == "list"
        assert ids == ["scripted", "openclaw", "openclaw/default", "openclaw/coder"]
        assert all(model["object"] == "model" and isinstance(model["created"], int) for model in listed["data"])
        for path in ("openclaw/coder", "openclaw%2Fcoder"):
            assert (await client.ask("GET", f"/v1/models/{path}")).json["id"] == "openclaw/coder"
        missing = await client.ask("GET", "/v1/models/no/such")
        assert (missing.status, missing.json["error"]["code"]) == (404, "model_not_found")


async def test_vectors_come_as_floats_or_as_base64() -> None:
    async with served() as (running, _, client):
        body = {"model": "scripted", "input": ["ab", "c"]}
        floats = (await client.ask("POST", "/v1/embeddings", body)).json
        packed = (await client.ask("POST", "/v1/embeddings", {**body, "encoding_format": "base64"})).json
        assert floats["data"][0]["embedding"] == [2.0, 1.0, 0.5]
        assert [struct.unpack("<3f", base64.b64decode(item["embedding"])) for item in packed["data"]] == [
            (2.0, 1.0, 0.5),
            (1.0, 1.0, 0.5),
        ]
        tokens = await client.ask("POST", "/v1/embeddings", {"model": "scripted", "input": [[1, 2], [3]]})
        assert len(tokens.json["data"]) == 2
        missing = await client.ask("POST", "/v1/embeddings", {"model": "scripted"})
        assert (missing.status, missing.json["error"]["param"]) == (400, "input")
        async with running.connect() as socket:
            assert (await socket.result("model.embed", body=body))["body"]["data"][1]["index"] == 1
            report = await socket.result("usage.query", by="model")
        assert report["rows"][0]["requests"] == 4


async def test_a_prompt_is_gone_on_with() -> None:
    async with served() as (_, upstream, client):
        body = {"model": "scripted", "prompt": "Say", "max_tokens": 5, "echo": False, "best_of": 1}
        whole = (await client.ask("POST", "/v1/completions", body)).json
        assert (whole["object"], whole["choices"][0]["text"]) == ("text_completion", "echo: Say")
        assert whole["usage"]["total_tokens"] > 0
        assert upstream.requests[0]["max_tokens"] == 5
        assert not {"prompt", "echo", "best_of"} & upstream.requests[0].keys()
        stream = await client.ask("POST", "/v1/completions", {"model": "scripted", "prompt": ["a b"], "stream": True})
        assert "".join(chunk["choices"][0]["text"] for chunk in stream.chunks) == "echo: a b"
        assert stream.chunks[-1]["choices"][0]["finish_reason"] == "stop"
        assert stream.events[-1] == (None, "[DONE]")


async def test_an_agent_goes_on_with_a_prompt() -> None:
    async with served() as (_, _, client):
        body = {"model": "openclaw", "prompt": "a b"}
        assert (await client.ask("POST", "/v1/completions", body)).json["choices"][0]["text"] == "echo: a b"
        stream = await client.ask("POST", "/v1/completions", {**body, "stream": True})
        assert {chunk["object"] for chunk in stream.chunks} == {"text_completion"}
        assert "".join(chunk["choices"][0]["text"] for chunk in stream.chunks) == "echo: a b"


async def test_several_prompts_are_refused() -> None:
    async with served() as (_, _, client):
        answer = await client.ask("POST", "/v1/completions", {"model": "scripted", "prompt": ["a", "b"]})
        assert (answer.status, answer.json["error"]["param"]) == (400, "prompt")


async def test_without_a_model_the_offline_agent_answers() -> None:
    async with gateway(settings()) as running, client_of(running) as client:
        whole = await client.chat("help", model="gpt-4o")
        stream = await client.chat("help", model="gpt-4o", stream=True)
        assert whole.json["choices"][0]["message"]["content"] == stream.text != ""
        refused = await client.ask("POST", "/v1/embeddings", {"model": "x", "input": "a"})
        assert (refused.status, refused.json["error"]["type"]) == (502, "server_error")
