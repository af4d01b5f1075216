"""The body of a request, as each kind of server wants it, and what to leave out where one refuses a field."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from openclaw_rpc.adapters.providers.tool_schemas import for_models
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.pictures import FIELD as PICTURES
from openclaw_rpc.domain.providers import Prompt
from openclaw_rpc.domain.runs.context import DETAILS
from openclaw_rpc.domain.tools.ports import ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Thinking

LISTS_KEPT: Final = 16
"""Of how many lists of tools the JSON is kept."""

_BUDGETS: dict[Thinking, int] = {"low": 2_048, "medium": 8_192, "high": 24_576}
"""Tokens that Anthropic's models may think for (its least is 1,024)."""

_REFUSALS: dict[str, tuple[str, ...]] = {
    "stream_options": ("stream_options", "include_usage"),
    "reasoning_effort": ("reasoning_effort", "reasoning effort", "not support thinking", "not support reasoning"),
    "thinking": ("thinking", "budget_tokens"),
    "max_completion_tokens": ("max_completion_tokens",),
    "max_tokens": ("max_completion_tokens",),
}
"""Words by which servers refuse a field; the answer to a refused ``max_tokens`` names the field to use instead."""

_UNSEEN: Final = (
    "image", "picture", "vision", "multimodal", "multi-modal", "mmproj", "content type", "must be a string",
    "expected a string", "expected string", "unexpected role",
)  # fmt: skip
"""Words by which servers refuse pictures, or where they stand: behind a tool's result, as what a user says."""
_UNSEEN_STATUSES: Final = (400, 404, 415, 422, 500, 501)
_FAULTY: Final = (
    "invalid image",
    "could not process",
    "too large",
    "exceed",
    "decode",
    "unable to download",
    "corrupt",
)
"""Words by which they refuse one picture for what it is: the next may be seen."""
_SHOWS: Final = "[what {} shows]"
_LEFT_OUT: Final = "[a picture, which this model can't look at]"
_EVERY: Final = ("reasoning_content", "reasoning_details", "extra_content")
_SENT_BACK: Mapping[str, tuple[str, ...]] = {
    "deepseek": ("reasoning_content",),
    "moonshot": ("reasoning_content",),
    "zhipu": ("reasoning_content",),
    "qwen": ("reasoning_content",),
    "llamacpp": ("reasoning_content",),
    "lmstudio": ("reasoning_content",),
    "vllm": ("reasoning_content",),
    "openrouter": ("reasoning_details",),
    "gemini": ("extra_content",),
    "openai-compatible": _EVERY,
}
"""What each kind of server wants back of what it added to a message; the others refuse or ignore it."""


class RequestBodies:
    """Builds bodies for one provider, and remembers what its models refused.

    Fields are left out per model: a server often has models of several kinds.
    """

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self._name = name
        self._anthropic = settings.type == "anthropic"
        # OpenAI itself calls `max_tokens` deprecated and refuses it for reasoning models; others know no other.
        host = urlsplit(settings.address).hostname or ""
        self._newest = settings.type == "openai" and (host == "api.openai.com" or host.endswith(".api.openai.com"))
        own = settings.type != "openai" or self._newest
        self._sent_back = _SENT_BACK.get(settings.type, ()) if own else _EVERY
        self._shows = settings.pictures is not False
        self._refused: set[tuple[str, str]] = set()
        self._functions: OrderedDict[int, tuple[Sequence[ToolSpec], msgspec.Raw]] = OrderedDict()

    def body(self, prompt: Prompt) -> dict[str, Any]:
        """The JSON of a streamed request for ``prompt`` (OpenAI's Chat Completions)."""
        messages = prompt.messages
        if any(DETAILS in message for message in messages):
            messages = [self._sent(message) for message in messages]
        if has_pictures(messages):
            shows = self._shows and (prompt.model, PICTURES) not in self._refused
            messages = shown(messages) if shows else without_pictures(messages)
        body: dict[str, Any] = {"model": prompt.model, "messages": messages, "stream": True}
        if prompt.tools:
            body["tools"] = self._as_functions(prompt.tools)
        if prompt.temperature is not None:
            body["temperature"] = prompt.temperature
        body["stream_options"] = {"include_usage": True}
        if prompt.max_tokens is not None:
            body["max_completion_tokens" if self._newest else "max_tokens"] = prompt.max_tokens
        if prompt.thinking is not None:
            self._think(body, prompt.thinking, prompt.max_tokens)
        if prompt.more:
            body |= prompt.more
        if self._refused:
            for field in list(body):
                if (prompt.model, field) in self._refused:
                    _leave_out(body, field)
        return body

    def _sent(self, message: JsonObject) -> JsonObject:
        """A message with what its provider added to it, where that was this one and wants it back."""
        details: JsonObject | None = message.get(DETAILS)
        if details is None:
            return message
        sent = {name: value for name, value in message.items() if name != DETAILS}
        if details.get("provider") != self._name:
            return sent
        sent |= {name: details[name] for name in self._sent_back if name in details}
        extras: JsonObject = details.get("calls") or {}
        if extras and "extra_content" in self._sent_back and "tool_calls" in sent:
            calls: list[JsonObject] = sent["tool_calls"]
            sent["tool_calls"] = [
                {**call, "extra_content": extras[call["id"]]} if call["id"] in extras else call for call in calls
            ]
        return sent

    def _as_functions(self, tools: Sequence[ToolSpec]) -> msgspec.Raw:
        """The tools in the form of Chat Completions; those of a list that was asked with before, as they were then."""
        known = self._functions.get(id(tools))
        if known is None or known[0] is not tools:
            encoded = msgspec.json.encode([_function(spec) for spec in tools])
            # As long as the list is kept here, no other has its id.
            known = self._functions[id(tools)] = tools, msgspec.Raw(encoded)
            if len(self._functions) > LISTS_KEPT:
                self._functions.popitem(last=False)
        return known[1]

    def _think(self, body: dict[str, Any], thinking: Thinking, max_tokens: int | None) -> None:
        if not self._anthropic:
            body["reasoning_effort"] = thinking
            return
        # Anthropic's OpenAI endpoint ignores reasoning_effort and takes `thinking`; thinking counts as output, and
        # goes with the default temperature alone.
        budget = min(_BUDGETS[thinking], (max_tokens or 10_000_000) // 2)
        if budget >= 1_024:
            body["thinking"] = {"type": "enabled", "budget_tokens": budget}
            body.pop("temperature", None)

    def without_refused(
        self, body: dict[str, Any], model: str, status: int | None, words: str, optional: frozenset[str] | None = None
    ) -> bool:
        """Take out of ``body`` what a refusal with that text names; False where it names nothing that can go.

        ``optional``: the fields that may go, None where all may that servers are known to refuse.
        """
        words = words.lower()
        if optional is None and self._without_pictures(body, model, status, words):
            return True
        if status not in (400, 422):
            return False
        for field, names in _REFUSALS.items():
            may_go = field in body and (optional is None or field in optional)
            if may_go and any(name in words for name in names):
                self._refused.add((model, field))
                _leave_out(body, field)
                return True
        return False

    def _without_pictures(self, body: dict[str, Any], model: str, status: int | None, words: str) -> bool:
        """Take the pictures out of a run's request that was refused for them; False where it was not."""
        if status not in _UNSEEN_STATUSES or not any(word in words for word in _UNSEEN):
            return False
        if not has_pictures(body["messages"]):
            return False
        if not any(word in words for word in _FAULTY):
            self._refused.add((model, PICTURES))
        body["messages"] = without_pictures(body["messages"])
        return True

    def counted(self, body: dict[str, Any], model: str) -> bool:
        """Ask for usage in a client's own streamed request, where its server is not known to refuse that."""
        if (model, "stream_options") in self._refused:
            return False
        options: Any = msgspec.json.decode(body.get("stream_options", b"null"))
        body["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
        return True


def _function(spec: ToolSpec) -> dict[str, Any]:
    function = {"name": spec.name, "description": spec.description, "parameters": for_models(spec.parameters)}
    return {"type": "function", "function": function}


def _leave_out(body: dict[str, Any], field: str) -> None:
    value = body.pop(field)
    if field == "max_tokens":
        body["max_completion_tokens"] = value
    elif field == "max_completion_tokens":
        body["max_tokens"] = value


def has_pictures(messages: Sequence[JsonObject]) -> bool:
    """Whether there is something to be seen: in what was said, or beside a tool's result."""
    return any(PICTURES in message or any(map(_is_picture, _parts(message))) for message in messages)


def shown(messages: Sequence[JsonObject]) -> list[JsonObject]:
    """Messages as servers take them: a tool answers texts alone, so what it shows follows as a user's message."""
    told: list[JsonObject] = []
    parts: list[JsonObject] = []
    for message in messages:
        if parts and message["role"] != "tool":
            told.append({"role": "user", "content": parts})
            parts = []
        for picture in message.get(PICTURES, ()):
            parts.append({"type": "text", "text": _SHOWS.format(picture["tool"])})
            parts.append({"type": "image_url", "image_url": {"url": picture["url"]}})
        told.append({name: value for name, value in message.items() if name != PICTURES})
    return [*told, {"role": "user", "content": parts}] if parts else told


def without_pictures(messages: Sequence[JsonObject]) -> list[JsonObject]:
    """Messages with words in the place of pictures. Those of tools are told of in their results."""
    told: list[JsonObject] = []
    for message in messages:
        parts = _parts(message)
        if told and told[-1]["role"] == "tool" and parts and all(map(_is_shown, parts)):
            continue
        sent = {name: value for name, value in message.items() if name != PICTURES}
        if any(map(_is_picture, parts)):
            sent["content"] = [{"type": "text", "text": _LEFT_OUT} if _is_picture(part) else part for part in parts]
        told.append(sent)
    return told


def _parts(message: JsonObject) -> list[JsonObject]:
    content: Any = message.get("content")
    return cast("list[JsonObject]", content) if isinstance(content, list) else []


def _is_picture(part: JsonObject) -> bool:
    return part.get("type") == "image_url"


def _is_shown(part: JsonObject) -> bool:
    """Whether a part is a picture that a tool brought, or the words before it."""
    head, tail = _SHOWS.split("{}")
    text = str(part.get("text"))
    return _is_picture(part) or (text.startswith(head) and text.endswith(tail))
