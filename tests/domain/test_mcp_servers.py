"""Which MCP servers are kept, what they are called by, what of them is offered: with servers in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from openclaw_rpc.domain import mcp
from openclaw_rpc.domain.agents import ToolRules
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.mcp import (
    Ask,
    McpConnection,
    McpServers,
    McpServerSettings,
    McpSettings,
    RemoteAnswer,
    RemoteTool,
    contradictions,
    named,
)
from openclaw_rpc.domain.tools.mcp import McpTools
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import ProviderError, Unavailable
from tests.support.mcp_world import eventually
from tests.support.tools import Lines, ToolWorld
from tests.support.workspace import files


def remote(name: str, *, read_only: bool = False) -> RemoteTool:
    return RemoteTool(name=name, description=f"It is {name}.", parameters={"type": "object"}, read_only=read_only)


class Connection:
    """A server in memory. ``offered`` can be changed, ``fault`` ends it."""

    title: str | None = "Memory"
    version: str | None = "1"
    protocol: str | None = "2025-11-25"

    def __init__(self, name: str) -> None:
        self.name = name
        self.offered = [remote("look", read_only=True), remote("act")]
        self.fault: str | None = None
        self._news = anyio.Event()

    def tell(self, fault: str | None = None) -> None:
        self.fault = fault
        self._news.set()

    async def tools(self) -> list[RemoteTool]:
        return self.offered

    @property
    def left_out(self) -> Mapping[str, str]:
        return {}

    async def call(self, name: str, params: JsonObject, on_progress: Callable[[], None], ask: Ask) -> RemoteAnswer:
        return RemoteAnswer(result=f"{self.name}.{name} {params}", failed=name == "act" and not params)

    async def news(self) -> None:
        await self._news.wait()
        self._news = anyio.Event()
        if self.fault:
            raise ProviderError(self.fault)


class Connector:
    """Servers by name; ``failing`` can't be connected to."""

    def __init__(self) -> None:
        self.open: dict[str, Connection] = {}
        self.failing: set[str] = set()
        self.begun: list[str] = []

    @asynccontextmanager
    async def connect(self, name: str, settings: McpServerSettings) -> AsyncGenerator[McpConnection]:
        self.begun.append(name)
        if name in self.failing:
            raise ProviderError("no luck")
        self.open[name] = Connection(name)
        try:
            yield self.open[name]
        finally:
            del self.open[name]


ONE = McpServerSettings(command="x")


class World:
    def __init__(self, **servers: McpServerSettings) -> None:
        self.connector = Connector()
        self.settings = McpSettings(servers=servers)
        self.log = Lines()
        self.servers = McpServers(self.connector, lambda: self.settings, SystemClock(), self.log, first_delay=0.01)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[World]:
        async with anyio.create_task_group() as group:
            group.start_soon(self.servers.serve)
            yield self
            group.cancel_scope.cancel()

    def status(self) -> dict[str, str]:
        return {info.name: info.status for info in self.servers.list()}

    async def names(self) -> list[str]:
        return [tool.name for tool in await self.servers.tools()]


async def test_the_tools_of_each_server_are_offered_under_its_name():
    async with World(b=ONE, a=ONE).serving() as world:
        await eventually(lambda: set(world.status().values()) == {"ready"})
        assert await world.names() == ["a__look", "a__act", "b__look", "b__act"]


async def test_a_disabled_server_is_listed_and_not_started():
    async with World(a=ONE, off=McpServerSettings(command="x", enabled=False)).serving() as world:
        await eventually(lambda: world.status() == {"a": "ready", "off": "disabled"})
        assert world.connector.begun == ["a"]


async def test_before_anything_is_served_servers_are_listed_as_configured():
    assert World(a=ONE).status() == {"a": "starting"}


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        (ToolRules(deny=["act"]), ["a__look"]),
        (ToolRules(allow=["a*"]), ["a__act"]),
        (["look"], ["a__look"]),
        ([], []),
    ],
)
async def test_settings_say_which_tools_are_offered(rules: Any, names: list[str]):
    async with World(a=McpServerSettings(command="x", tools=rules)).serving() as world:
        await eventually(lambda: world.status() == {"a": "ready"})
        assert await world.names() == names


async def test_changed_settings_start_end_and_restart_what_differs():
    async with World(a=ONE, b=ONE).serving() as world:
        await eventually(lambda: len(world.connector.open) == 2)
        kept = world.connector.open["a"]
        world.settings = McpSettings(servers={"a": ONE, "b": McpServerSettings(command="y"), "c": ONE})
        world.servers.apply()
        await eventually(lambda: world.status() == {"a": "ready", "b": "ready", "c": "ready"})
        assert world.connector.open["a"] is kept
        assert world.connector.begun == ["a", "b", "b", "c"]
        world.settings = McpSettings()
        world.servers.apply()
        await eventually(lambda: not world.connector.open)
        assert await world.names() == []
    assert world.connector.open == {}


async def test_one_that_can_t_be_reached_is_tried_again_and_said_once():
    world = World(a=ONE, b=ONE)
    world.connector.failing = {"a"}
    async with world.serving():
        await eventually(lambda: world.connector.begun.count("a") > 4)
        assert world.log.said.count("an MCP server is not there") == 1
        assert await world.names() == ["b__look", "b__act"]
        world.connector.failing = set()
        await eventually(lambda: world.status()["a"] == "ready")


async def test_one_that_dies_offers_nothing_until_it_is_back():
    async with World(a=ONE).serving() as world:
        await eventually(lambda: world.status() == {"a": "ready"})
        act = (await world.servers.tools())[1]
        world.connector.failing = {"a"}
        world.connector.open["a"].tell("out of luck")
        await eventually(lambda: world.servers.list()[0].error == "no luck")
        assert await world.names() == []
        with pytest.raises(Unavailable) as caught:
            await world.servers.call(act, {"x": 1})
        assert "no luck" in caught.value.message
        world.connector.failing = set()
        await eventually(lambda: world.status() == {"a": "ready"})
        assert await world.servers.call(act, {"x": 1}) == "a.act {'x': 1}"


async def test_new_tools_are_taken_up_when_a_server_says_so():
    async with World(a=ONE).serving() as world:
        await eventually(lambda: world.status() == {"a": "ready"})
        world.connector.open["a"].offered.append(remote("fresh"))
        world.connector.open["a"].tell()
        await eventually(lambda: "a__fresh" in world.servers.list()[0].tools)


async def test_what_a_tool_calls_a_failure_is_an_error():
    async with World(a=ONE).serving() as world:
        await eventually(lambda: world.status() == {"a": "ready"})
        with pytest.raises(ProviderError) as caught:
            await world.servers.call((await world.servers.tools())[1], {})
        assert caught.value.message.startswith("a__act failed")


async def test_agents_use_them_as_tools_and_those_that_change_things_are_written_down(tmp_path: Path):
    async with World(a=ONE).serving() as world:
        await eventually(lambda: world.status() == {"a": "ready"})
        tools = ToolWorld(McpTools(world.servers, files(tmp_path)))
        assert await tools.use("a__look", {"x": 1}) == "a.look {'x': 1}"
        assert await tools.outcomes() == []
        await tools.use("a__act", {"x": 1})
        assert [record.tool for record in await tools.records()] == ["a__act", "a__act"]


async def test_tools_are_made_once_as_long_as_a_server_offers_the_same(tmp_path: Path):
    async with World(a=ONE).serving() as world:
        await eventually(lambda: world.status() == {"a": "ready"})
        source = McpTools(world.servers, files(tmp_path))
        context = ToolWorld().context()
        first = await source.tools(context)
        assert await source.tools(context) is first
        world.connector.open["a"].offered = [remote("other")]
        world.connector.open["a"].tell()
        await eventually(lambda: world.servers.list()[0].tools == ["a__other"])
        assert [tool.spec.name for tool in await source.tools(context)] == ["a__other"]


def test_names_are_made_such_that_models_take_them_and_no_two_are_one():
    tools = [remote(name) for name in ("a.b", "a/b", "天气", "x" * 100, "x" * 101, "a_b")]
    names = list(named("server", tools))
    assert names[0] == "server__a_b"
    assert len(set(names)) == len(tools)
    assert all(len(name) <= 64 and name.replace("_", "a").isalnum() and name.isascii() for name in names)


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ({}, ("servers", "s")),
        ({"command": "x", "url": "http://a.example"}, ("servers", "s")),
        ({"url": "http://a.example", "args": ["x"]}, ("servers", "s")),
        ({"command": "x", "headers": {"A": "b"}}, ("servers", "s", "headers")),
    ],
)
def test_settings_that_contradict_each_other_are_named(server: dict[str, Any], path: tuple[str, ...]):
    settings = msgspec.convert({"servers": {"s": server}}, McpSettings)
    assert [where for where, _ in contradictions(settings)] == [path]


@pytest.mark.parametrize("server", [{"command": "x"}, {"url": "https://a.example/mcp", "headers": {"A": "b"}}])
def test_settings_that_are_good_contradict_nothing(server: dict[str, Any]):
    assert list(contradictions(msgspec.convert({"servers": {"s": server}}, McpSettings))) == []


async def test_a_server_that_never_starts_is_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp, "LONGEST_DELAY", 0)
    async with World(a=ONE, gone=ONE).serving() as world:
        world.connector.failing.add("gone")
        with anyio.fail_after(20):
            while world.connector.begun.count("gone") < 1_100:
                await anyio.lowlevel.checkpoint()
        assert world.status()["a"] == "ready"
        assert world.log.said.count("an MCP server is not there") == 1
