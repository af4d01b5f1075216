"""Messages as version 4 has them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from openclaw_rpc.dialects.sockets.openclaw_v4.names import millis
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatMessage

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def run_name(message: ChatMessage) -> str | None:
    """What the client that sent a message calls the run that answers it."""
    name = message.metadata.get("idempotencyKey") if message.role == "user" and message.run_id else None
    return None if name is None else str(name)


def said_by(text: str) -> JsonObject:
    """What the agent said so far."""
    content = [{"type": "text", "text": text}] if text else []
    return {"role": "assistant", "content": content, "timestamp": int(time.time() * 1000)}


def spelled(
    message: ChatMessage,
    seq: int | None = None,
    tools: Mapping[str, str] = NOTHING,
    runs: Mapping[str, str] = NOTHING,
) -> JsonObject:
    """A message; ``seq`` is its place in its session, from 1, ``tools`` the names of tools by their calls.

    ``runs``: the clients' names of runs, by which they tell that they have a message already.
    """
    place: JsonObject = {"id": message.message_id}
    if seq is not None:
        place["seq"] = seq
    if message.run_id is not None:
        place["runId"] = runs.get(message.run_id, message.run_id)
    shown: JsonObject = {"role": message.role, "timestamp": millis(message.created_at), "__openclaw": place}
    if message.role == "tool":
        call_id = message.tool_call_id or ""
        result = {"toolCallId": call_id, "toolName": tools.get(call_id, ""), "isError": False}
        return {**shown, "role": "toolResult", **result, "content": [{"type": "text", "text": message.content}]}
    if message.role != "assistant":
        key = message.metadata.get("idempotencyKey")
        return {**shown, "content": message.content, **({"idempotencyKey": f"{key}:user"} if key else {})}
    content: list[JsonObject] = [{"type": "text", "text": message.content}] if message.content else []
    for call in message.tool_calls:
        arguments = _arguments(call.function.arguments)
        content.append({"type": "toolCall", "id": call.id, "name": call.function.name, "arguments": arguments})
    stop = "toolUse" if message.tool_calls else "aborted" if message.status == "aborted" else "stop"
    return {**shown, "content": content, "model": message.model or "", "provider": "", "stopReason": stop}


def listed(messages: Sequence[ChatMessage], total: int) -> list[JsonObject]:
    """The newest messages of a session that has ``total``."""
    tools = {call.id: call.function.name for message in messages for call in message.tool_calls}
    runs = {str(message.run_id): name for message in messages if (name := run_name(message)) is not None}
    first = max(total - len(messages), 0) + 1
    return [spelled(message, first + at, tools, runs) for at, message in enumerate(messages)]


def _arguments(text: Any) -> Any:
    try:
        return msgspec.json.decode(text) if isinstance(text, str) else text or {}
    except msgspec.DecodeError:
        return {}
