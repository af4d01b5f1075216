"""Pictures that tools bring: shown to a model that sees, told of to one that does not, bounded, kept as files alone."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.gateway import Client, TestGateway, gateway, settings
from tests.support.mcp_world import eventually
from tests.support.openai import client_of
from tests.support.raw_model import DONE, RawModel, call, called, document, raw_model, said

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
URL = f"data:image/png;base64,{DOT}"
SERVER = Path(__file__).parents[1] / "support" / "odd_mcp_server.py"
NOT_SEEN = "[a picture, which this model can't look at]"
Calls = Sequence[tuple[str, dict[str, Any]]]


class World(NamedTuple):
    """A model that calls ``calls`` one after the other, a gateway, and a client of it."""

    model: RawModel
    served: TestGateway
    client: Client
    calls: list[tuple[str, dict[str, Any]]]

    @property
    def prompts(self) -> list[list[dict[str, Any]]]:
        """The messages of each request that reached the model."""
        return [body["messages"] for body in self.model.requests["default"]]

    def draw(self, name: str, data: bytes = b"") -> None:
        """A picture in the workspace."""
        (self.served.app.paths.workspace / name).write_bytes(base64.b64decode(DOT) + data)

    async def say(self, text: str, *calls: tuple[str, dict[str, Any]], **params: Any) -> tuple[Any, Any]:
        """A turn of the session `s` in which these tools are used; its final event, and the events of its tools."""
        self.calls[:] = calls
        _, done = await self.client.chat(text, sessionKey="s", **params)
        run_id = done["data"]["runId"]
        return done["data"], [frame["data"] for frame in self.client.told(run_id, "tool.result")]


def refusing(status: int, message: str) -> Any:
    """A server that answers so where there is a picture."""
    return lambda body: document({"error": {"message": message}}, status) if pictures(body["messages"]) else None


@asynccontextmanager
async def world(refuse: Any = lambda body: None, tools: Sequence[str] = (), **provider: Any) -> AsyncGenerator[World]:
    calls: list[tuple[str, dict[str, Any]]] = []

    def answer(body: dict[str, Any], steps: int) -> Sequence[bytes]:
        refused = refuse(body)
        if refused is not None:
            return refused
        if not calls:
            return [*said("I see."), DONE]
        name, params = calls.pop(0)
        return called(call(0, f"c{len(calls)}", name, json.dumps(params)))

    async with raw_model({"default": answer}) as model:
        config = settings(model.url)
        config["providers"]["primary"] |= {"model": "raw", "max_retries": 0, **provider}
        config["agents"] = {"default": {"memory": False, "tools": list(tools)}} if tools else {}
        config["mcp"] = {"servers": {"small": {"command": sys.executable, "args": [str(SERVER), "usual"]}}}
        async with gateway(config) as served, served.connect() as client:
            await eventually(lambda: served.app.tools.servers.list()[0].status == "ready")
            yield World(model, served, client, calls)


def pictures(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Who shows what to the model: roles and addresses."""
    return [
        (message["role"], part["image_url"]["url"])
        for message in messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]


def texts(messages: list[dict[str, Any]]) -> str:
    return json.dumps([message for message in messages if message["role"] != "system"])


async def test_a_picture_of_an_mcp_tool_is_shown_to_the_model_and_kept_as_a_file() -> None:
    async with world() as w:
        done, (told,) = await w.say("Look.", ("small__picture", {}))
        assert done["finishReason"] == "stop"
        last = w.prompts[-1]
        assert [message["role"] for message in last[-3:]] == ["assistant", "tool", "user"]
        assert last[-2]["content"] == told["result"]
        assert told["result"].startswith("before\n[image/png, 70 bytes: /") and told["result"].endswith("]\nafter")
        assert last[-1]["content"] == [
            {"type": "text", "text": "[what small__picture shows]"},
            {"type": "image_url", "image_url": {"url": URL}},
        ]
        kept = await w.client.result("chat.history", sessionKey="s")
        assert DOT not in json.dumps(kept), "a session keeps where it lies"
        assert DOT not in json.dumps(w.client.seen), "and nobody is told it in events"
        await w.say("And now?")
        assert not pictures(w.prompts[-1])
        assert "70 bytes: /" in texts(w.prompts[-1])


async def test_a_picture_of_the_workspace_is_looked_at_by_reading_it() -> None:
    async with world() as w:
        w.draw("dot.png")
        _, (told,) = await w.say("Look.", ("file_read", {"path": "dot.png"}))
        assert told["result"] == {"path": "/dot.png", "mimeType": "image/png", "size": 70}
        assert pictures(w.prompts[-1]) == [("user", URL)]
        (w.served.app.paths.workspace / "no.png").write_text("words")
        _, (told,) = await w.say("And this?", ("file_read", {"path": "no.png"}))
        assert "can't be shown to a model" in told["error"]
        _, (told,) = await w.say("As it is.", ("file_read", {"path": "dot.png", "encoding": "base64"}))
        assert told["result"]["content"] == DOT


async def test_whoever_uses_a_tool_directly_gets_its_result_as_before() -> None:
    async with world() as w:
        w.draw("dot.png")
        told = await w.client.result("tool.invoke", name="small__picture", params={})
        assert "70 bytes: /" in told["result"]
        told = await w.client.result("tool.invoke", name="file_read", params={"path": "dot.png", "encoding": "base64"})
        assert told["result"]["content"] == DOT


async def test_a_run_shows_its_newest_pictures_alone() -> None:
    async with world() as w:
        paths = [f"{at}.png" for at in range(6)]
        for at, path in enumerate(paths):
            w.draw(path, bytes([at]))
        await w.say("Look at all.", *(("file_read", {"path": path}) for path in paths))
        shown = [url for _, url in pictures(w.prompts[-1])]
        drawn = [base64.b64encode(base64.b64decode(DOT) + bytes([at])).decode() for at in range(6)]
        assert shown == [f"data:image/png;base64,{data}" for data in drawn[-4:]]
        assert all(f"/{path}" in texts(w.prompts[-1]) for path in paths)


async def test_one_that_is_too_large_for_models_is_a_file() -> None:
    async with world() as w:
        w.draw("large.png", bytes(4_000_000))
        _, (told,) = await w.say("Look.", ("file_read", {"path": "large.png"}))
        assert "at most 3,700,000 bytes" in told["error"]
        _, (told,) = await w.say("Look.", ("small__big_picture", {}))
        assert told["result"].endswith("after")
        assert not pictures(w.prompts[-1])


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
        (400, "Invalid content type. image_url is only supported by certain models."),
        (404, "No endpoints found that support image input"),
        (422, "Failed to deserialize: messages[3]: unknown variant `image_url`, expected `text`"),
        (400, "Unexpected role 'user' after role 'tool'"),
        (400, "'messages.3' : for 'role:user' the following must be satisfied: content must be a string"),
    ],
)
async def test_a_model_that_refuses_pictures_is_told_of_them_and_never_shown_one_again(
    status: int, message: str
) -> None:
    async with world(refusing(status, message)) as w:
        w.draw("dot.png")
        done, _ = await w.say("Look.", ("file_read", {"path": "dot.png"}))
        assert done["finishReason"] == "stop"
        asked, shown, told = w.prompts
        assert (len(pictures(asked)), len(pictures(shown)), len(pictures(told))) == (0, 1, 0)
        assert [each["role"] for each in told[-2:]] == ["assistant", "tool"]
        assert "/dot.png" in texts(told)
        await w.say("Once more.", ("file_read", {"path": "dot.png"}))
        assert len(w.prompts) == 5
        assert not pictures(w.prompts[-1])


async def test_a_faulty_picture_says_nothing_of_the_next() -> None:
    refused: list[int] = []

    def once(body: dict[str, Any]) -> Any:
        if pictures(body["messages"]) and not refused:
            refused.append(1)
            return document({"error": {"message": "Could not process image"}}, 400)
        return None

    async with world(once) as w:
        w.draw("dot.png")
        done, _ = await w.say("Look.", ("file_read", {"path": "dot.png"}))
        assert done["finishReason"] == "stop"
        assert not pictures(w.prompts[-1])
        await w.say("Once more.", ("file_read", {"path": "dot.png"}))
        assert len(pictures(w.prompts[-1])) == 1


async def test_what_a_user_attached_costs_no_session_either() -> None:
    async with world(refusing(400, "this model does not support image input")) as w:
        for text in ("What is this?", "And now?"):
            picture = [{"type": "image", "data": DOT, "mimeType": "image/png"}]
            done, _ = await w.say(text, attachments=picture)
            assert done["finishReason"] == "stop"
            assert NOT_SEEN in texts(w.prompts[-1])
        assert len(w.prompts) == 3


async def test_a_refusal_of_something_else_stays_one() -> None:
    def always(body: dict[str, Any]) -> Any:
        return document({"error": {"message": "image_url: no such model"}}, 401)

    async with world(always) as w:
        done, _ = await w.say("What is this?", attachments=[{"type": "image", "data": DOT}])
        assert (done["finishReason"], len(w.prompts)) == ("error", 1)


async def test_models_that_are_said_not_to_see_are_shown_nothing() -> None:
    async with world(pictures=False) as w:
        w.draw("dot.png")
        await w.say("Look.", ("file_read", {"path": "dot.png"}), attachments=[{"type": "image", "data": DOT}])
        assert not any(map(pictures, w.prompts))
        assert "/dot.png" in texts(w.prompts[-1]) and NOT_SEEN in texts(w.prompts[-1])


async def test_pictures_that_have_no_room_go_the_oldest_first() -> None:
    async with world(tools=["file_read"], context_tokens=4_096) as w:
        for name in ("old.png", "new.png"):
            w.draw(name, name.encode())
        await w.say("x" * 5_000, ("file_read", {"path": "old.png"}), ("file_read", {"path": "new.png"}))
        assert len(pictures(w.prompts[-1])) == 1
        assert base64.b64encode(base64.b64decode(DOT) + b"new.png").decode() in pictures(w.prompts[-1])[0][1]


@pytest.mark.parametrize("sees", [True, False])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
async def test_what_a_clients_own_tool_shows_goes_the_same_way(path: str, sees: bool) -> None:
    calling = {"call_id": "c0", "name": "view", "arguments": "{}"}
    function: dict[str, Any] = {"name": "view", "parameters": {"type": "object", "properties": {}}}
    parts = [{"type": "text", "text": "taken"}, {"type": "image_url", "image_url": {"url": URL}}]
    items = [{"type": "input_text", "text": "taken"}, {"type": "input_image", "image_url": URL}]
    called_before = {"id": "c0", "type": "function", "function": {"name": "view", "arguments": "{}"}}
    question = {"role": "user", "content": "Look."}
    bodies: dict[str, dict[str, Any]] = {
        "/v1/chat/completions": {
            "messages": [
                question,
                {"role": "assistant", "content": None, "tool_calls": [called_before]},
                {"role": "tool", "tool_call_id": "c0", "content": parts},
            ],
            "tools": [{"type": "function", "function": function}],
        },
        "/v1/responses": {
            "input": [
                question,
                {"type": "function_call", **calling},
                {"type": "function_call_output", "call_id": "c0", "output": items},
            ],
            "tools": [{"type": "function", **function}],
        },
    }
    async with world(pictures=None if sees else False) as w, client_of(w.served) as client:
        answer = await client.ask("POST", path, bodies[path] | {"model": "openclaw"})
        assert answer.status == 200, answer.body
        assert pictures(w.prompts[-1]) == ([("user", URL)] if sees else [])
        (told,) = [message["content"] for message in w.prompts[-1] if message["role"] == "tool"]
        assert told == "taken\n[a picture]"
