"""A request of OpenAI's Responses as one of its Chat Completions, since not every provider knows the former."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from openclaw_rpc.dialects.openai.agents import SAID, earlier, outputs_of
from openclaw_rpc.dialects.openai.response_tools import (
    CALLABLE,
    OWN_TOOLS,
    as_functions,
    chosen,
    function_name,
    usable_tools,
)
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatRunParams
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.ids import new_id
from openclaw_rpc.protocol.validation import invalid_params

_NEWEST = re.compile(r"(.*/)?(o[1-9]|gpt-[5-9])")
"""Models that refuse `max_tokens`."""
_SAME = (
    "temperature", "top_p", "user", "parallel_tool_calls", "service_tier", "prompt_cache_key", "safety_identifier",
)  # fmt: skip


_LOST = {"input_image": ("file_id",), "input_file": ("file_url",)}
"""What a chat has no place for."""
_CALLS = ("function_call", "custom_tool_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output")


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
    include: list[str] | None = None
    prompt: Any = None

    @property
    def conversation_id(self) -> str | None:
        """The conversation that it belongs to."""
        found: Any = self.conversation
        found = found.get("id") if isinstance(found, dict) else found  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return found if isinstance(found, str) and found else None

    @property
    def given_tools(self) -> list[JsonObject]:
        """All tools that it brings, those in its input included (Codex's ``additional_tools``)."""
        items = self.input if isinstance(self.input, list) else []
        more = [item.get("tools") for item in items if item.get("type") == "additional_tools"]
        found = [tool for tools in more if isinstance(tools, list) for tool in cast("list[Any]", tools)]
        return [*(self.tools or ()), *(cast("JsonObject", tool) for tool in found if isinstance(tool, dict))]

    @property
    def usable_tools(self) -> list[JsonObject]:
        """The tools that the model is given."""
        return usable_tools(self.given_tools, self.tool_choice)

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
        raise InvalidRequest(f"the body is not JSON: {error}", field="body", reason="malformed") from None
    if not request.input:
        raise InvalidRequest("the input is empty", field="input", reason="missing")
    if request.previous_response_id and request.conversation_id:
        raise InvalidRequest(
            "previous_response_id and conversation exclude each other", field="conversation", reason="invalid_value"
        )
    _refuse_unsupported(request)
    return request


def _refuse_unsupported(request: ResponseRequest) -> None:
    """Refuse by name what would be dropped otherwise.

    Raises:
        InvalidRequest: there is such a field.
    """
    if request.prompt is not None:
        raise _unsupported("stored prompts are not supported", "prompt")
    if request.top_logprobs or "message.output_text.logprobs" in (request.include or ()):
        raise _unsupported("log probabilities are not supported", "top_logprobs" if request.top_logprobs else "include")
    choice: Any = request.tool_choice
    wanted: Any = cast("JsonObject", choice).get("type") if isinstance(choice, dict) else None
    tools = request.given_tools
    hosted = [at for at, tool in enumerate(tools) if tool.get("type") not in OWN_TOOLS]
    forced = choice == "required" and len(hosted) == len(tools)
    if hosted and (forced or (wanted is not None and wanted not in (*CALLABLE, "allowed_tools"))):
        kind = tools[hosted[0]].get("type")
        raise _unsupported(f"tools of the type {kind!r} are not supported", f"tools[{hosted[0]}].type")
    if wanted is not None and wanted not in (*CALLABLE, "allowed_tools"):
        raise _unsupported(f"a choice of the type {wanted!r} is not supported", "tool_choice")
    for at, item in enumerate(request.input if isinstance(request.input, list) else ()):
        content: Any = item.get("content")
        for place, part in enumerate(cast("list[Any]", content) if isinstance(content, list) else ()):
            found = cast("JsonObject", part) if isinstance(part, dict) else {}
            lost = next((name for name in _LOST.get(str(found.get("type")), ()) if found.get(name)), None)
            if lost is not None:
                raise _unsupported(f"{lost} is not supported", f"input[{at}].content[{place}].{lost}")


def _unsupported(message: str, field: str) -> InvalidRequest:
    return InvalidRequest(message, field=field, reason="unsupported_value")


def items_of(request: ResponseRequest) -> list[JsonObject]:
    """A request's input as items, each with an id."""
    given = request.input
    if isinstance(given, str):
        given = [{"role": "user", "content": [{"type": "input_text", "text": given}]}]
    return as_items(given)


def as_items(given: Sequence[JsonObject]) -> list[JsonObject]:
    """Items as they are kept: each with an id and its type, the content of a message as parts."""
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
    body |= format_of(text)
    if text.get("verbosity"):
        body["verbosity"] = text["verbosity"]
    tools = as_functions(request.usable_tools)
    if tools:
        body["tools"] = tools
        if request.tool_choice is not None:
            body["tool_choice"] = chosen(request.tool_choice)
    return msgspec.json.encode({name: value for name, value in body.items() if value is not None})


def format_of(text: Any) -> JsonObject:
    """The field of a chat that says the form of the answer; nothing where ``text`` says none."""
    found: Any = cast("JsonObject", text).get("format") if isinstance(text, dict) else None
    if not isinstance(found, dict):
        return {}
    wanted = cast("JsonObject", found)
    kind: Any = wanted.get("type")
    if kind == "json_schema":
        schema = {name: wanted[name] for name in ("name", "description", "schema", "strict") if name in wanted}
        return {"response_format": {"type": kind, "json_schema": schema}}
    return {"response_format": {"type": kind}} if kind == "json_object" else {}


def messages_of(instructions: str | None, items: Sequence[JsonObject]) -> list[JsonObject]:
    """Items as the messages of a chat.

    One system message stands first. What a model said, its reasoning and its calls are one message, and the results
    of the calls stand right behind it: servers refuse any other order.
    """
    system = [instructions] if instructions else []
    messages: list[JsonObject] = []
    thought = ""
    for item in items:
        kind = item.get("type")
        if kind == "reasoning":
            thought = _thought(item)
        elif kind in _CALLS:
            _answer(messages, thought).setdefault("tool_calls", []).append(_call(item))
            thought = ""
        elif kind in _OUTPUTS:
            output: Any = item.get("output")
            content = output if isinstance(output, str) else _content(output)
            messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": content})
        elif kind == "message":
            role, content = item.get("role") or "user", _content(item.get("content"))
            if role in ("system", "developer"):
                system.append(_text(content))
            elif role == "assistant":
                answer = _answer(messages, "")
                answer["content"] = _text(answer["content"]) + _text(content) or None
            else:
                messages.append({"role": role, "content": content})
    head: list[JsonObject] = [{"role": "system", "content": "\n\n".join(system)}] if system else []
    return head + messages


def agents_tools(body: bytes) -> list[JsonObject]:
    """The client's functions, of a request to an agent, as Chat Completions has them."""
    return as_functions(read_request(body).usable_tools)


def run_of(run: ChatRunParams, items: Sequence[JsonObject]) -> ChatRunParams:
    """The run that items ask for, all that was said before included.

    Where they end with what the client's tools answered, it goes on behind that.
    """
    messages = [message for message in messages_of(None, items) if message["role"] in SAID]
    outputs = outputs_of(messages)
    last = max((at for at, message in enumerate(messages) if message["role"] == "user"), default=0)
    said = [earlier(message) for message in (messages[: -len(outputs)] if outputs else messages[:last])]
    if not outputs:
        return msgspec.structs.replace(run, history=said)
    return msgspec.structs.replace(run, tool_outputs=outputs, attachments=[], history=said)


def _answer(messages: list[JsonObject], thought: str) -> JsonObject:
    """The model's message that is being said: the last, or a new one."""
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    if thought:
        messages[-1]["reasoning_content"] = thought
    return messages[-1]


def _call(item: JsonObject) -> JsonObject:
    arguments: Any = item.get("arguments") or "{}"
    if item.get("type") == "custom_tool_call":
        arguments = msgspec.json.encode({"input": item.get("input") or ""}).decode()
    name = function_name(str(item.get("name") or ""), item.get("namespace"))
    function = {"name": name, "arguments": arguments}
    return {"id": item.get("call_id") or item.get("id"), "type": "function", "function": function}


def _thought(item: JsonObject) -> str:
    """The reasoning of an item: what was thought or, where that is not there, its summary."""
    for name in ("content", "summary"):
        parts = cast("list[Any]", item.get(name) or [])
        texts = [cast("JsonObject", part).get("text") for part in parts if isinstance(part, dict)]
        if text := "".join(str(text or "") for text in texts):
            return text
    return ""


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in cast("list[JsonObject]", content))
    return content or ""


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
