"""llama.cpp's own server, as people run it on their machines, with a model that is made here."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import anyio
import anyio.to_thread
import pytest

from openclaw_rpc.adapters.providers.discovery import find_local
from tests.strangers import environments
from tests.support.gateway import gateway, settings
from tests.support.openai import client_of

LONG_ONES = pytest.mark.skipif(not environments.ALL, reason="takes a minute: make strangers")
SCRIPT = Path(__file__).parent / "llamacpp_server.py"
PACKAGES = ("xllamacpp==2026.10.11549", "gguf==0.19.0")
pytestmark = pytest.mark.timeout(420)
LONG = "A fact that takes some room. " * 20


@asynccontextmanager
async def served(folder: Path, context: int, *words: str) -> AsyncGenerator[str]:
    """The address of such a server; it ends when its input does."""
    python = await anyio.to_thread.run_sync(partial(environments.python, "llamacpp", *PACKAGES, optional=True))
    command = [str(python), str(SCRIPT), str(folder), str(context), *words]
    async with await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:
        assert process.stdout is not None
        said = b""
        with anyio.fail_after(60):
            while b"\n" not in said:
                said += await process.stdout.receive()
        try:
            yield said.decode().strip()
        finally:
            process.kill()


def of(address: str, **provider: Any) -> dict[str, Any]:
    config = settings(f"{address}/v1")
    config["providers"]["primary"] |= {"type": "llamacpp", "model": "tiny", "max_retries": 0, **provider}
    return config


@LONG_ONES
async def test_an_agent_with_all_its_tools_talks_and_talks_on(tmp_path: Path) -> None:
    async with served(tmp_path, 32_768) as address, gateway(of(address)) as running, running.connect() as socket:
        for cached in (0, 10_000):
            text, done = await socket.chat("Hello!", sessionKey="s", options={"seed": 7, "maxTokens": 40})
            assert text
            assert done["data"]["finishReason"] in ("stop", "length"), done
            assert done["data"]["model"] == "tiny"
            assert done["data"]["usage"]["promptTokens"] > 10_000, "its tools were told"
            assert done["data"]["usage"].get("cachedTokens", 0) >= cached, "the beginning of the prompt is the same"
        _, done = await socket.chat("Hello!", options={"toolChoice": "required", "maxTokens": 20})
        assert done["data"]["finishReason"] in ("stop", "length"), done


@LONG_ONES
async def test_a_session_outlives_its_window(tmp_path: Path) -> None:
    async with served(tmp_path, 8_192) as address:
        config = of(address)
        config["agents"] = {"default": {"tools": [], "memory": False}}
        async with gateway(config) as running, running.connect() as socket:
            for at in range(30):
                options = {"maxTokens": 20, "seed": at}
                _, done = await socket.chat(f"Number {at}: {LONG}", sessionKey="s", options=options)
                assert done["data"]["finishReason"] in ("stop", "length"), (at, done["data"].get("error"))
            history = (await socket.result("chat.history", sessionKey="s", limit=200))["messages"]
            assert any(message.get("standsFor") for message in history)


async def test_what_it_refuses_is_told_as_it_is(tmp_path: Path) -> None:
    async with served(tmp_path, 4_096) as address, gateway(of(address)) as running, client_of(running) as client:
        listed = (await client.ask("GET", "/v1/models")).json["data"]
        assert "tiny" in [model["id"] for model in listed]
        for model in ("tiny", "openclaw"):
            answer = await client.chat("x " * 20_000, model)
            assert (answer.status, answer.json["error"]["code"]) == (400, "context_length_exceeded")
        answer = await client.ask("POST", "/v1/embeddings", {"model": "tiny", "input": "x"})
        assert answer.status == 501
        assert answer.headers["x-should-retry"] == "false"
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
        asked = {"model": "tiny", "messages": [{"role": "user", "content": [picture]}]}
        answer = await client.ask("POST", "/v1/chat/completions", asked)
        assert answer.status == 500
        assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["tiny", "openclaw"])
async def test_a_tool_is_called_with_what_its_schema_asks_for(tmp_path: Path, model: str, stream: bool) -> None:
    parameters = {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}
    tool = {"type": "function", "function": {"name": "lamp", "description": "Light.", "parameters": parameters}}
    async with served(tmp_path, 8_192, "calls") as address:
        config = of(address)
        config["agents"] = {"default": {"tools": [], "memory": False}}
        async with gateway(config) as running, client_of(running) as client:
            messages: list[Any] = [{"role": "user", "content": "Light, please."}]
            body = {"model": model, "messages": messages, "tools": [tool], "seed": 7}
            once = {"tool_choice": "required", "parallel_tool_calls": False, "max_tokens": 600, "stream": stream}
            answer = await client.ask("POST", "/v1/chat/completions", {**body, **once})
            assert answer.status == 200, answer.body
            calls = gathered(answer.chunks) if stream else answer.json["choices"][0]["message"]["tool_calls"]
            # It may ask for more, and be cut off in the middle of the last.
            first = calls[0]
            assert first["function"]["name"] == "lamp"
            assert isinstance(json.loads(first["function"]["arguments"])["on"], bool)
            messages.append({"role": "assistant", "content": None, "tool_calls": [first]})
            messages.append({"role": "tool", "tool_call_id": first["id"], "content": "It is on."})
            answer = await client.ask("POST", "/v1/chat/completions", {**body, "max_tokens": 20})
            assert answer.status == 200, answer.body
            assert answer.json["choices"][0]["finish_reason"] in ("stop", "length", "tool_calls")


def gathered(chunks: list[Any]) -> list[Any]:
    """The calls that the pieces of a stream come to."""
    calls: dict[int, Any] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            for piece in choice["delta"].get("tool_calls") or ():
                call = calls.setdefault(piece["index"], {"type": "function", "function": {"name": "", "arguments": ""}})
                call["id"] = piece.get("id") or call.get("id")
                for name, text in piece["function"].items():
                    call["function"][name] += text or ""
    return list(calls.values())


async def test_its_grammar_holds_an_answer_to_a_schema(tmp_path: Path) -> None:
    async with served(tmp_path, 4_096) as address, gateway(of(address)) as running, client_of(running) as client:
        schema = {"type": "object", "properties": {"done": {"type": "boolean"}}, "required": ["done"]}
        form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
        for stream in (False, True):
            answer = await client.chat("Hello!", "tiny", response_format=form, stream=stream, seed=7)
            assert answer.status == 200
            said = (
                "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in answer.chunks)
                if stream
                else answer.json["choices"][0]["message"]["content"]
            )
            assert isinstance(json.loads(said)["done"], bool)


async def test_it_is_found_and_named_by_what_it_says(tmp_path: Path) -> None:
    async with served(tmp_path, 4_096) as address:
        found = await find_local([int(address.rpartition(":")[2])], timeout=5)
        assert found is not None
        assert (found.title, found.settings.type, found.models) == ("llama.cpp", "llamacpp", ["tiny"])
