# type: ignore  - its packages are those of an environment of its own
"""LangChain's MCP adapters against a gateway's `/mcp`: `python mcp_langchain.py URL TOKEN`."""

import asyncio
import json
import sys
import traceback

from langchain_core.tools import ToolException
from langchain_mcp_adapters.client import MultiServerMCPClient

URL, TOKEN = sys.argv[1], sys.argv[2]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


async def tools():
    client = MultiServerMCPClient({"gateway": {"transport": "streamable_http", "url": URL, "headers": HEADERS}})
    return {tool.name: tool for tool in await client.get_tools()}


async def tools_are_listed():
    assert {"file_write", "file_read", "shell", "chat_run"} <= set(await tools())


async def a_tool_is_used():
    found = await tools()
    await found["file_write"].ainvoke({"path": "lang.txt", "content": "hé 天"})
    assert "hé 天" in str(await found["file_read"].ainvoke({"path": "lang.txt"}))


async def a_failure_is_told():
    try:
        said = await (await tools())["file_read"].ainvoke({"path": "missing.txt"})
    except ToolException as error:
        said = error
    assert "missing.txt" in str(said), said


async def an_agent_answers():
    assert "echo: Hello there" in str(await (await tools())["chat_run"].ainvoke({"message": "Hello there"}))


for found in (tools_are_listed, a_tool_is_used, a_failure_is_told, an_agent_answers):
    try:
        asyncio.run(found())
        print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
    except Exception:
        print(json.dumps({"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}), flush=True)
