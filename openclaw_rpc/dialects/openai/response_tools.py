"""The tools of a request of OpenAI's Responses as functions of a chat, and their calls back.

A custom tool is a function of one text. Those of a namespace (Codex has its MCP servers so) are functions whose names
begin with the namespace's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import InvalidRequest

OWN_TOOLS = ("function", "custom", "namespace")
"""Types of tools that are the client's own."""
CALLABLE = ("function", "custom")
LONGEST = 64
_NOT_OF_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_TEXT: JsonObject = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}


class Called(NamedTuple):
    """A tool as its client calls it."""

    name: str
    namespace: str | None = None
    custom: bool = False


def function_name(name: str, namespace: Any) -> str:
    """What a tool is called as a function: a name that servers take, and the same each time."""
    if not isinstance(namespace, str) or not namespace:
        return name
    whole = _NOT_OF_NAMES.sub("_", f"{namespace.rstrip('_')}__{name}")
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - 9]}_{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def _each(tools: Iterable[JsonObject]) -> Iterator[tuple[JsonObject, str | None]]:
    """Tools that can be called, each with its namespace."""
    for tool in tools:
        if tool.get("type") != "namespace":
            yield tool, None
            continue
        inner: Any = tool.get("tools")
        for each in cast("list[Any]", inner) if isinstance(inner, list) else ():
            if isinstance(each, dict) and cast("JsonObject", each).get("type") in CALLABLE:
                yield cast("JsonObject", each), str(tool.get("name") or "")


def usable_tools(tools: Sequence[JsonObject], choice: Any) -> list[JsonObject]:
    """Of a client's tools, those that are its own and, where it chose among them, may be called."""
    own = [tool for tool in tools if tool.get("type") in OWN_TOOLS]
    if not isinstance(choice, dict) or cast("JsonObject", choice).get("type") != "allowed_tools":
        return own
    allowed: Any = cast("JsonObject", choice).get("tools") or []
    if not isinstance(allowed, list) or not all(isinstance(tool, dict) for tool in cast("list[Any]", allowed)):
        raise InvalidRequest("the allowed tools must be a list of tools", field="tool_choice.tools", reason="type")
    names = {str(tool.get("name")) for tool in cast("list[JsonObject]", allowed)}

    def may_be_called(tool: JsonObject) -> bool:
        return str(tool.get("name")) in names or any(str(each.get("name")) in names for each, _ in _each([tool]))

    return [tool for tool in own if may_be_called(tool)]


def as_functions(tools: Iterable[JsonObject]) -> list[JsonObject]:
    """Tools as Chat Completions has them."""
    return [_function(tool, namespace) for tool, namespace in _each(tools)]


def _function(tool: JsonObject, namespace: str | None) -> JsonObject:
    name = function_name(str(tool.get("name") or ""), namespace)
    if tool.get("type") == "custom":
        return {"type": "function", "function": {"name": name, "description": _custom(tool), "parameters": _TEXT}}
    more = {key: tool[key] for key in ("description", "parameters", "strict") if tool.get(key) is not None}
    return {"type": "function", "function": {"name": name, **more}}


def _custom(tool: JsonObject) -> str:
    """What a custom tool is for, the form of its text included."""
    format_: Any = tool.get("format")
    form = cast("JsonObject", format_).get("definition") if isinstance(format_, dict) else None
    told = filter(None, (tool.get("description"), f"The input has to match this grammar:\n{form}" if form else None))
    return "\n\n".join(map(str, told))


def called_by(tools: Iterable[JsonObject]) -> Mapping[str, Called]:
    """How the client calls each of its tools, by the name that the model knows."""
    return {
        function_name(str(tool.get("name") or ""), namespace): Called(
            str(tool.get("name") or ""), namespace, tool.get("type") == "custom"
        )
        for tool, namespace in _each(tools)
    }


def chosen(choice: Any) -> Any:
    """A `tool_choice` as Chat Completions has it."""
    if isinstance(choice, dict):
        found = cast("JsonObject", choice)
        if found.get("type") in CALLABLE and "name" in found:
            name = function_name(str(found["name"]), found.get("namespace"))
            return {"type": "function", "function": {"name": name}}
        return found.get("mode") or "auto"
    return choice
