"""What a model said in one answer: its text, and the tools that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from openclaw_rpc.domain.chunks import Chunk, ToolCallPart
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import CalledFunction, MessageToolCall, Usage
from openclaw_rpc.protocol.validation import whole_characters

SHOWN = 200
"""How many characters of arguments that can't be read the model is shown again."""


class RequestedCall:
    """A tool call that a model asks for: ``form`` is that of Chat Completions."""

    __slots__ = ("call_id", "fault", "form", "name", "params")

    def __init__(self, call_id: str, name: str, arguments: str) -> None:
        self.call_id = call_id
        self.name = name
        self.form = MessageToolCall(id=call_id, function=CalledFunction(name=name, arguments=arguments))
        self.params: Any = arguments
        """The arguments as JSON, as they came where they are not a JSON object; ``fault`` says why they are none."""
        self.fault = ""
        try:
            self.params = msgspec.json.decode(whole_characters(arguments.encode("utf-8", "replace")), type=JsonObject)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            self.fault = f"the arguments are not a JSON object ({error}): {arguments[:SHOWN]}"


class ModelReply:
    """What a model said in one answer, gathered from its stream."""

    def __init__(self) -> None:
        self.finish: str | None = None
        self.usage: Usage | None = None
        self.characters = 0
        self._thoughts: list[str] = []
        self._details: JsonObject = {}
        self._calls: dict[int, ToolCallPart] = {}

    def take(self, batch: Sequence[Chunk]) -> tuple[str, str]:
        """Add what one read of the stream brought; answers its text and its reasoning."""
        text = thinking = ""
        for chunk in batch:
            text += chunk.text
            thinking += chunk.thinking
            if chunk.finish_reason is not None:
                self.finish = chunk.finish_reason
            if chunk.usage is not None:
                self.usage = chunk.usage
            for part in chunk.tool_calls:
                call = self._calls.setdefault(part.index, ToolCallPart(index=part.index))
                call.id = call.id or part.id
                call.name = call.name or part.name
                call.arguments += part.arguments
                call.extra = part.extra if part.extra is not None else call.extra
            if chunk.details:
                self._keep(chunk.details)
        if thinking:
            self._thoughts.append(thinking)
        self.characters += len(text) + len(thinking)
        return text, thinking

    def calls(self) -> list[RequestedCall]:
        """The tool calls it asks for; no two of them share an id."""
        calls: dict[str, RequestedCall] = {}
        for _, call in sorted(self._calls.items()):
            call_id = call.id if call.id and call.id not in calls else new_id("call")
            calls[call_id] = RequestedCall(call_id, call.name or "", call.arguments or "{}")
        return list(calls.values())

    def _keep(self, details: JsonObject) -> None:
        more: list[JsonObject] = details.get("reasoning_details", [])
        found: list[JsonObject] = self._details.get("reasoning_details", [])
        self._details |= details
        if found or more:
            self._details["reasoning_details"] = found + more

    def details(self, provider: str, calls: Sequence[RequestedCall]) -> JsonObject:
        """What the provider added to the message, and is to be sent again with it; empty where that is nothing.

        Reasoning counts only where tools were asked for: providers want it back while they are used.
        """
        details = dict(self._details)
        if calls and self._thoughts:
            details["reasoning_content"] = "".join(self._thoughts)
        extras = [call.extra for _, call in sorted(self._calls.items())]
        if any(extra is not None for extra in extras):
            pairs = zip(calls, extras, strict=False)
            details["calls"] = {call.call_id: extra for call, extra in pairs if extra is not None}
        return {"provider": provider, **details} if details else {}
