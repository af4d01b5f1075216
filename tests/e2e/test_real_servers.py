"""What llama.cpp's own server and LiteLLM before it answer beside streams: lists of models, answers, refusals."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import pytest

from tests.support.gateway import TestGateway, gateway, settings
from tests.support.openai import OpenAIClient, client_of
from tests.support.raw_model import document, raw_model

LIST: dict[str, Any] = {
    "models": [{"name": "tiny.gguf", "model": "tiny.gguf", "modified_at": "", "type": "model", "tags": [""]}],
    "object": "list",
    "data": [
        {
            "id": "tiny.gguf",
            "aliases": ["tiny.gguf"],
            "object": "model",
            "created": 1795994569,
            "owned_by": "llamacpp",
            "meta": {"vocab_type": 2, "n_vocab": 320, "n_ctx": 4096, "n_ctx_train": 32768},
        }
    ],
}
CACHED = {"cached_tokens": 23}
USAGE = {"completion_tokens": 9, "prompt_tokens": 24, "total_tokens": 33, "prompt_tokens_details": CACHED}


class Refused(NamedTuple):
    """A refusal, and what our doors make of it: a status, a code, and whether an SDK may try again."""

    status: int
    error: dict[str, Any]
    told: int
    code: Any
    again: bool = True


INVALID = "invalid_request_error"
REFUSALS = {
    "too long": Refused(
        400,
        {
            "code": 400,
            "message": "request (8019 tokens) exceeds the available context size (4096 tokens), try increasing it",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 8019,
            "n_ctx": 4096,
        },
        400,
        "context_length_exceeded",
    ),
    "too long, by LiteLLM": Refused(
        400,
        {
            "message": "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: "
            "OpenAIException - request (40019 tokens) exceeds the available context size (32768 tokens)",
            "type": INVALID,
            "param": None,
            "code": "400",
        },
        400,
        "context_length_exceeded",
    ),
    "a field": Refused(
        400, {"code": 400, "message": "Field 'n': Value must be between 1 <= value <= 4", "type": INVALID}, 400, 400
    ),
    "a schema": Refused(
        400, {"code": 400, "message": "JSON schema error at #: unrecognized type nonsense", "type": INVALID}, 400, 400
    ),
    "an unknown model, by LiteLLM": Refused(
        400, {"message": "Invalid model name passed in model=nope.", "type": INVALID, "code": "400"}, 400, "400"
    ),
    "a picture": Refused(
        500, {"code": 500, "message": "image input is not supported - hint: …", "type": "server_error"}, 500, 500, False
    ),
    "no such thing": Refused(
        501,
        {"code": 501, "message": "This server does not support embeddings.", "type": "not_supported_error"},
        501,
        501,
        False,
    ),
    "no such path": Refused(404, {"message": "File Not Found", "type": "not_found_error", "code": 404}, 404, 404),
    "loading": Refused(503, {"message": "Loading model", "type": "unavailable_error", "code": 503}, 503, 503),
}
ANSWERS: dict[str, dict[str, Any]] = {
    "llama.cpp": {
        "choices": [{"finish_reason": "length", "index": 0, "message": {"role": "assistant", "content": "Nod"}}],
        "created": 1795994651,
        "model": "tiny.gguf",
        "object": "chat.completion",
        "usage": USAGE,
        "id": "chatcmpl-Gq",
        "timings": {"cache_n": 23},
    },
    "two answers": {
        "choices": [
            {"finish_reason": "length", "index": 0, "message": {"role": "assistant", "content": "Nod"}},
            {"finish_reason": "length", "index": 1, "message": {"role": "assistant", "content": "Nos"}},
        ],
        "created": 1795994650,
        "model": "tiny.gguf",
        "object": "chat.completion",
        "usage": USAGE,
        "id": "chatcmpl-Gr",
    },
    "LiteLLM": {
        "id": "chatcmpl-dO",
        "created": 1795995487,
        "model": "local",
        "object": "chat.completion",
        "choices": [
            {
                "finish_reason": "length",
                "index": 0,
                "message": {"content": "Nod", "role": "assistant"},
                "provider_specific_fields": {},
            }
        ],
        "usage": USAGE,
        "timings": {"cache_n": 23},
    },
}


@pytest.fixture(scope="module")
async def world() -> AsyncGenerator[tuple[TestGateway, OpenAIClient]]:
    refusals = {name: document({"error": row.error}, row.status) for name, row in REFUSALS.items()}
    answers = {name: document(body) for name, body in ANSWERS.items()}
    async with raw_model({_word(name): answer for name, answer in (refusals | answers).items()}) as model:
        model.models = LIST
        config = settings(model.url)
        config["providers"]["primary"] |= {
            "type": "llamacpp",
            "model": "tiny.gguf",
            "max_retries": 0,
            "first_token_timeout_seconds": 1,
        }
        config["agents"] = {"default": {"tools": []}}
        async with gateway(config) as running, client_of(running) as client:
            yield running, client


def _word(name: str) -> str:
    """A name as a message holds it."""
    return "".join(letter for letter in name if letter.isalnum() or letter == " ")


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_keeps_its_status_its_words_and_its_code(
    world: tuple[TestGateway, OpenAIClient], name: str, stream: bool
) -> None:
    _, client = world
    row = REFUSALS[name]
    for answer in (
        await client.chat(f"[[S:{_word(name)}]]", "tiny.gguf", stream=stream),
        await client.respond(f"[[S:{_word(name)}]]", "tiny.gguf", stream=stream),
        await client.chat(f"[[S:{_word(name)}]]", "openclaw"),
    ):
        assert answer.status == row.told
        told = answer.json["error"]
        assert (told["message"], told["code"]) == (row.error["message"], row.code)
        if not row.again:
            assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_is_read_at_every_door(world: tuple[TestGateway, OpenAIClient], name: str) -> None:
    running, client = world
    plain = await client.chat(f"[[S:{_word(name)}]]", "tiny.gguf")
    assert plain.json["choices"][0]["message"]["content"] == "Nod"
    assert plain.json["usage"]["prompt_tokens_details"]["cached_tokens"] == 23
    response = await client.respond(f"[[S:{_word(name)}]]", "tiny.gguf")
    assert response.json["output"][0]["content"][0]["text"] == "Nod"
    async with running.connect() as socket:
        text, done = await socket.chat(f"[[S:{_word(name)}]]")
        assert (text, done["data"]["finishReason"], done["data"]["usage"]["cachedTokens"]) == ("Nod", "length", 23)


async def test_a_list_in_two_spellings_has_each_model_once(world: tuple[TestGateway, OpenAIClient]) -> None:
    running, _ = world
    async with running.connect() as socket:
        models = (await socket.result("model.list"))["models"]
    assert [(model["id"], model["ownedBy"]) for model in models] == [("tiny.gguf", "llamacpp")]


async def test_the_context_in_use_counts_and_not_the_one_it_was_trained_with() -> None:
    async with raw_model({}) as model:
        model.models = LIST
        config = settings(model.url)
        config["providers"]["primary"] |= {"type": "llamacpp", "model": "tiny.gguf", "max_retries": 0}
        async with gateway(config) as running, client_of(running) as client:
            answer = await client.chat("x " * 20_000, "openclaw")
            assert answer.status == 400
            assert answer.json["error"]["code"] == "context_length_exceeded"
            assert not model.requests, "it is known beforehand"


@pytest.mark.parametrize("own", [True, False])
async def test_of_lm_studio_the_context_that_is_loaded_counts(own: bool) -> None:
    entry = {"id": "qwen", "object": "model", "type": "llm", "publisher": "lmstudio-community", "state": "loaded"}
    entry |= {"max_context_length": 131_072, "loaded_context_length": 4096}
    async with raw_model({}) as model:
        model.models = {"data": [{"id": "qwen", "object": "model", "owned_by": "organization_owner"}], "object": "list"}
        model.lists = {
            "/api/v0/models": {"data": [entry], "object": "list"} if own else {"error": "Unexpected endpoint"}
        }
        config = settings(model.url)
        config["providers"]["primary"] |= {"type": "lmstudio", "model": "qwen", "max_retries": 0}
        async with gateway(config) as running, client_of(running) as client:
            answer = await client.chat("x " * 20_000, "openclaw")
            assert (answer.status, bool(model.requests)) == ((400, False) if own else (200, True))
            listed = (await client.ask("GET", "/v1/models")).json["data"]
            assert [each["id"] for each in listed if each["owned_by"] != "openclaw"] == ["qwen"]
