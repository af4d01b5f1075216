"""The gateway as an MCP server, asked by the SDK's own client and by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import anyio
import httpx2
import mcp_types as types
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from openclaw_rpc.dialects.mcp import HANDSHAKE, MODERN
from openclaw_rpc.transports.http.mcp import McpDoor
from tests.support.gateway import TOKEN, TestGateway, gateway, settings
from tests.support.mcp_world import eventually
from tests.support.upstream import scripted_upstream

MODES = ("auto", "legacy")
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN[0],
    "io.modelcontextprotocol/clientCapabilities": {},
}


@asynccontextmanager
async def served(upstream: str | None = None, **more: Any) -> AsyncGenerator[TestGateway]:
    async with gateway(settings(upstream) | more) as running:
        with suppress(ValueError):  # it is wired already
            running.app.doors.http.add(McpDoor(running.app.dispatcher).routes())
        yield running


@asynccontextmanager
async def connected(running: TestGateway, mode: str = "auto", token: str = TOKEN) -> AsyncGenerator[Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=20, trust_env=False) as http:
        transport = streamable_http_client(f"{running.url}/mcp", http_client=http)
        async with Client(transport, mode=mode, cache=None) as client:
            yield client


async def post(
    running: TestGateway, body: Any, token: str | None = TOKEN, **headers: str
) -> tuple[int, Any, Mapping[str, str]]:
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    sent |= {"Authorization": f"Bearer {token}"} if token else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with aiohttp.ClientSession() as http, http.post(f"{running.url}/mcp", data=data, headers=sent) as reply:
        text = await reply.text()
        answer = json.loads(text) if reply.content_type == "application/json" and text else text
        return reply.status, answer, reply.headers


def request(method: str, params: Any = None, call_id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call_id, "method": method, "params": params or {}}


def text_of(result: types.CallToolResult) -> str:
    return "".join(block.text for block in result.content if isinstance(block, types.TextContent))


@pytest.mark.parametrize("mode", MODES)
async def test_the_sdk_s_client_lists_and_uses_the_gateway_s_tools(mode: str):
    async with served() as running, connected(running, mode) as client:
        assert client.protocol_version == (MODERN[0] if mode == "auto" else HANDSHAKE[-1])
        assert client.server_info is not None
        assert client.server_info.name == "openclaw-rpc"
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert {"memory_store", "memory_search", "chat_run"} <= set(tools)
        assert tools["memory_search"].input_schema["required"] == ["query"]
        assert tools["memory_search"].annotations is not None
        assert tools["memory_search"].annotations.read_only_hint
        stored = await client.call_tool("memory_store", {"content": "The door is green."})
        assert not stored.is_error
        found = await client.call_tool("memory_search", {"query": "door"})
        assert "green" in text_of(found)


@pytest.mark.parametrize("mode", MODES)
async def test_chat_run_is_a_tool(mode: str):
    async with scripted_upstream() as upstream, served(upstream.url) as running, connected(running, mode) as client:
        answer = await client.call_tool("chat_run", {"message": "hello", "sessionKey": "mine"})
        assert "hello" in text_of(answer)
        assert answer.structured_content["sessionKey"] == "mine"
        async with running.connect() as socket:
            listed = await socket.result("session.list")
            assert [(one["sessionKey"], one["channel"]) for one in listed["sessions"]] == [("mine", "mcp")]


@pytest.mark.parametrize("mode", MODES)
async def test_a_tool_s_failure_is_a_result_that_the_model_reads(mode: str):
    async with served() as running, connected(running, mode) as client:
        wrong = await client.call_tool("memory_search", {"limit": 3})
        assert wrong.is_error
        assert "query" in text_of(wrong)


@pytest.mark.parametrize("mode", MODES)
async def test_what_is_not_there_is_an_error_of_the_protocol(mode: str):
    async with served() as running, connected(running, mode) as client:
        with pytest.raises(MCPError) as caught:
            await client.call_tool("no_such_tool", {})
        assert caught.value.code == types.INVALID_PARAMS
        with pytest.raises(MCPError) as caught:
            await client.call_tool("chat_run", {"message": "hi", "agentId": "nobody"})
        assert caught.value.code == types.INVALID_PARAMS


async def test_a_token_without_scopes_finds_nothing_and_may_nothing():
    async with served() as running:
        reader = running.make_token(scopes="read")
        async with connected(running, token=reader) as client:
            assert (await client.list_tools()).tools == []
            for name, arguments in (("memory_search", {"query": "x"}), ("chat_run", {"message": "x"})):
                with pytest.raises(MCPError) as caught:
                    await client.call_tool(name, arguments)
                assert caught.value.data["code"] == "forbidden"
        async with connected(running, token=running.make_token(scopes="chat")) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["chat_run"]
        async with connected(running, token=running.make_token(scopes="tools")) as client:
            assert "memory_search" in [tool.name for tool in (await client.list_tools()).tools]


async def test_policies_and_the_pin_hold_here_too():
    security = {"policies": {"memory_search": "deny"}, "require_pin_for": ["memory_store"]}
    async with served(security=security) as running, connected(running) as client:
        assert "memory_search" not in [tool.name for tool in (await client.list_tools()).tools]
        denied = await client.call_tool("memory_search", {"query": "x"})
        assert denied.is_error
        assert "policy" in text_of(denied)
        held = await client.call_tool("memory_store", {"content": "x"})
        assert held.is_error
        assert "PIN" in text_of(held)


async def test_users_have_their_own_memories():
    async with served() as running:
        async with connected(running, token=running.make_token("ada")) as client:
            await client.call_tool("memory_store", {"content": "Ada's secret door."})
        async with connected(running, token=running.make_token("eve")) as client:
            assert "secret" not in text_of(await client.call_tool("memory_search", {"query": "secret"}))


async def test_without_a_token_nobody_is_served():
    async with served() as running:
        status, _, headers = await post(running, request("ping"), token=None)
        assert status == 401
        assert headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_stranger_s_page_is_refused():
    async with served() as running:
        status, _, _ = await post(running, request("ping"), Origin="https://evil.example")
        assert status == 403


async def test_there_is_no_stream_and_no_session():
    async with served() as running, aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        for verb in ("GET", "DELETE"):
            async with http.request(verb, f"{running.url}/mcp") as reply:
                assert reply.status == 405
                assert "POST" in reply.headers["Allow"]


@pytest.mark.parametrize("version", [*HANDSHAKE, "2099-01-01", None])
async def test_revisions_are_negotiated(version: str | None):
    async with served() as running:
        status, answer, _ = await post(running, request("initialize", {"protocolVersion": version}))
        assert status == 200
        assert answer["result"]["protocolVersion"] == (version if version in HANDSHAKE else HANDSHAKE[-1])
        assert answer["result"]["capabilities"] == {"tools": {"listChanged": False}}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, -32700),
        (b"[" * 100_000, 400, -32700),
        (b"\xff", 400, -32700),
        (b"", 400, -32700),
        ([request("ping")], 400, -32600),
        ("text", 400, -32600),
        ({"id": 1, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": 5}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}, 400, -32602),
        (request("no/such"), 200, -32601),
        (request("server/discover"), 200, -32601),
        (request("tools/call", {"name": 5}), 200, -32602),
        (request("tools/call", {"name": "x", "arguments": [1]}), 200, -32602),
    ],
)
async def test_what_is_no_request_is_an_error_of_json_rpc(body: Any, status: int, code: int):
    async with served() as running:
        got, answer, _ = await post(running, body)
        assert (got, answer["error"]["code"]) == (status, code)


async def test_notifications_and_answers_are_taken_and_dropped():
    async with served() as running:
        for body in (
            {"jsonrpc": "2.0", "method": "notifications/initialized"},
            {"jsonrpc": "2.0", "id": 1, "result": {}},
        ):
            status, answer, _ = await post(running, body)
            assert (status, answer) == (202, "")


async def test_an_id_comes_back_as_it_was():
    async with served() as running:
        for call_id in (0, "a", 7):
            _, answer, _ = await post(running, request("ping", call_id=call_id))
            assert answer == {"jsonrpc": "2.0", "id": call_id, "result": {}}


@pytest.mark.parametrize(
    ("method", "params", "headers", "status", "code"),
    [
        ("tools/list", {}, {}, 400, -32602),
        ("tools/list", {"_meta": META}, {"Mcp_Method": "tools/call"}, 400, -32020),
        ("tools/list", {"_meta": META}, {"Mcp_Protocol_Version": "2099-01-01"}, 400, -32020),
        ("tools/call", {"_meta": META, "name": "a"}, {"Mcp_Name": "b"}, 400, -32020),
        ("tools/call", {"_meta": META, "name": "a"}, {"Mcp_Name": "=?base64?%%?="}, 400, -32020),
        ("ping", {"_meta": META}, {}, 404, -32601),
        ("initialize", {"_meta": META}, {}, 404, -32601),
        (
            "tools/list",
            {"_meta": META | {"io.modelcontextprotocol/protocolVersion": "2099-01-01"}},
            {"Mcp_Protocol_Version": "2099-01-01"},
            400,
            -32022,
        ),
    ],
)
async def test_of_the_newer_revision_headers_and_body_must_agree(
    method: str, params: Any, headers: dict[str, str], status: int, code: int
):
    async with served() as running:
        sent = {"Mcp_Protocol_Version": MODERN[0], "Mcp_Method": method} | headers
        got, answer, _ = await post(running, request(method, params), **sent)
        assert (got, answer["error"]["code"]) == (status, code)
        if code == -32022:
            assert answer["error"]["data"]["supported"][0] == MODERN[0]


async def test_what_takes_its_time_becomes_a_stream_with_news():
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as running:
        door = McpDoor(running.app.dispatcher, quiet_seconds=0.05, news_seconds=0.05)
        routes = [elsewhere(door.routes()[0])]
        running.app.doors.http.add(routes)
        heard: list[float] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            heard.append(progress)

        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx2.AsyncClient(headers=headers, timeout=20, trust_env=False) as http:
            transport = streamable_http_client(f"{running.url}/slow-mcp", http_client=http)
            async with Client(transport, cache=None) as client:
                with anyio.fail_after(20):
                    answer = await client.call_tool("chat_run", {"message": "[[slow:20,50]]"}, progress_callback=hear)
        assert "w19" in text_of(answer)
        assert len(heard) > 3
        assert heard == sorted(heard)


def elsewhere(route: Any) -> Any:
    """The same under another path, beside the one that is wired."""
    return type(route)(route.method, "/slow-mcp", route.handler, timeout=route.timeout)


async def test_a_client_that_goes_away_ends_the_run_it_asked_for():
    async with scripted_upstream() as upstream, served(upstream.url) as running:
        with anyio.move_on_after(1):
            async with connected(running) as client:
                await client.call_tool("chat_run", {"message": "[[slow:500,50]]", "sessionKey": "mine"})
        await eventually(lambda: not running.app.runs.running)
        async with running.connect() as socket:
            messages = (await socket.result("chat.history", sessionKey="mine"))["messages"]
            assert [message["status"] for message in messages] == ["complete", "aborted"]
