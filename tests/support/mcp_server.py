"""A small MCP server, made with the SDK's own server: `python mcp_server.py stdio`, `http PORT` or `sse PORT`."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import ToolAnnotations
from pydantic import BaseModel

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


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def traced(context: Context) -> str:
    """Where the caller says that this use stands in a trace."""
    return str((context.request_context.meta or {}).get("traceparent"))


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


class Berth(BaseModel):
    """What is asked for."""

    place: str
    nights: int = 1


async def which() -> Elicit[Berth]:
    """Ask."""
    return Elicit("Which berth?", Berth)


@server.tool()
async def moor(berth: Annotated[Berth, Resolve(which)]) -> str:
    """Moor at a berth that the human names."""
    return f"moored at {berth.place} for {berth.nights}"


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        server.run()
    elif sys.argv[1] == "sse":
        server.run("sse", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
