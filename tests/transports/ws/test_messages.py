"""References 000 to 002 on `/ws`, as their snippets write it: typed messages in place of calls."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.support.gateway import TOKEN, Client, TestGateway, gateway, settings
from tests.support.upstream import scripted_upstream


@pytest.fixture
async def served() -> AsyncGenerator[TestGateway]:
    async with scripted_upstream() as upstream, gateway(settings(upstream.url, heartbeat_seconds=0.2)) as running:
        yield running


async def kind(client: Client, name: str, **fields: Any) -> dict[str, Any]:
    frame = await client.next(lambda frame: frame["type"] == name and fields.items() <= frame.items())
    assert all(isinstance(seen["content"], str) and seen["content"] for seen in client.seen), client.seen
    return frame


async def test_a_client_signs_in_by_its_first_frame_says_something_and_is_answered(served: TestGateway) -> None:
    async with served.connect("/ws", token=None, greeted=False) as client:
        await client.send({"type": "auth", "token": TOKEN})
        await kind(client, "auth_success")
        await client.send({"type": "message", "channel": "api", "content": "hello", "id": 7})
        status = await kind(client, "status", content="running")
        response = await kind(client, "response", id=7, content="echo: hello", sessionId=status["sessionId"])
        assert response["agentId"] == status["agentId"] == "default"
        assert isinstance(response["timestamp"], int)
        await client.send({"type": "message", "content": "again"})
        assert (await kind(client, "response"))["sessionId"] == response["sessionId"], "one socket, one conversation"
        await kind(client, "heartbeat")


async def test_tools_queued_messages_and_failures_are_told_on_the_way(served: TestGateway) -> None:
    async with served.connect("/ws") as client:
        await client.send({"type": "message", "content": '[[tool:file_list {"path": "/"}]]', "sessionId": "s"})
        used = await kind(client, "tool_call", tool="file_list", sessionId="s")
        assert used["params"] == {"path": "/"}
        await kind(client, "response", sessionId="s")
        await client.send({"type": "message", "content": "[[slow:3,20]]", "sessionId": "s"})
        await client.send({"type": "message", "content": "second", "sessionId": "s"})
        await kind(client, "status", content="queued")
        await kind(client, "response", content="echo: second")
        loading = "[[fail-once:503]][[message:Loading model]]Hello!"
        await client.send({"type": "message", "content": loading, "sessionId": "s"})
        assert (await kind(client, "status", status="loading_model"))["content"] == "loading the model"
        await kind(client, "response", content="echo: Hello!")
        await client.send({"type": "message", "content": "[[fail:400]]", "sessionId": "s"})
        assert (await kind(client, "error"))["message"]


async def test_topics_are_subscribed_to_and_messages_of_others_arrive(served: TestGateway) -> None:
    async with served.connect("/ws") as client, served.connect() as other:
        await client.send({"type": "subscribe", "channels": ["messages", "tasks"]})
        assert (await kind(client, "subscribed"))["channels"] == ["messages", "tasks"]
        await other.chat("seen by subscribers")
        assert (await kind(client, "message", content="seen by subscribers"))["role"] == "user"
        assert (await kind(client, "message", role="assistant"))["content"] == "echo: seen by subscribers"
        await client.send({"type": "unsubscribe", "channels": ["messages"]})
        assert (await kind(client, "unsubscribed"))["channels"] == ["tasks"]
        await other.chat("unheard")
        await client.send({"type": "ping"})
        await kind(client, "pong")
        assert "unheard" not in str(client.seen)


async def test_what_is_wrong_with_a_frame_is_said_in_its_own_spelling(served: TestGateway) -> None:
    async with served.connect("/ws") as client:
        for frame, field in (
            ({"type": "dance"}, "type"),
            ({"type": "message"}, "content"),
            ({"type": "message", "content": "x", "sesionId": "s"}, "sesionId"),
            ({"type": "subscribe"}, "channels"),
            ({"type": "subscribe", "channels": ["nothing"]}, "channels[0]"),
        ):
            await client.send(frame)
            error = await kind(client, "error", code="invalid_request")
            assert error["field"] == field, error
            client.seen.clear()
    async with served.connect("/ws", token=None, greeted=False) as client:
        await client.send({"type": "message", "content": "no auth yet"})
        assert (await kind(client, "error"))["code"] == "unauthorized"


async def test_calls_and_typed_messages_may_share_a_socket(served: TestGateway) -> None:
    for path in ("/", "/ws"):
        async with served.connect(path) as client:
            text, _ = await client.chat("by a call")
            assert text == "echo: by a call"
            await client.send({"type": "ping"})
            await client.next(lambda frame: frame.get("type") == "pong")
            await client.result("agent.list")
