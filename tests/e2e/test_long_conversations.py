"""A conversation that is longer than its model's window goes on: summarised once, trimmed, tried again."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from openclaw_rpc.domain.runs.compaction import ASKING
from openclaw_rpc.domain.runs.context import tokens_of
from tests.support.gateway import Client, gateway, settings
from tests.support.openai import OpenAIClient, client_of
from tests.support.raw_model import DONE, RawModel, document, raw_model, said
from tests.support.upstream import scripted_upstream

Answer = Callable[[dict[str, Any], int], Sequence[bytes]]
LONG = "A fact that takes some room. " * 20


class World(NamedTuple):
    """A model, and a client of a gateway that asks it."""

    model: RawModel
    socket: Client
    client: OpenAIClient

    @property
    def prompts(self) -> list[list[Any]]:
        """What the model was told in runs."""
        return [body["messages"] for body in self.model.requests.get("default", []) if not is_summary(body)]

    @property
    def summaries(self) -> list[str]:
        """What it was told to summarise."""
        return [body["messages"][1]["content"] for body in self.model.requests.get("default", []) if is_summary(body)]

    async def say(self, text: str, **params: Any) -> dict[str, Any]:
        """A turn of the session `s`; its final event."""
        _, done = await self.socket.chat(text, sessionKey="s", **params)
        return done["data"]

    async def history(self) -> list[dict[str, Any]]:
        return (await self.socket.result("chat.history", sessionKey="s", limit=200))["messages"]


def is_summary(body: dict[str, Any]) -> bool:
    return body["messages"][0]["content"].startswith(ASKING)


def obliging(body: dict[str, Any], steps: int) -> Sequence[bytes]:
    """Says little, and summarises as it is asked to."""
    return [*said("The user told facts." if is_summary(body) else "Noted well."), DONE]


@asynccontextmanager
async def world(
    answer: Answer = obliging, agent: dict[str, Any] | None = None, **provider: Any
) -> AsyncGenerator[World]:
    async with raw_model({"default": answer}) as model:
        config = settings(model.url)
        config["providers"]["primary"] |= {"model": "raw", "max_retries": 0, **provider}
        config["agents"] = {"default": {"tools": [], "memory": False, **(agent or {})}}
        async with gateway(config) as running, running.connect() as socket, client_of(running) as client:
            yield World(model, socket, client)


def without_system(messages: list[Any]) -> list[Any]:
    return [message for message in messages if message["role"] != "system"]


async def test_what_falls_out_is_summarised_once_and_stands_first_from_then_on() -> None:
    async with world(context_tokens=2_000) as w:
        for at in range(30):
            assert (await w.say(f"Number {at}: {LONG}"))["finishReason"] == "stop"
        assert 1 <= len(w.summaries) <= 8, "once for several turns"
        told = [without_system(prompt) for prompt in w.prompts]
        assert all(sum(map(tokens_of, prompt)) <= 2_000 for prompt in w.prompts)
        first = next(at for at, prompt in enumerate(told) if "The user told facts." in prompt[0]["content"])
        assert all("The user told facts." in prompt[0]["content"] for prompt in told[first:])
        assert all(
            [message["role"] for message in prompt[:3]] == ["user", "assistant", "user"] for prompt in told[first:]
        )
        assert all(prompt[-1]["content"].startswith(f"Number {at}:") for at, prompt in enumerate(told))
        assert "Summary of what was said before" in w.summaries[-1]
        assert "Number 0:" in w.summaries[0]
        statuses = [frame["data"] for frame in w.socket.seen if frame.get("type") == "chat.status"]
        assert [status["status"] for status in statuses] == ["compacting"] * len(w.summaries)


async def test_from_turn_to_turn_a_prompt_grows_at_its_end_alone() -> None:
    async with world(context_tokens=2_000) as w:
        for at in range(30):
            await w.say(f"Number {at}: {LONG}")
        summarised = 0
        for before, after in itertools.pairwise(w.prompts):
            common = json.dumps(before)[:-1]
            if json.dumps(after).startswith(common):
                continue
            summarised += 1
        assert summarised == len(w.summaries)


async def test_a_summary_is_a_message_of_the_session_and_all_that_was_said_stays_readable() -> None:
    async with world(context_tokens=2_000) as w:
        for at in range(12):
            await w.say(f"Number {at}: {LONG}")
        history = await w.history()
        found = [message for message in history if message.get("standsFor")]
        assert len(found) == len(w.summaries) >= 1
        assert found[0]["role"] == "system"
        assert found[0]["content"] == "The user told facts."
        upto = [message["messageId"] for message in history].index(found[0]["standsFor"]["upto"])
        assert found[0]["standsFor"]["messages"] == upto + 1
        assert history[0]["content"].startswith("Number 0:")
        assert any(
            frame.get("type") == "chat.message" and frame["data"]["message"].get("standsFor") for frame in w.socket.seen
        )


async def test_what_a_summary_cost_is_counted() -> None:
    async with world(context_tokens=2_000) as w:
        for at in range(12):
            await w.say(f"Number {at}: {LONG}")
        report = await w.socket.result("usage.query", by="session")
        assert report["total"]["requests"] == len(w.prompts) + len(w.summaries)


async def test_trimming_asks_for_no_summary_and_the_prompt_begins_with_a_question() -> None:
    async with world(agent={"compaction": "trim"}, context_tokens=2_000) as w:
        for at in range(20):
            assert (await w.say(f"Number {at}: {LONG}"))["finishReason"] == "stop"
        assert not w.summaries
        assert all(without_system(prompt)[0]["role"] == "user" for prompt in w.prompts)
        assert "Number 0:" not in json.dumps(w.prompts[-1])


async def test_where_no_summary_can_be_had_the_oldest_is_left_out_and_the_run_goes_on() -> None:
    def unwilling(body: dict[str, Any], steps: int) -> Sequence[bytes]:
        return document({"error": {"message": "no"}}, 500) if is_summary(body) else [*said("Noted."), DONE]

    async with world(unwilling, context_tokens=2_000) as w:
        for at in range(14):
            assert (await w.say(f"Number {at}: {LONG}"))["finishReason"] == "stop"
        assert w.summaries
        assert not [message for message in await w.history() if message.get("standsFor")]


async def test_a_session_is_summarised_when_it_is_asked_for() -> None:
    async with world() as w:
        await w.say("My boat is called Wind.")
        await w.say("It is blue.")
        done = await w.socket.result("session.compact", sessionKey="s", instructions="Keep the boat's name.")
        assert done["compacted"] is True
        assert done["messages"] == 4
        assert done["message"]["content"] == "The user told facts."
        assert "My boat is called Wind." in w.summaries[0]
        assert "Keep the boat's name." in w.model.requests["default"][-1]["messages"][0]["content"]
        await w.say("What is its colour?")
        told = without_system(w.prompts[-1])
        assert len(told) == 3
        assert "The user told facts." in told[0]["content"]
        assert (await w.socket.result("session.compact", sessionKey="s"))["messages"] == 2
        assert "The user told facts." in w.summaries[1]
        assert (await w.socket.result("session.compact", sessionKey="s"))["compacted"] is False


async def test_a_session_with_a_run_or_without_a_model_is_not_summarised() -> None:
    async with world(lambda body, steps: [*said("Noted."), DONE], agent={"max_steps": 1}) as w:
        missing = await w.socket.call("session.compact", {"sessionKey": "nobody"})
        assert missing["error"]["data"]["code"] == "not_found"
    config = settings("http://127.0.0.1:9/v1")
    del config["providers"]
    async with gateway(config) as running, running.connect() as socket:
        await socket.chat("/help", sessionKey="s")
        refused = await socket.call("session.compact", {"sessionKey": "s"})
        assert refused["error"]["data"]["reason"] == "no_model"
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running, running.connect() as socket:
        await socket.result("chat.run", message="[[slow:1000,50]]", sessionKey="s")
        await socket.event("chat.delta")
        refused = await socket.call("session.compact", {"sessionKey": "s"})
        assert refused["error"]["data"]["reason"] == "busy"


async def test_a_user_can_say_so_in_the_chat_and_that_is_no_part_of_the_conversation() -> None:
    async with world() as w:
        assert (await w.say("/compact"))["finishReason"] == "stop"
        assert not w.model.requests, "there is nothing to summarise"
        await w.say("My boat is called Wind.")
        await w.say("/compact keep the boat's name")
        history = await w.history()
        assert "The user told facts." in history[-1]["content"]
        assert "keep the boat's name" in w.model.requests["default"][-1]["messages"][0]["content"]
        await w.say("And my dog is called Bello.")
        told = without_system(w.prompts[-1])
        assert [message["role"] for message in told] == ["user", "assistant", "user"]
        assert "/compact" not in json.dumps(told)


async def test_a_fork_of_a_summarised_session_has_the_summary_too() -> None:
    async with world() as w:
        await w.say("My boat is called Wind.")
        await w.socket.result("session.compact", sessionKey="s")
        await w.say("It is blue.")
        fork = await w.socket.result("session.fork", sessionKey="s")
        _, done = await w.socket.chat("What colour is it?", sessionKey=fork["sessionKey"])
        assert done["data"]["finishReason"] == "stop"
        told = without_system(w.prompts[-1])
        assert [message["role"] for message in told] == ["user", "assistant", "user", "assistant", "user"]
        assert "The user told facts." in told[0]["content"]
        assert "Wind" not in json.dumps(told)


# --- windows ---------------------------------------------------------------------------------------------------------


def window_of(tokens: int, *, told: str, tokens_a_character: float = 0.25) -> Answer:
    """A server whose model holds so many tokens, and says so in one of the ways in use."""

    def answer(body: dict[str, Any], steps: int) -> Sequence[bytes]:
        asked = int(len(json.dumps(body["messages"])) * tokens_a_character)
        if asked < tokens:
            return obliging(body, steps)
        errors: dict[str, dict[str, Any]] = {
            "llama.cpp": {
                "code": 400,
                "message": f"request ({asked} tokens) exceeds the available context size ({tokens} tokens)",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": asked,
                "n_ctx": tokens,
            },
            "litellm": {
                "message": "litellm.ContextWindowExceededError: OpenAIException - request "
                f"({asked} tokens) exceeds the available context size ({tokens} tokens), try increasing it",
                "code": "400",
            },
            "openai": {
                "message": f"This model's maximum context length is {tokens} tokens. However, your messages resulted "
                f"in {asked} tokens. Please reduce the length of the messages.",
                "code": "context_length_exceeded",
            },
            "anthropic": {"message": f"prompt is too long: {asked} tokens > {tokens} maximum"},
            "nothing": {"message": "too many input tokens"},
        }
        return document({"error": errors[told]}, 400)

    return answer


@pytest.mark.parametrize("told", ["llama.cpp", "litellm", "openai", "anthropic", "nothing"])
@pytest.mark.parametrize("compaction", ["summarise", "trim"])
async def test_a_session_never_dies_of_its_own_length(told: str, compaction: str) -> None:
    async with world(window_of(2_000, told=told), {"compaction": compaction}) as w:
        for at in range(20):
            done = await w.say(f"Number {at}: {LONG}")
            assert done["finishReason"] == "stop", (at, done)
        refused = len(w.model.requests["default"]) - 20 - len([m for m in await w.history() if m.get("standsFor")])
        assert refused <= 6, "what a server said once is known from then on"


async def test_a_model_that_needs_more_tokens_than_estimated_is_measured_by_what_it_said() -> None:
    async with world(window_of(6_000, told="llama.cpp", tokens_a_character=1)) as w:
        for at in range(20):
            assert (await w.say(f"Number {at}: {LONG}"))["finishReason"] == "stop"


@pytest.mark.parametrize(
    "entry",
    [
        {"meta": {"n_ctx": 2_000, "n_ctx_train": 32_768}},
        {"context_length": 2_000},
        {"context_length": 200_000, "top_provider": {"context_length": 2_000}},
        {"max_model_len": 2_000},
        {"max_context_length": 2_000},
        {"context_window": 2_000},
    ],
)
async def test_the_window_is_what_the_list_of_models_says(entry: dict[str, Any]) -> None:
    def refuses_nothing(body: dict[str, Any], steps: int) -> Sequence[bytes]:
        return obliging(body, steps)

    async with world(refuses_nothing, {"compaction": "trim"}) as w:
        w.model.models["data"][0] |= entry
        for at in range(15):
            await w.say(f"Number {at}: {LONG}")
        assert max(sum(map(tokens_of, prompt)) for prompt in w.prompts) <= 2_000


async def test_what_is_configured_counts_before_what_the_server_says() -> None:
    async with world(agent={"compaction": "trim"}, context_tokens=4_000) as w:
        w.model.models["data"][0] |= {"context_length": 1_000_000}
        for at in range(30):
            await w.say(f"Number {at}: {LONG}")
        assert max(sum(map(tokens_of, prompt)) for prompt in w.prompts) <= 4_000


async def test_a_question_that_has_no_room_is_a_400_at_openais_door() -> None:
    for configured in (1_000, None):
        async with world(window_of(1_000, told="llama.cpp"), context_tokens=configured) as w:
            answer = await w.client.chat("x " * 40_000, "openclaw")
            assert answer.status == 400, answer.json
            streamed = await w.client.chat("x " * 40_000, "openclaw", stream=True)
            failed = streamed.chunks[-1] if streamed.status == 200 else streamed.json
            for told in (answer.json, failed):
                assert told["error"]["code"] == "context_length_exceeded"
                assert told["error"]["type"] == "invalid_request_error"


async def test_tools_that_would_take_all_the_room_are_not_all_told() -> None:
    async with world(agent={"tools": ["*"]}, context_tokens=4_000) as w:
        assert (await w.say("Hello!"))["finishReason"] == "stop"
        body = w.model.requests["default"][0]
        assert 0 < len(body["tools"]) < 17
        assert len(json.dumps(body["tools"])) // 4 <= 2_200


# --- servers that make their clients wait, and those that can't ------------------------------------------------------


async def test_a_server_that_loads_its_model_is_waited_for_and_that_is_told() -> None:
    loading = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
    left = [2]

    def answer(body: dict[str, Any], steps: int) -> Sequence[bytes]:
        left[0] -= 1
        return document(loading, 503) if left[0] >= 0 else obliging(body, steps)

    async with world(answer) as w:
        assert (await w.say("Hello!"))["finishReason"] == "stop"
        statuses = [frame["data"] for frame in w.socket.seen if frame.get("type") == "chat.status"]
        assert [status["status"] for status in statuses] == ["loading_model"]
        for stream in (False, True):
            left[0] = 2
            assert (await w.client.chat("Hello!", "raw", stream=stream)).status == 200


async def test_a_server_that_loads_for_too_long_is_given_up() -> None:
    loading = document({"error": {"message": "Loading model", "code": 503}}, 503)
    async with world(lambda body, steps: loading, first_token_timeout_seconds=1) as w:
        done = await w.say("Hello!")
        assert done["finishReason"] == "error"
        assert "loaded its model" in done["error"]["message"]
        assert (await w.client.chat("Hello!", "raw")).status == 503


@pytest.mark.parametrize(
    ("status", "message", "requests"),
    [
        (501, "This server does not support embeddings. Start it with `--embeddings`", 1),
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj", 1),
        (500, "out of memory", 3),
        (503, "Service Unavailable", 3),
    ],
)
async def test_what_a_server_can_not_do_is_not_asked_for_again(status: int, message: str, requests: int) -> None:
    refusal = document({"error": {"message": message, "code": status}}, status)
    async with world(lambda body, steps: refusal, max_retries=2) as w:
        done = await w.say("Hello!")
        assert message in done["error"]["message"]
        assert len(w.model.requests["default"]) == requests
        answer = await w.client.chat("Hello!", "raw")
        assert answer.status == status
        assert (answer.headers.get("x-should-retry") == "false") is (requests == 1), "the SDKs try a 5xx again"


# --- one name for a model --------------------------------------------------------------------------------------------


async def test_a_model_has_one_name_from_beginning_to_end() -> None:
    async with world() as w:
        for asked, shown in ((None, "raw"), ("primary/raw", "raw"), ("raw", "raw"), ("primary/other", "other")):
            options = {} if asked is None else {"model": asked}
            done = await w.say("Hello!", options=options)
            (started,) = w.socket.told(done["runId"], "chat.started")
            assert started["data"]["model"] == done["model"] == shown
            assert (await w.history())[-1]["model"] == shown
