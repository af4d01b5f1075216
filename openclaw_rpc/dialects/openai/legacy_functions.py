"""`functions` and `function_call`, which `tools` took the place of, as an agent is asked and answers with them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, cast

import msgspec

from openclaw_rpc.dialects.rest import Ask
from openclaw_rpc.protocol import session
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatRunParams, ToolOutput
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.session import SessionDetail, SessionGetParams
from openclaw_rpc.protocol.validation import checked

LOOKED_AT = 20
"""Among how many of a session's newest messages the call is looked for that a function answered."""


def uses_functions(body: Mapping[str, Any]) -> bool:
    """Whether a request is spelled so."""
    return body.get("functions") is not None or body.get("function_call") is not None


def with_tools(body: JsonObject, messages: Sequence[JsonObject]) -> tuple[JsonObject, list[JsonObject]]:
    """The same request with tools, one call at a time.

    Raises:
        InvalidRequest: ``functions`` is not a list of objects.
    """
    functions = checked(body.get("functions") or [], list[JsonObject], "functions")
    choice: Any = body.get("function_call")
    if isinstance(choice, dict):
        choice = {"type": "function", "function": {"name": cast("JsonObject", choice).get("name")}}
    told = {name: value for name, value in body.items() if name not in ("functions", "function_call")}
    tools = [{"type": "function", "function": function} for function in functions]
    told |= {"tools": tools, "tool_choice": choice, "parallel_tool_calls": False}
    return told, [_with_call(message, at, messages) for at, message in enumerate(messages)]


def _with_call(message: JsonObject, at: int, messages: Sequence[JsonObject]) -> JsonObject:
    call: Any = message.get("function_call")
    if message.get("role") == "function":
        # The answer to the newest call before it.
        before = max((place for place in range(at) if messages[place].get("function_call")), default=at)
        return {"role": "tool", "tool_call_id": f"call_{before}", "content": message.get("content")}
    if not isinstance(call, dict):
        return message
    calls: list[JsonObject] = [{"id": f"call_{at}", "type": "function", "function": call}]
    return {**{name: value for name, value in message.items() if name != "function_call"}, "tool_calls": calls}


def answering(params: ChatRunParams) -> Generator[Ask, Any, ChatRunParams]:
    """The run with its output under the id that the session has for the call, which such clients never see."""
    if not params.tool_outputs or params.session_key is None:
        return params
    asked = SessionGetParams(session_key=params.session_key, limit=LOOKED_AT)
    try:
        found: SessionDetail = yield Ask(session.get, asked, trusted=True)
    except NotFound:
        return params
    ids = [call.id for message in found.messages for call in message.tool_calls]
    if not ids:
        return params
    outputs = [ToolOutput(call_id=ids[-1], output=params.tool_outputs[-1].output)]
    return msgspec.structs.replace(params, tool_outputs=outputs)


def answered(choice: JsonObject, key: str) -> JsonObject:
    """A choice of an answer (its ``message``) or of a chunk (its ``delta``) with the call under the older name."""
    said: JsonObject = choice[key]
    finish = "function_call" if choice.get("finish_reason") == "tool_calls" else choice.get("finish_reason")
    calls: list[JsonObject] = said.get("tool_calls") or []
    if calls:
        said = {name: value for name, value in said.items() if name != "tool_calls"}
        said["function_call"] = calls[0]["function"]
    return {**choice, key: said, "finish_reason": finish}
