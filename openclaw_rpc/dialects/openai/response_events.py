"""The events of a response, in their order, and the response that they come to (OpenAI's Responses, streaming)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec

from openclaw_rpc.dialects.openai.response_requests import ResponseRequest
from openclaw_rpc.dialects.openai.response_tools import Called, called_by
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.ids import new_id

Tell = Callable[[str, bytes], None]
"""Takes an event: its type and its JSON."""

_ECHOED = (
    "instructions", "max_output_tokens", "previous_response_id", "temperature", "top_p", "metadata", "user",
    "prompt_cache_key", "safety_identifier", "service_tier", "top_logprobs",
)  # fmt: skip


def new_response(request: ResponseRequest, response_id: str, model: str) -> JsonObject:
    """A response that has not begun."""
    echoed: JsonObject = {name: getattr(request, name) for name in _ECHOED}
    conversation = request.conversation_id
    return {
        **echoed,
        "id": response_id,
        "object": "response",
        "created_at": int(time.time()),
        "status": "queued" if request.background else "in_progress",
        "background": bool(request.background),
        "conversation": {"id": conversation} if conversation else None,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "reasoning": {"effort": None, "summary": None, **(request.reasoning or {})},
        "store": request.kept,
        "text": {"format": {"type": "text"}, **(request.text or {})},
        "tool_choice": request.tool_choice if request.tool_choice is not None else "auto",
        "tools": request.usable_tools,
        "truncation": request.truncation or "disabled",
        "metadata": request.metadata or {},
        "usage": None,
    }


class _OpenItem:
    """An item that is being said: its place, its text so far."""

    def __init__(self, item: JsonObject, index: int) -> None:
        self.item = item
        self.index = index
        self.pieces: list[str] = []


class Building:
    """Turns what a model or an agent says into events. One item of text or reasoning is open at a time."""

    def __init__(self, response: JsonObject, tell: Tell) -> None:
        self.response = response
        self.ended = False
        self._tell = tell
        self._sequence = 0
        self._open: _OpenItem | None = None
        self._calls: dict[int, _OpenItem] = {}
        self._tools = called_by(response["tools"])

    def _id(self, prefix: str) -> str:
        """An item's id, which leads to its response: see `response_of_item`."""
        return f"{prefix}_{self.response['id'].removeprefix('resp_')}{len(self.response['output']):02x}"

    def _event(self, kind: str, **data: Any) -> None:
        event = {"type": kind, "sequence_number": self._sequence, **data}
        self._sequence += 1
        self._tell(kind, msgspec.json.encode(event))

    def begin(self) -> None:
        """It is accepted, and under way."""
        self._event("response.created", response=self.response)
        self.response["status"] = "in_progress"
        self._event("response.in_progress", response=self.response)

    def text(self, delta: str) -> None:
        """A piece of the answer."""
        found = self._opened("message", "output_text")
        found.pieces.append(delta)
        self._event("response.output_text.delta", **_place(found), delta=delta, logprobs=[])

    def think(self, delta: str) -> None:
        """A piece of the reasoning."""
        found = self._opened("reasoning", "reasoning_text")
        found.pieces.append(delta)
        self._event("response.reasoning_text.delta", **_place(found), delta=delta)

    def call(self, index: int, call_id: str | None, name: str | None, arguments: str) -> None:
        """A piece of a call of one of the client's functions."""
        found = self._calls.get(index)
        if found is None:
            self._close()
            tool = self._tools.get(name or "") or Called(name or "")
            item: JsonObject = {
                "id": self._id("ctc" if tool.custom else "fc"),
                "type": "custom_tool_call" if tool.custom else "function_call",
                "status": "in_progress",
                "call_id": call_id or new_id("call"),
                "name": tool.name,
                **({"namespace": tool.namespace} if tool.namespace else {}),
                "input" if tool.custom else "arguments": "",
            }
            found = self._calls[index] = self._add(item)
        if arguments:
            found.pieces.append(arguments)
            if found.item["type"] == "function_call":  # a custom tool's text is known when all of it is there
                self._event(
                    "response.function_call_arguments.delta",
                    item_id=found.item["id"], output_index=found.index, delta=arguments,
                )  # fmt: skip

    def finish(self, reason: str | None, usage: Usage | None) -> None:
        """It is whole, or cut off by a limit."""
        self._close_all("incomplete" if reason in ("length", "content_filter") else "completed")
        if usage is not None:
            self.response["usage"] = _usage(usage)
        if reason in ("length", "content_filter"):
            why = "max_output_tokens" if reason == "length" else reason
            self.response["incomplete_details"] = {"reason": why}
            self._end("incomplete", "response.incomplete")
        else:
            self._end("completed", "response.completed")

    def fail(self, code: str, message: str) -> None:
        """It failed."""
        self._close_all("incomplete")
        self.response["error"] = {"code": code, "message": message}
        self._end("failed", "response.failed")

    def cancel(self) -> None:
        """It was stopped."""
        self._close_all("incomplete")
        self._end("cancelled", "response.incomplete")

    def _end(self, status: str, event: str) -> None:
        self.response["status"] = status
        if status == "completed":
            self.response["completed_at"] = int(time.time())
        self.ended = True
        self._event(event, response=self.response)

    def _add(self, item: JsonObject) -> _OpenItem:
        output: list[JsonObject] = self.response["output"]
        output.append(item)
        found = _OpenItem(item, len(output) - 1)
        self._event("response.output_item.added", output_index=found.index, item=item)
        return found

    def _opened(self, kind: str, part: str) -> _OpenItem:
        found = self._open
        if found is not None and found.item["type"] == kind:
            return found
        self._close()
        item: JsonObject = {"id": self._id("msg" if kind == "message" else "rs"), "type": kind, "status": "in_progress"}
        item |= {"role": "assistant"} if kind == "message" else {"summary": []}
        found = self._open = self._add(item | {"content": []})
        self._event("response.content_part.added", **_place(found), part=_part(part, ""))
        return found

    def _close(self, status: str = "completed") -> None:
        """The item that is open is whole."""
        found, self._open = self._open, None
        if found is None:
            return
        kind = "output_text" if found.item["type"] == "message" else "reasoning_text"
        text = "".join(found.pieces)
        part = _part(kind, text)
        more: JsonObject = {"logprobs": []} if kind == "output_text" else {}
        self._event(f"response.{kind}.done", **_place(found), text=text, **more)
        self._event("response.content_part.done", **_place(found), part=part)
        found.item["content"] = [part]
        self._done(found, status)

    def _close_all(self, status: str) -> None:
        self._close(status)
        for found in self._calls.values():
            said = "".join(found.pieces)
            place = {"item_id": found.item["id"], "output_index": found.index}
            if found.item["type"] == "custom_tool_call":
                found.item["input"] = said = _input(said)
                self._event("response.custom_tool_call_input.delta", **place, delta=said)
                self._event("response.custom_tool_call_input.done", **place, input=said)
            else:
                found.item["arguments"] = said
                self._event("response.function_call_arguments.done", **place, name=found.item["name"], arguments=said)
            self._done(found, status)
        self._calls.clear()

    def _done(self, found: _OpenItem, status: str) -> None:
        found.item["status"] = status
        self._event("response.output_item.done", output_index=found.index, item=found.item)


def _input(arguments: str) -> str:
    """The text that a custom tool is called with."""
    try:
        found: Any = msgspec.json.decode(arguments, type=dict[str, Any]).get("input")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        found = None
    return found if isinstance(found, str) else arguments


def response_of_item(item_id: str) -> str:
    """The id of the response that an item of ours belongs to, or one that does not exist."""
    return f"resp_{item_id.partition('_')[2][:-2]}"


def _place(found: _OpenItem) -> JsonObject:
    return {"item_id": found.item["id"], "output_index": found.index, "content_index": 0}


def _part(kind: str, text: str) -> JsonObject:
    return {"type": kind, "text": text} | ({"annotations": [], "logprobs": []} if kind == "output_text" else {})


def _usage(usage: Usage) -> JsonObject:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }
