"""A request of OpenAI's Responses as one of its Chat Completions, since not every provider knows the former."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.ids import new_id
from openclaw_rpc.protocol.validation import invalid_params

_NEWEST = re.compile(r"(.*/)?(o[1-9]|gpt-[5-9])")
"""Models that refuse `max_tokens`."""
_SAME = (
    "temperature", "top_p", "user", "metadata", "parallel_tool_calls", "service_tier", "prompt_cache_key",
    "safety_identifier", "top_logprobs",
)  # fmt: skip


class ResponseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request of OpenAI's Responses, as far as it is looked at."""

    input: str | list[JsonObject]
    model: str | None = None
    instructions: str | None = None
    stream: bool | None = None
    store: bool | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    conversation: str | JsonObject | None = None
    tools: list[JsonObject] | None = None
    tool_choice: Any = None
    parallel_tool_calls: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    reasoning: JsonObject | None = None
    text: JsonObject | None = None
    metadata: JsonObject | None = None
    user: str | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    top_logprobs: int | None = None
    truncation: str | None = None

    @property
    def conversation_id(self) -> str | None:
        """The conversation that it belongs to."""
        found: Any = self.conversation
        found = found.get("id") if isinstance(found, dict) else found  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return found if isinstance(found, str) and found else None

    @property
    def kept(self) -> bool:
        """Whether it is kept."""
        return self.store is not False or bool(self.background)


def read_request(body: msgspec.Raw | bytes) -> ResponseRequest:
    """A request.

    Raises:
        InvalidRequest: it is none.
    """
    try:
        request = msgspec.json.decode(body, type=ResponseRequest)
    except msgspec.ValidationError as error:
        raise invalid_params(error, "response.create") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"the body is no JSON: {error}", field="body", reason="malformed") from None
    if not request.input:
        raise InvalidRequest("the input is empty", field="input", reason="missing")
    if request.previous_response_id and request.conversation_id:
        raise InvalidRequest(
            "previous_response_id and conversation exclude each other", field="conversation", reason="invalid_value"
        )
    return request


def items_of(request: ResponseRequest) -> list[JsonObject]:
    """A request's input as items, each with an id."""
    given = request.input
    if isinstance(given, str):
        given = [{"role": "user", "content": [{"type": "input_text", "text": given}]}]
    items: list[JsonObject] = []
    for item in given:
        kind: Any = item.get("type") or "message"
        whole: JsonObject = {"id": new_id("fc" if "call" in str(kind) else "msg"), **item, "type": kind}
        if kind == "message" and isinstance(whole.get("content"), str):
            said = "output_text" if whole.get("role") == "assistant" else "input_text"
            whole["content"] = [{"type": said, "text": whole["content"]}]
        items.append(whole)
    return items


def chat_body(request: ResponseRequest, items: Sequence[JsonObject]) -> bytes:
    """The request for a streamed chat completion that answers ``items``."""
    body: JsonObject = {"model": request.model, "messages": messages_of(request.instructions, items), "stream": True}
    body |= {name: value for name in _SAME if (value := getattr(request, name)) is not None}
    if request.max_output_tokens is not None:
        newest = _NEWEST.match(request.model or "")
        body["max_completion_tokens" if newest else "max_tokens"] = request.max_output_tokens
    if request.reasoning and request.reasoning.get("effort"):
        body["reasoning_effort"] = request.reasoning["effort"]
    text = request.text or {}
    wanted: Any = text.get("format")
    if isinstance(wanted, dict):
        body |= _format(cast("JsonObject", wanted))
    if text.get("verbosity"):
        body["verbosity"] = text["verbosity"]
    tools = [_tool(tool) for tool in request.tools or () if tool.get("type") == "function"]
    if tools:
        body["tools"] = tools
        if request.tool_choice is not None:
            body["tool_choice"] = _choice(request.tool_choice)
    return msgspec.json.encode({name: value for name, value in body.items() if value is not None})


def _format(wanted: JsonObject) -> JsonObject:
    kind: Any = wanted.get("type")
    if kind == "json_schema":
        schema = {name: wanted[name] for name in ("name", "description", "schema", "strict") if name in wanted}
        return {"response_format": {"type": kind, "json_schema": schema}}
    return {"response_format": {"type": kind}} if kind == "json_object" else {}


def _tool(tool: JsonObject) -> JsonObject:
    function = {
        name: tool[name] for name in ("name", "description", "parameters", "strict") if tool.get(name) is not None
    }
    return {"type": "function", "function": function}


def _choice(choice: Any) -> Any:
    if isinstance(choice, dict):
        found = cast("JsonObject", choice)
        if found.get("type") == "function" and "name" in found:
            return {"type": "function", "function": {"name": found["name"]}}
        return "auto"
    return choice


def messages_of(instructions: str | None, items: Sequence[JsonObject]) -> list[JsonObject]:
    """Items as the messages of a chat; a model's calls of functions belong to its message before them."""
    messages: list[JsonObject] = [{"role": "system", "content": instructions}] if instructions else []
    for item in items:
        kind = item.get("type")
        if kind == "function_call":
            if not messages or messages[-1]["role"] != "assistant":
                messages.append({"role": "assistant", "content": None})
            function = {"name": item.get("name", ""), "arguments": item.get("arguments") or "{}"}
            call = {"id": item.get("call_id") or item.get("id"), "type": "function", "function": function}
            messages[-1].setdefault("tool_calls", []).append(call)
        elif kind == "function_call_output":
            output: Any = item.get("output")
            content = output if isinstance(output, str) else _content(output)
            messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": content})
        elif kind == "message":
            role = item.get("role") or "user"
            role = "system" if role == "developer" else role
            messages.append({"role": role, "content": _content(item.get("content"))})
    return messages


def _content(content: Any) -> Any:
    if not isinstance(content, list):
        return content or ""
    parts = [_part(cast("JsonObject", part)) for part in cast("list[Any]", content) if isinstance(part, dict)]
    if all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _part(part: JsonObject) -> JsonObject:
    kind: Any = part.get("type")
    if kind == "input_image":
        url: JsonObject = {"url": part.get("image_url") or ""}
        return {"type": "image_url", "image_url": url | ({"detail": part["detail"]} if part.get("detail") else {})}
    if kind == "input_file":
        file = {name: part[name] for name in ("file_data", "filename", "file_id") if part.get(name)}
        return {"type": "file", "file": file}
    if kind == "input_audio":
        return part
    return {"type": "text", "text": str(part.get("text") or part.get("refusal") or "")}
