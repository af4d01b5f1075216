"""What reaches the model: roles that alternate, what its provider added, results cut short, memories."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel

from tests.support.gateway import gateway, settings
from tests.support.openai import OpenAIClient, client_of
from tests.support.raw_model import DONE, RawModel, call, called, delta, document, raw_model, said

SIGNATURE = {"google": {"thought_signature": "SIG-abc"}}
FAILED = document({"error": {"message": "boom"}}, 500)


def raw_settings(model: RawModel, **provider: Any) -> dict[str, Any]:
    config = settings(model.url)
    config["providers"]["primary"] |= {"model": "raw", "max_retries": 0, **provider}
    return config


@asynccontextmanager
async def asked(answers: dict[str, Any], **provider: Any) -> AsyncGenerator[tuple[RawModel, OpenAIClient]]:
    async with (
        raw_model(answers) as model,
        gateway(raw_settings(model, **provider)) as running,
        client_of(running) as client,
    ):
        yield model, client


async def say(client: OpenAIClient, text: str, session: str = "s") -> Any:
    return await client.chat(text, "openclaw", {"X-OpenClaw-Session-Key": session})


def once(answer: list[bytes]) -> Any:
    """That answer, and once its tools were used, another."""
    return lambda body, steps: [*said("done"), DONE] if steps else answer


def asking_messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [message for message in body["messages"] if message.get("tool_calls")]


async def test_a_thought_signature_comes_back_in_this_turn_and_in_later_ones() -> None:
    listing = called(call(0, "c1", "file_list", '{"path":"/"}', extra_content=SIGNATURE))
    async with asked({"signed": once(listing)}) as (model, client):
        assert (await say(client, "[[S:signed]]")).json["choices"][0]["message"]["content"] == "done"
        await say(client, "[[S:later]]")
        for body in (model.requests["signed"][1], model.requests["later"][0]):
            (message,) = asking_messages(body)
            assert message["tool_calls"][0]["extra_content"] == SIGNATURE
            assert "provider_details" not in message


async def test_reasoning_comes_back_to_a_provider_that_wants_it_and_to_no_other() -> None:
    thought = [delta({"role": "assistant", "reasoning_content": "I should look."})]
    listing = [*thought, *called(call(0, "c1", "file_list", '{"path":"/"}'))]
    for kind, told in (("deepseek", "I should look."), ("mistral", None)):
        async with asked({"thinking": once(listing)}, type=kind) as (model, client):
            await say(client, "[[S:thinking]]")
            await say(client, "[[S:later]]")
            for body in (model.requests["thinking"][1], model.requests["later"][0]):
                (message,) = asking_messages(body)
                assert message.get("reasoning_content") == told
                assert "extra_content" not in str(message)


async def test_details_of_reasoning_are_gathered_and_sent_again() -> None:
    details = [{"type": "reasoning.text", "text": "hm", "index": 0}, {"type": "reasoning.encrypted", "data": "x"}]
    pieces = [delta({"reasoning_details": [item]}) for item in details]
    listing = [*pieces, *called(call(0, "c1", "file_list", '{"path":"/"}'))]
    async with asked({"thinking": once(listing)}, type="openrouter") as (model, client):
        await say(client, "[[S:thinking]]")
        (message,) = asking_messages(model.requests["thinking"][1])
        assert message["reasoning_details"] == details


async def test_after_a_failed_run_roles_still_alternate() -> None:
    async with asked({"fails": FAILED}) as (model, client):
        assert (await say(client, "[[S:fails]] one")).status == 500
        assert (await say(client, "[[S:fine]] two")).status == 200
        said = [message for message in model.requests["fine"][0]["messages"] if message["role"] != "system"]
        assert [message["role"] for message in said] == ["user", "assistant", "user"]
        assert [message["content"] for message in said[::2]] == ["[[S:fails]] one", "[[S:fine]] two"]


async def test_a_long_result_is_shortened_before_a_run_fails() -> None:
    def plan(body: dict[str, Any], steps: int) -> list[bytes]:
        read = call(0, f"c{steps}", "file_read", json.dumps({"path": "long.txt"}))
        return called(read) if steps < 2 else [*said("done"), DONE]

    async with asked({"reads": plan}, context_tokens=16_000) as (model, client):
        write = {"path": "long.txt", "content": "x" * 200_000}
        model.answers["writes"] = once(called(call(0, "c", "file_write", json.dumps(write))))
        await say(client, "[[S:writes]]", "other")
        answer = await say(client, "[[S:reads]]")
        assert answer.json["choices"][0]["finish_reason"] == "stop", answer.json
        results = [message for message in model.requests["reads"][-1]["messages"] if message["role"] == "tool"]
        assert "left out to make room" in results[0]["content"]


async def test_a_trimmed_history_begins_with_a_question() -> None:
    def plan(body: dict[str, Any], steps: int) -> list[bytes]:
        read = call(0, f"c{steps}", "file_read", json.dumps({"path": "some.txt"}))
        return called(read) if steps < 2 else [*said("answer"), DONE]

    async with asked({"reads": plan}, context_tokens=16_000) as (model, client):
        write = {"path": "some.txt", "content": "y " * 4_500}
        model.answers["writes"] = once(called(call(0, "c", "file_write", json.dumps(write))))
        await say(client, "[[S:writes]]", "other")
        for _ in range(6):
            assert (await say(client, "[[S:reads]]")).status == 200
        for body in model.requests["reads"]:
            assert [message["role"] for message in body["messages"][:2]] == ["system", "user"]
            waiting: set[str] = set()
            for message in body["messages"]:
                if message["role"] == "tool":
                    waiting.remove(message["tool_call_id"])
                else:
                    assert not waiting
                waiting |= {found["id"] for found in message.get("tool_calls") or ()}


async def test_what_is_recalled_stands_beside_the_last_question_and_all_before_it_stays_the_same() -> None:
    async with raw_model({}) as model, gateway(raw_settings(model)) as running, client_of(running) as client:
        for at, fact in enumerate(("My dog is called Bello.", "My boat is called Wind.", "My house is yellow.")):
            await say(client, fact, f"fact-{at}")
        async with running.connect() as socket:
            with anyio.fail_after(10):
                while not (await socket.result("memory.search", query="yellow"))["results"]:
                    await anyio.lowlevel.checkpoint()
        for question in ("What is my dog called?", "And what is my boat called?", "Which colour has my house?"):
            await say(client, f"[[S:asks]] {question}", "s")
        prompts = [body["messages"] for body in model.requests["asks"]]
        assert "Bello" in prompts[0][-3]["content"]
        assert [message["role"] for message in prompts[0][-3:]] == ["user", "assistant", "user"]
        assert prompts[0][-1]["content"].endswith("What is my dog called?")
        for before, after in itertools.pairwise(prompts):
            common = len(before) - 3
            assert json.dumps(before[:common]) == json.dumps(after[:common])
            assert after[common]["content"] == before[-1]["content"]
