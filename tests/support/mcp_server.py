"""A small MCP server, made with the SDK's own server: `python mcp_server.py stdio`, or `http PORT`."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

server = MCPServer("small", version="1.2.3")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def shout(text: str) -> str:
    """Say it loud."""
    return text.upper()


@server.tool()
def environment() -> dict[str, str]:
    """What the server sees."""
    return dict(os.environ) | {"CWD": str(Path.cwd())}


@server.tool()
def fail() -> str:
    """Go wrong."""
    raise ToolError("no such thing")


@server.tool()
async def sleep(seconds: float) -> str:
    """Take a while."""
    await asyncio.sleep(seconds)
    return "slept"


@server.tool()
def spawn() -> int:
    """Leave a process behind."""
    return subprocess.Popen(["sleep", "600"]).pid


@server.tool()
def die() -> str:
    """End without a word."""
    sys.stderr.write("I am dying: out of luck\n")
    sys.stderr.flush()
    os._exit(3)


@server.tool()
async def more(context: Context[Any, Any]) -> str:
    """Have one tool more."""

    def extra() -> str:
        """It was not there before."""
        return "extra"

    server.add_tool(extra)
    await context.session.send_tool_list_changed()
    return "ok"


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run()
    else:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
