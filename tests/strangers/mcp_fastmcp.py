# type: ignore  - its packages are those of an environment of its own
"""FastMCP's client against a gateway's `/mcp`: `python mcp_fastmcp.py URL TOKEN`."""

import asyncio
import json
import sys
import traceback

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError

URL, TOKEN = sys.argv[1], sys.argv[2]


def client(token=TOKEN):
    return Client(StreamableHttpTransport(URL, headers={"Authorization": f"Bearer {token}"}))


async def tools_are_listed():
    async with client() as session:
        names = {tool.name for tool in await session.list_tools()}
        assert {"file_write", "file_read", "shell", "chat_run"} <= names, names


async def a_tool_is_used():
    async with client() as session:
        await session.call_tool("file_write", {"path": "fast.txt", "content": "hé 天"})
        read = await session.call_tool("file_read", {"path": "fast.txt"})
        assert "hé 天" in read.content[0].text, read


async def a_failure_is_told():
    async with client() as session:
        try:
            await session.call_tool("file_read", {"path": "missing.txt"})
        except ToolError as error:
            assert "missing.txt" in str(error), error
        else:
            raise AssertionError("no error")


async def an_agent_answers():
    async with client() as session:
        answer = await session.call_tool("chat_run", {"message": "Hello there"})
        assert "echo: Hello there" in str(answer.content), answer


async def a_wrong_token_is_refused():
    try:
        async with client("wrong") as session:
            await session.list_tools()
    except Exception:  # it does not hand on which
        return
    raise AssertionError("no error")


for found in (tools_are_listed, a_tool_is_used, a_failure_is_told, an_agent_answers, a_wrong_token_is_refused):
    try:
        asyncio.run(found())
        print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
    except Exception:
        print(json.dumps({"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}), flush=True)
