"""What a chunk of Chat Completions looks like: as most servers spell it, and as widely as any of them does.

Nearly all chunks decode into `CompletionFrame` as it stands. Whatever does not is loosened: read field by field, what
is spelled otherwise put right, and written anew for clients that know OpenAI's spelling alone.
"""

import json
import math
from typing import Any, cast

import msgspec

from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.surrogates import replaced, replaced_in

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
REASONING = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
"""Fields in which servers tell a model's reasoning."""
_FINISHES = {
    "end_turn": "stop", "stop_sequence": "stop", "eos": "stop", "eos_token": "stop", "complete": "stop",
    "max_tokens": "length", "model_length": "length", "max_output_tokens": "length",
    "tool_use": "tool_calls", "tool_call": "tool_calls",
    "safety": "content_filter", "recitation": "content_filter", "blocklist": "content_filter",
    "prohibited_content": "content_filter", "spii": "content_filter", "sensitive": "content_filter",
    "refusal": "content_filter", "insufficient_system_resource": "length",
}  # fmt: skip
FINISHES = frozenset(("stop", "length", "tool_calls", "content_filter", "function_call"))
MOST_TOKENS = 1 << 53


class BadAnswerError(Exception):
    """The server's answer can't be read; the message says what was wrong with it."""


class UpstreamError(Exception):
    """The server put an error into its answer. ``code`` and ``type`` as it gave them, in lower case."""

    def __init__(self, message: str, *, code: str = "", kind: str = "", status: int | None = None, told: Any = None):
        super().__init__(message)
        self.message = message
        self.code = code
        self.kind = kind
        self.status = status
        self.told = told
        """The error as the server spelled it."""


class CalledFunction(msgspec.Struct, gc=False):
    """The function of a call, or a piece of it."""

    name: str | None = None
    arguments: str | None = None


class ToolCallPiece(msgspec.Struct, gc=False):
    """A call of a tool, or a piece of it. ``extra_content`` is the provider's own, to be sent back with it."""

    index: int | None = None
    id: str | None = None
    function: CalledFunction | None = None
    extra_content: Any = None


class Delta(msgspec.Struct, gc=False):
    """What a chunk adds to the message, or a whole message."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallPiece] | None = None
    function_call: CalledFunction | None = None
    reasoning_details: list[Any] | None = None
    extra_content: Any = None

    def thought(self) -> str:
        """The reasoning, whatever it is called."""
        thought = self.reasoning_content or self.reasoning or ""
        return thought if thought or not self.reasoning_details else thought_in(self.reasoning_details)


class CompletionChoice(msgspec.Struct, gc=False):
    """An answer, or a piece of it: ``delta`` in a stream, ``message`` in a document."""

    index: int
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class Details(msgspec.Struct, gc=False):
    """What some of the tokens were."""

    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class UsageCounts(msgspec.Struct, gc=False):
    """What a provider says it used."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: Details | None = None
    completion_tokens_details: Details | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's word for cached tokens."""
    cached_tokens: int | None = None
    """Moonshot's."""
    reasoning_tokens: int | None = None

    def usage(self) -> Usage | None:
        """The same as the table has it; None where nothing is said."""
        if self.prompt_tokens is None and self.completion_tokens is None and self.total_tokens is None:
            return None
        asked, said = _tokens(self.prompt_tokens), _tokens(self.completion_tokens)
        before, after = self.prompt_tokens_details or Details(), self.completion_tokens_details or Details()
        return Usage(
            prompt_tokens=asked,
            completion_tokens=said,
            total_tokens=_tokens(self.total_tokens) or asked + said,
            cached_tokens=_tokens(before.cached_tokens or self.prompt_cache_hit_tokens or self.cached_tokens),
            reasoning_tokens=_tokens(after.reasoning_tokens or self.reasoning_tokens),
        )


def _tokens(count: int | None) -> int:
    """A number of tokens that can be counted with, whatever a server says."""
    return max(0, min(count or 0, MOST_TOKENS))


class CompletionFrame(msgspec.Struct, gc=False):
    """A chunk, or a whole completion."""

    choices: list[CompletionChoice]
    usage: UsageCounts | None = None
    error: Any = None


def finish_of(reason: str) -> str:
    """Why an answer ended, in OpenAI's words; anything unheard of means that the model stopped."""
    if reason in FINISHES:
        return reason
    reason = reason.lower()
    return reason if reason in FINISHES else _FINISHES.get(reason, "stop")


def loads(payload: bytes) -> Any:
    """JSON as widely as Python reads it, halves of surrogate pairs included.

    Raises:
        BadAnswerError: it is not JSON.
    """
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        raise BadAnswerError("sent a line that is not JSON") from None


def as_text(payload: bytes) -> bytes:
    """Bytes that are carried as they came.

    Raises:
        BadAnswerError: they are not UTF-8; what is not looked at was not decoded either.
    """
    if not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError:
            raise BadAnswerError("sent a line that is not UTF-8") from None
    return payload


def several(payload: bytes) -> list[Any]:
    """JSON values that stand in one line without anything between them.

    Raises:
        BadAnswerError: they are something else.
    """
    try:
        text, at = payload.decode(), 0
        found: list[Any] = []
        while at < len(text):
            value, at = json.JSONDecoder().raw_decode(text, at)
            found.append(value)
            rest = text[at:].lstrip()
            if rest.startswith("data:"):
                rest = rest[5:].lstrip()
            if rest.strip() == "[DONE]":
                found.append(None)
                rest = ""
            at = len(text) - len(rest)
    except (ValueError, RecursionError):
        raise BadAnswerError("sent a line that is not JSON") from None
    return found


def loosened(found: Any) -> CompletionFrame:
    """A chunk or completion, whatever its spelling.

    Raises:
        BadAnswerError: it is something else.
    """
    if not isinstance(found, dict):
        raise BadAnswerError("sent a piece of the wrong shape (an object is expected)")
    chunk = cast("dict[str, Any]", found)
    if (error := error_value(chunk)) is not None:
        return CompletionFrame(choices=[], error=error)
    choices = objects(chunk.get("choices"))
    if inner := next((choice["error"] for choice in choices if choice.get("error")), None):
        return CompletionFrame(choices=[], error=inner)
    usage: Any = chunk.get("usage")
    return CompletionFrame(
        choices=list(map(_choice, choices)), usage=_counted(usage) if isinstance(usage, dict) else None
    )


def _choice(choice: dict[str, Any]) -> CompletionChoice:
    delta, message = choice.get("delta"), choice.get("message")
    text = choice.get("text")
    if not isinstance(delta, dict) and not isinstance(message, dict):
        delta = {"content": text if isinstance(text, str) else None}
    finish = choice.get("finish_reason")
    return CompletionChoice(
        index=whole_number(choice.get("index")) or 0,
        delta=_delta(delta) if isinstance(delta, dict) else None,
        message=_delta(message) if isinstance(message, dict) else None,
        finish_reason=finish if isinstance(finish, str) and finish else None,
    )


def _delta(delta: Any) -> Delta:
    found = cast("dict[str, Any]", delta)
    text, thinking = parts_of(found.get("content"))
    told = [parts_of(found.get(name)) for name in REASONING]
    thinking = next((said + thought for said, thought in told if said or thought), thinking)
    details = objects(found.get("reasoning_details"))
    refusal = found.get("refusal")
    return Delta(
        content=text or None,
        reasoning_content=thinking or None,
        refusal=replaced(refusal) if isinstance(refusal, str) else None,
        tool_calls=list(map(_call, objects(found.get("tool_calls")))) or None,
        function_call=_function(found["function_call"]) if isinstance(found.get("function_call"), dict) else None,
        reasoning_details=replaced_in(details) or None,
        extra_content=replaced_in(found.get("extra_content")),
    )


def _call(call: dict[str, Any]) -> ToolCallPiece:
    function, call_id = call.get("function"), call.get("id")
    return ToolCallPiece(
        index=whole_number(call.get("index")),
        id=replaced(str(call_id)) if isinstance(call_id, str | int) and call_id != "" else None,
        function=_function(function) if isinstance(function, dict) else None,
        extra_content=replaced_in(call.get("extra_content")),
    )


def _function(function: Any) -> CalledFunction:
    found = cast("dict[str, Any]", function)
    name, arguments = found.get("name"), found.get("arguments")
    if isinstance(arguments, dict | list):
        arguments = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return CalledFunction(
        name=replaced(name) if isinstance(name, str) and name else None,
        arguments=arguments if isinstance(arguments, str) else None,
    )


def _counted(usage: Any) -> UsageCounts:
    found = cast("dict[str, Any]", usage)

    def details(name: str) -> Details | None:
        inner: Any = found.get(name)
        if not isinstance(inner, dict):
            return None
        values = cast("dict[str, Any]", inner)
        return Details(whole_number(values.get("cached_tokens")), whole_number(values.get("reasoning_tokens")))

    return UsageCounts(
        prompt_tokens=whole_number(found.get("prompt_tokens")),
        completion_tokens=whole_number(found.get("completion_tokens")),
        total_tokens=whole_number(found.get("total_tokens")),
        prompt_tokens_details=details("prompt_tokens_details"),
        completion_tokens_details=details("completion_tokens_details"),
        prompt_cache_hit_tokens=whole_number(found.get("prompt_cache_hit_tokens")),
        cached_tokens=whole_number(found.get("cached_tokens")),
        reasoning_tokens=whole_number(found.get("reasoning_tokens")),
    )


def whole_number(value: Any) -> int | None:
    """A number as servers spell it, also as text; None for what is not one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return max(0, min(int(value), MOST_TOKENS))


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none where it is something else."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]


def thought_in(details: Any) -> str:
    """The reasoning that OpenRouter's `reasoning_details` tell."""
    texts: list[Any] = [item.get("text") or item.get("summary") for item in objects(details)]
    return "".join(text for text in texts if isinstance(text, str))


def parts_of(content: Any) -> tuple[str, str]:
    """Text and reasoning of a content: a text, nothing, or parts as some servers stream them.

    Raises:
        BadAnswerError: it is something else.
    """
    if content is None or isinstance(content, str):
        return content or "", ""
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list):
        raise BadAnswerError("sent a piece of the wrong shape (content is neither a text nor a list of parts)")
    text, thinking = "", ""
    for part in cast("list[Any]", content):
        if isinstance(part, str):
            text += part
        elif isinstance(part, dict):
            found = cast("dict[str, Any]", part)
            said, thought = found.get("text"), found.get("thinking")
            if isinstance(said, str):
                if found.get("type") in ("thinking", "reasoning"):
                    thinking += said
                else:
                    text += said
            elif isinstance(thought, str | list):
                thinking += "".join(parts_of(cast("Any", thought)))
    return text, thinking


def error_value(found: dict[str, Any]) -> Any:
    """The error that an object tells, in any of the shapes in use; None where it tells none."""
    error: Any = found.get("error")
    if error is not None and error is not False and error != "":
        if isinstance(error, str) and isinstance(found.get("message"), str):
            return {**found, "code": found.get("code") or error}
        return error
    if "choices" in found or "usage" in found:
        return None
    said: Any = found.get("message") or found.get("detail") or found.get("error_msg")
    if isinstance(said, str) or found.get("object") == "error" or found.get("type") == "error":
        return {**found, "message": said}
    return None


def error_of(error: Any) -> UpstreamError:
    """An error value as an exception."""
    error = replaced_in(error)
    if not isinstance(error, dict):
        text = error if isinstance(error, str) else json.dumps(error, default=str)
        return UpstreamError(text[:2000] or "an error that it did not describe", told=error)
    found = cast("dict[str, Any]", error)
    message, code = found.get("message"), found.get("code")
    status = whole_number(code) or whole_number(found.get("status")) or whole_number(found.get("status_code"))
    return UpstreamError(
        message if isinstance(message, str) and message else "an error that it did not describe",
        code=str(code or "").lower(),
        kind=str(found.get("type") or "").lower(),
        status=status if status is not None and 400 <= status <= 599 else None,
        told=found,
    )


def error_in(body: bytes) -> UpstreamError | None:
    """The error that the body of a refusal describes; None where it describes none."""
    try:
        document = loads(body)
    except BadAnswerError:
        return None
    if isinstance(document, list) and document:  # Google's compatible endpoint wraps it in a list
        document = cast("list[Any]", document)[0]
    if not isinstance(document, dict):
        return None
    found = error_value(cast("dict[str, Any]", document))
    return None if found is None else error_of(found)
