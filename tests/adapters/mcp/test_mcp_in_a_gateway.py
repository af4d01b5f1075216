"""A gateway whose agents use an MCP server, and which is one itself."""

import sys
from typing import Any

import anyio

from tests.support.gateway import Client, gateway, settings
from tests.support.mcp_world import SCRIPT, alive, eventually
from tests.support.upstream import scripted_upstream

SMALL: dict[str, Any] = {"command": sys.executable, "args": [str(SCRIPT), "stdio"], "env": {"API_KEY": "sk-mcp-secret"}}


async def small_is_there(client: Client) -> None:
    """Return when the small server's tools are: `tool.list` waits for a server that starts, but not as long as this."""
    with anyio.fail_after(40):
        while "small__add" not in {tool["name"] for tool in (await client.result("tool.list"))["tools"]}:
            pass


async def test_an_agent_uses_a_configured_server_s_tool():
    async with scripted_upstream() as upstream:
        config = settings(upstream.url) | {"mcp": {"servers": {"small": SMALL}}}
        async with gateway(config) as running, running.connect() as client:
            await small_is_there(client)
            text, done = await client.chat('[[tool:small__add {"a": 20, "b": 22}]]', seconds=30)
            assert "42" in text
            assert done["data"]["finishReason"] == "stop"
            [server] = (await client.result("mcp.list"))["servers"]
            assert (server["status"], server["title"]) == ("ready", "small")
            tools = {tool["name"]: tool for tool in (await client.result("tool.list"))["tools"]}
            assert not tools["small__add"]["dangerous"]
            assert tools["small__shout"]["dangerous"]
            assert "sk-mcp-secret" not in str(await client.result("config.get"))
            left = (await client.result("tool.invoke", name="small__spawn"))["result"]["result"]
            assert alive(left)
        await eventually(lambda: not alive(left))


async def test_a_server_can_be_added_while_the_gateway_runs():
    async with gateway(settings()) as running, running.connect() as client:
        assert (await client.result("mcp.list"))["servers"] == []
        running.set_pin("2468")  # what starts programs is changed with the PIN alone
        await client.result("config.update", config={"mcp": {"servers": {"small": SMALL}}}, pin="2468")
        await small_is_there(client)
