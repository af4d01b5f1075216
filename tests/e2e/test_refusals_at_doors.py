"""What a model's server says when it refuses, at every door: its reason reaches everybody, the rest the owner alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import pytest

from tests.support.gateway import TestGateway, gateway, settings
from tests.support.openai import OpenAIClient, client_of
from tests.support.raw_model import delta, document, event, raw_model

KEY = "sk-proj-9aBcDeF9aBcDeF"
PLACES = ("vllm-7.lab.internal", "10.9.8.7", "org-9aBcDeF", "litellm:4000")
SAID = (
    f"The reason is the seed. Key {KEY} of org-9aBcDeF, at http://vllm-7.lab.internal:8000/v1, 10.9.8.7 or litellm:4000"
)
ERROR = {"error": {"message": SAID, "type": "invalid_request_error", "param": None, "code": "seed", "hint": [SAID]}}
ANSWERS: dict[str, Any] = {
    "refused": document(ERROR, 400),
    "broken": [delta({"content": "Well"}), event(ERROR)],
}
MESSAGES = [{"role": "user", "content": "[[S:NAME]]"}]
DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    "agent": ("/v1/chat/completions", {"model": "openclaw", "messages": MESSAGES}),
    "agent, streamed": ("/v1/chat/completions", {"model": "openclaw", "messages": MESSAGES, "stream": True}),
    "model": ("/v1/chat/completions", {"model": "raw", "messages": MESSAGES}),
    "model, streamed": ("/v1/chat/completions", {"model": "raw", "messages": MESSAGES, "stream": True}),
    "agent's response": ("/v1/responses", {"model": "openclaw", "input": "[[S:NAME]]"}),
    "agent's response, streamed": ("/v1/responses", {"model": "openclaw", "input": "[[S:NAME]]", "stream": True}),
    "model's response": ("/v1/responses", {"model": "raw", "input": "[[S:NAME]]"}),
    "model's response, streamed": ("/v1/responses", {"model": "raw", "input": "[[S:NAME]]", "stream": True}),
    "prompt": ("/v1/completions", {"model": "raw", "prompt": "[[S:NAME]]"}),
    "prompt of an agent": ("/v1/completions", {"model": "openclaw", "prompt": "[[S:NAME]]", "stream": True}),
    "embedding": ("/v1/embeddings", {"model": "raw", "input": "NAME"}),
    "000": ("/api/v1/message", {"channel": "api", "message": "[[S:NAME]]"}),
    "003": ("/v1/agent/run", {"message": "[[S:NAME]]"}),
    "003, streamed": ("/v1/agent/run/stream", {"message": "[[S:NAME]]"}),
}


class World(NamedTuple):
    """A gateway whose model refuses, and its clients: the owner's, and who is let in."""

    served: TestGateway
    token: str
    owner: OpenAIClient
    guest: OpenAIClient


@pytest.fixture(scope="module")
async def world() -> AsyncGenerator[World]:
    async with raw_model(ANSWERS) as model:
        config = settings(model.url)
        config["providers"]["primary"] |= {"model": "raw", "max_retries": 0}
        async with gateway(config) as served, client_of(served) as owner:
            token = served.make_token("guest")
            async with client_of(served, token) as guest:
                yield World(served, token, owner, guest)


def named(value: Any, name: str) -> Any:
    """A request with that answer in it."""
    if isinstance(value, str):
        return value.replace("NAME", name)
    if isinstance(value, dict):
        return {key: named(each, name) for key, each in value.items()}
    return [named(each, name) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("door", DOORS)
async def test_an_end_user_is_told_the_reason_alone(world: World, door: str, name: str) -> None:
    path, body = DOORS[door]
    if door == "embedding" and name == "broken":
        return  # not streamed
    people: tuple[tuple[bool, OpenAIClient, dict[str, Any]], ...] = (
        (False, world.owner, {}),
        (True, world.guest, {}),
        *([(True, world.owner, {"user": "bob"})] if path.startswith("/v1/") and "agent/run" not in path else ()),
    )
    for end_user, client, more in people:
        told = (await client.ask("POST", path, named(body, name) | more)).body.decode()
        assert "The reason is the seed" in told, told
        assert KEY not in told
        for place in PLACES:
            assert (place in told) is not end_user, (place, told)


@pytest.mark.parametrize("name", ANSWERS)
async def test_so_do_the_events_of_a_run_and_what_is_kept_of_it(world: World, name: str) -> None:
    for end_user, token in ((False, None), (True, world.token)):
        opened = world.served.connect() if token is None else world.served.connect(token=token)
        async with opened as socket:
            _, done = await socket.chat(f"[[S:{name}]]", sessionKey=f"s-{name}")
            kept = await socket.result("chat.wait", runId=done["data"]["runId"])
            for told in (str(socket.seen), str(kept)):
                assert "The reason is the seed" in told
                assert KEY not in told
                assert [place in told for place in PLACES] == [not end_user] * len(PLACES), told
