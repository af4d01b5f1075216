"""Servers that answer oddly: one odd answer, tool or session costs that one, and is told."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web

from openclaw_rpc.domain.mcp import McpServerSettings, Parts
from openclaw_rpc.domain.pictures import WithPictures
from openclaw_rpc.domain.tools.mcp import McpTools
from openclaw_rpc.protocol.errors import ProviderError
from tests.support.mcp_world import McpWorld, program
from tests.support.skills import context
from tests.support.workspace import files

SCRIPT = Path(__file__).parents[2] / "support" / "odd_mcp_server.py"


@asynccontextmanager
async def odd(root: Path, mode: str = "results", **more: Any) -> AsyncGenerator[McpWorld]:
    async with McpWorld(root, {"small": program(str(SCRIPT), mode, **more)}).serving() as world:
        await world.until(lambda info: info.status == "ready")
        yield world


async def call(world: McpWorld, name: str) -> Any:
    with anyio.fail_after(20):
        return await world.call(f"small__{name}")


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        ("plain", "fine"),
        ("structure", {"depth": 4}),
        ("said_twice", {"depth": 4}),
        ("said_more", 'four metres, rising\n{"depth":4}'),
        ("half", "a\ufffd b"),
    ],
)
async def test_texts_and_structures_arrive_each_once(tmp_path: Path, tool: str, told: Any) -> None:
    async with odd(tmp_path) as world:
        assert await call(world, tool) == told


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        ("failed_structure", "low tide"),
        ("server_error", "try at noon"),
        ("unreadable", "can't be read"),
        ("no_result", "can't be read"),
    ],
)
async def test_a_failure_says_what_the_server_said_and_the_server_lives(tmp_path: Path, tool: str, told: str) -> None:
    async with odd(tmp_path) as world:
        with pytest.raises(ProviderError, match=told):
            await call(world, tool)
        assert await call(world, "plain") == "fine"
        assert world.info().restarts == 0


async def test_a_server_that_dies_in_a_call_says_why(tmp_path: Path) -> None:
    async with odd(tmp_path) as world:
        with pytest.raises(ProviderError, match="code 3: fatal: the tide"):
            await call(world, "die")


@pytest.mark.parametrize("tool", ["picture", "big_picture"])
async def test_a_picture_becomes_a_file_and_never_text(tmp_path: Path, tool: str) -> None:
    async with odd(tmp_path) as world:
        assert isinstance(await call(world, tool), Parts)
        own = files(tmp_path)
        tools = {one.spec.name: one for one in await McpTools(world.servers, own).tools(context())}
        found = await tools[f"small__{tool}"].run({}, context())
        assert isinstance(found, WithPictures) is (tool == "picture"), (
            "what is no picture, whatever it is called, is none"
        )
        told = str(found.result if isinstance(found, WithPictures) else found)
        assert told.endswith("after") and len(told) < 300
        path = told.partition(": ")[2].partition("]")[0]
        assert await own._workspaces.of("owner").read(tuple(path.strip("/").split("/")), 0, 10)  # pyright: ignore[reportPrivateUsage]


async def test_odd_tools_cost_those_and_it_is_said(tmp_path: Path) -> None:
    async with odd(tmp_path, "odd-tools") as world:
        assert await call(world, "plain") == "fine"
        assert {"no_schema", "?", "odd", "only_as_task"} == set(world.info().left_out)
        assert not any("only_as_task" in name for name in world.info().tools)


async def test_a_server_without_tools_is_ready_with_none(tmp_path: Path) -> None:
    async with odd(tmp_path, "no-tools") as world:
        assert world.info().tools == []


async def test_progress_extends_the_time_that_a_tool_may_take(tmp_path: Path) -> None:
    async with odd(tmp_path, timeout_seconds=0.6) as world:
        assert await call(world, "slow") == "fine"


class Sessions:
    """A server over HTTP that loses its sessions, and says so with ``status`` and ``body``."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body
        self.known: set[str] = set()
        self.begun = self.used = 0

    async def answer(self, request: web.Request) -> web.Response:
        message = await request.json()
        number, method = message.get("id"), message.get("method")
        if method == "initialize":
            self.begun += 1
            self.known.add(session := f"s{self.begun}")
            about = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "x", "version": "1"},
            }
            return self._said(number, about, {"Mcp-Session-Id": session})
        if method == "server/discover":
            error = {"code": -32601, "message": "Method not found"}
            return web.json_response({"jsonrpc": "2.0", "id": number, "error": error})
        if request.headers.get("Mcp-Session-Id") not in self.known:
            if self.body is None:
                return web.Response(status=self.status)
            return web.json_response(self.body, status=self.status)
        if number is None:
            return web.Response(status=202)
        if method == "tools/list":
            return self._said(number, {"tools": [{"name": "t", "inputSchema": {"type": "object"}}]})
        self.used += 1
        return self._said(number, {"content": [{"type": "text", "text": f"ok {self.begun}"}]})

    def _said(self, number: Any, result: Any, headers: dict[str, str] | None = None) -> web.Response:
        return web.json_response({"jsonrpc": "2.0", "id": number, "result": result}, headers=headers)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, None),
        (404, {"jsonrpc": "2.0", "id": "x", "error": {"code": -32600, "message": "Session not found"}}),
        (404, {"detail": "gone"}),
        (400, None),
        (400, {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "Bad Request: No valid session"}}),
    ],
)
async def test_a_lost_session_begins_a_new_one_and_the_call_is_made_once(
    tmp_path: Path, status: int, body: Any
) -> None:
    server = Sessions(status, body)
    app = web.Application()
    app.router.add_post("/mcp", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with McpWorld(tmp_path, {"small": McpServerSettings(url=f"http://{host}:{port}/mcp")}).serving() as world:
            await world.until(lambda info: info.status == "ready")
            assert await call(world, "t") == "ok 1"
            for lost in range(3):
                server.known.clear()
                assert await call(world, "t") == f"ok {lost + 2}"
            assert server.used == 4
    finally:
        await runner.cleanup()
