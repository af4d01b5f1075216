"""One table of streams, and every door says the same of each: agents, plain completions and responses, over HTTP and
over WebSocket, whole and streamed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import pytest

from tests.support.gateway import gateway, settings
from tests.support.openai import Served, client_of
from tests.support.raw_model import DONE, RawModel, raw_model, said
from tests.support.real_streams import REAL_STREAMS
from tests.support.streams import STREAMS, Row

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
FLAT = {"type": "function", "name": "look", "parameters": {"type": "object"}}


class Heard(NamedTuple):
    """What a client was told."""

    text: str = ""
    thinking: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str = "stop"
    error: str | None = None
    status: int = 200
    cached: int = 0


def answers() -> dict[str, Any]:
    def after_tools(row: Row) -> Any:
        return lambda body, steps: [*said("done"), DONE] if steps and "stream_options" in body else row.pieces

    return {name: after_tools(row) for name, row in (STREAMS | REAL_STREAMS).items()}


@pytest.fixture(scope="module")
async def world() -> AsyncGenerator[tuple[Served, RawModel]]:
    async with raw_model(answers()) as model:
        config = settings(model.url)
        config["providers"]["primary"] |= {"model": "raw", "max_retries": 0}
        async with gateway(config) as running, client_of(running) as client:
            yield Served(running, model, client), model  # pyright: ignore[reportArgumentType]


def of_chunks(chunks: list[Any], status: int) -> Heard:
    """What chunks of Chat Completions say."""
    text = thinking = ""
    finish, error, cached = "", None, 0
    calls: dict[int, list[str]] = {}
    found: list[str]
    for chunk in chunks:
        if "error" in chunk:
            error = chunk["error"]["message"]
            continue
        assert {"id", "object", "created", "model"} <= chunk.keys() or "id" not in chunk
        cached = ((chunk.get("usage") or {}).get("prompt_tokens_details") or {}).get("cached_tokens", cached)
        for choice in chunk["choices"]:
            assert choice["index"] == 0
            delta = choice["delta"]
            text += delta.get("content") or ""
            thinking += delta.get("reasoning_content") or delta.get("reasoning") or details(delta)
            finish = choice.get("finish_reason") or finish
            for piece in delta.get("tool_calls") or ():
                if piece["index"] not in calls:
                    assert piece["id"]
                found = calls.setdefault(piece["index"], ["", ""])
                found[0] = found[0] or piece["function"].get("name") or ""
                found[1] += piece["function"].get("arguments") or ""
    return Heard(text, thinking, pairs(calls), finish, error, status, cached)


def details(delta: Any) -> str:
    return "".join(item.get("text", "") for item in delta.get("reasoning_details") or ())


def pairs(calls: dict[int, list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, arguments.replace(": ", ":")) for _, (name, arguments) in sorted(calls.items()))


async def plain_stream(world: Served, name: str) -> Heard:
    options = {"include_usage": True}
    answer = await world.client.chat(f"[[S:{name}]]", "raw", stream=True, stream_options=options, tools=[TOOL])
    if answer.status != 200:
        return Heard(error=answer.json["error"]["message"], status=answer.status)
    heard = of_chunks(answer.chunks, answer.status)
    assert (answer.events[-1][1] == "[DONE]") is (heard.error is None)
    return heard


async def plain_whole(world: Served, name: str) -> Heard:
    answer = await world.client.chat(f"[[S:{name}]]", "raw", tools=[TOOL])
    if answer.status != 200:
        return Heard(error=answer.json["error"]["message"], status=answer.status)
    choice = answer.json["choices"][0]
    message = choice["message"]
    calls: dict[int, list[str]] = {
        at: [found["function"]["name"], found["function"]["arguments"]]
        for at, found in enumerate(message.get("tool_calls") or ())
    }
    thinking = message.get("reasoning_content") or message.get("reasoning") or details(message)
    cached = ((answer.json.get("usage") or {}).get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    return Heard(message["content"] or "", thinking, pairs(calls), choice["finish_reason"], cached=cached)


async def socket_stream(world: Served, name: str) -> Heard:
    async with world.gateway.connect() as socket:
        body = {
            "model": "raw",
            "messages": [{"role": "user", "content": f"[[S:{name}]]"}],
            "tools": [TOOL],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        answer = await socket.call("model.complete", {"body": body})
        chunks = [frame["data"]["chunk"] for frame in socket.seen if frame.get("type") == "model.chunk"]
        heard = of_chunks(chunks, 200)
        return heard._replace(error=answer["error"]["message"]) if "error" in answer else heard


def of_response(response: Any) -> Heard:
    text = thinking = ""
    calls: list[tuple[str, str]] = []
    for item in response["output"]:
        if item["type"] == "function_call":
            calls.append((item["name"], item["arguments"].replace(": ", ":")))
        else:
            said = "".join(part["text"] for part in item["content"])
            text, thinking = (text, thinking + said) if item["type"] == "reasoning" else (text + said, thinking)
    reason: str = (response.get("incomplete_details") or {}).get("reason") or ""
    finish = {"max_output_tokens": "length", "": "tool_calls" if calls else "stop"}.get(reason, reason)
    error = response["error"]["message"] if response.get("error") else None
    cached = ((response.get("usage") or {}).get("input_tokens_details") or {}).get("cached_tokens", 0)
    return Heard(text, thinking, tuple(calls), finish, error, cached=cached)


async def response(world: Served, name: str) -> Heard:
    answer = await world.client.respond(f"[[S:{name}]]", "raw", tools=[FLAT], store=False)
    if answer.status != 200:
        return Heard(error=answer.json["error"]["message"], status=answer.status)
    return of_response(answer.json)


async def streamed_response(world: Served, name: str) -> Heard:
    answer = await world.client.respond(f"[[S:{name}]]", "raw", tools=[FLAT], stream=True, store=False)
    if answer.status != 200:
        return Heard(error=answer.json["error"]["message"], status=answer.status)
    heard = of_response(answer.events[-1][1]["response"])
    said = "".join(data["delta"] for kind, data in answer.events if kind == "response.output_text.delta")
    assert said == heard.text
    return heard


async def agent(world: Served, name: str) -> Heard:
    answer = await world.client.chat(f"[[S:{name}]]", "openclaw", stream=True, stream_options={"include_usage": True})
    heard = of_chunks(answer.chunks, answer.status) if answer.status == 200 else None
    return heard or Heard(error=answer.json["error"]["message"], status=answer.status)


async def agent_whole(world: Served, name: str) -> Heard:
    answer = await world.client.chat(f"[[S:{name}]]", "openclaw")
    if answer.status != 200:
        return Heard(error=answer.json["error"]["message"], status=answer.status)
    choice, usage = answer.json["choices"][0], answer.json["usage"]
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    return Heard(choice["message"]["content"], finish=choice["finish_reason"], cached=cached)


async def socket_run(world: Served, name: str) -> Heard:
    async with world.gateway.connect() as socket:
        text, done = await socket.chat(f"[[S:{name}]]")
        thinking = "".join(frame["data"]["delta"] for frame in socket.seen if frame.get("type") == "chat.thinking")
        data = done["data"]
        error = data["error"]["message"] if data["finishReason"] == "error" else None
        return Heard(text, thinking, (), data["finishReason"], error, cached=data["usage"].get("cachedTokens", 0))


PLAIN = (plain_stream, plain_whole, socket_stream, response, streamed_response)
AGENTS = (agent, agent_whole, socket_run)


def differs(row: Row, heard: Heard, door: str) -> str:
    """What a door says otherwise than the table; nothing where it says the same."""
    if row.error is not None:
        if heard.error is None or row.error not in heard.error:
            return f"{door}: no error with {row.error!r}: {heard}"
        early = not row.text and door not in ("agent", "socket_run", "socket_stream")
        return f"{door}: {heard.status}, not {row.status}" if early and heard.status != row.status else ""
    expected = Heard(row.text, row.thinking, row.calls, row.finish, cached=row.cached)
    if door == "agent_whole":
        expected = expected._replace(thinking="")
    if door in ("agent", "agent_whole", "socket_run") and row.calls:
        expected = expected._replace(text="done", calls=(), finish="stop")
    return "" if heard == expected else f"{door}: {heard} is not {expected}"


@pytest.mark.parametrize("name", STREAMS | REAL_STREAMS)
async def test_every_door_says_the_same(world: tuple[Served, RawModel], name: str) -> None:
    served, model = world
    row = (STREAMS | REAL_STREAMS)[name]
    wrong = [differs(row, await door(served, name), door.__name__) for door in (*PLAIN, *AGENTS)]
    assert [word for word in wrong if word] == []
    if row.calls:
        told = [
            [(found["function"]["name"], found["function"]["arguments"]) for found in message["tool_calls"]]
            for body in model.requests[name]
            for message in body["messages"]
            if message.get("tool_calls")
        ]
        assert told == [list(row.calls)] * len(AGENTS)


NOTHING_SAID = [name for name, row in STREAMS.items() if row.error is not None and not row.text and not row.thinking]
SECOND = [*said("from the second"), DONE]


@pytest.fixture(scope="module")
async def falling() -> AsyncGenerator[Served]:
    rows = {name: STREAMS[name].pieces for name in NOTHING_SAID}
    answered: dict[str, Any] = dict.fromkeys(rows, SECOND)
    async with raw_model(dict(rows)) as first, raw_model(answered) as second:
        config = settings(first.url)
        one = config["providers"]["primary"] | {"model": "raw", "max_retries": 0}
        config["providers"] = {"primary": one | {"fallback": ["second"]}, "second": one | {"base_url": second.url}}
        async with gateway(config) as running, client_of(running) as client:
            yield Served(running, first, client)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", NOTHING_SAID)
async def test_what_fails_before_its_first_word_is_answered_by_the_fallback_at_every_door(
    falling: Served, name: str
) -> None:
    told = {door.__name__: (await door(falling, name)).text for door in (*PLAIN, *AGENTS)}
    assert told == dict.fromkeys(told, "from the second")
