"""What servers send, mended before the SDK judges it: it refuses a whole answer for one odd part of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectSendStream
from mcp.client._transport import ReadStream, Transport, TransportStreams
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

LeftOut = Callable[[str, str], None]
"""Hears of a tool that can't be offered: its name, and why."""


@asynccontextmanager
async def mended(transport: Transport, left_out: LeftOut) -> AsyncGenerator[TransportStreams]:
    """The streams of a transport, with each message mended on its way in."""
    async with transport as (source, target), anyio.create_task_group() as group:
        to_us, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        group.start_soon(_carry, source, to_us, left_out)
        try:
            yield read, target
        finally:
            read.close()
            group.cancel_scope.cancel()


async def _carry(
    source: ReadStream[SessionMessage | Exception],
    target: MemoryObjectSendStream[SessionMessage | Exception],
    left_out: LeftOut,
) -> None:
    async with target:
        async for message in source:
            if isinstance(message, SessionMessage) and isinstance(message.message, types.JSONRPCResponse):
                mend(message.message.result, left_out)
            try:
                await target.send(message)
            except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                return


def mend(result: dict[str, Any], left_out: LeftOut) -> None:
    """Mend an answer in place: without tools that can't be used, and with the content that a structure came without."""
    tools = result.get("tools")
    if isinstance(tools, list):
        result["tools"] = [tool for tool in cast("list[Any]", tools) if _usable(tool, left_out)]
    if "structuredContent" in result and not isinstance(result.get("content"), list):
        result["content"] = []


def _usable(tool: Any, left_out: LeftOut) -> bool:
    fields = cast("dict[str, Any]", tool) if isinstance(tool, dict) else {}
    name = str(fields.get("name") or "?")[:100]
    try:
        known = types.Tool.model_validate(tool, by_name=False)
    except ValidationError as error:
        first = error.errors()[0]
        left_out(name, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        return False
    if known.execution is not None and known.execution.task_support == "required":
        left_out(name, "it can only be used as a task, which is not supported here")
        return False
    return True
