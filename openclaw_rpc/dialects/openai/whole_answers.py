"""Answers of models' servers as clients of OpenAI's API need them, where a server leaves something out."""

from __future__ import annotations

import time
from typing import Any, cast

import msgspec
from msgspec import Raw

from openclaw_rpc.dialects.openai.sse_relay import Counted
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.ids import new_id

EVENT_STREAM = "text/event-stream"


class _Head(msgspec.Struct, gc=False):
    id: str | None = None
    object: str | None = None
    created: int | None = None
    model: str | None = None
    usage: Counted | None = None


class WholeAnswer(msgspec.Struct, gc=False):
    """An answer's bytes, and what it says it used."""

    body: bytes
    usage: Usage | None


def of_completion(data: bytes, model: str, *, renamed: bool, filled: bool = True) -> WholeAnswer | None:
    """An answer as the client gets it: as it came where nothing is missing in it. None where it is no JSON object.

    ``renamed``: it names ``model`` rather than the provider's. ``filled``: id, object, created and model, without
    which some clients refuse it, are put in where they are missing.
    """
    try:
        head = msgspec.json.decode(data, type=_Head)
        usage = head.usage.usage() if head.usage else None
        whole = not filled or (head.id and head.object and head.created is not None and head.model)
        if whole and not renamed:
            return WholeAnswer(data, usage)
        fields: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Raw])
    except msgspec.ValidationError:
        return _odd(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if filled:
        fields["id"] = head.id or new_id("chatcmpl")
        fields["object"] = head.object or "chat.completion"
        fields["created"] = int(time.time()) if head.created is None else head.created
    fields["model"] = model if renamed or not head.model else head.model
    return WholeAnswer(msgspec.json.encode(fields), usage)


def _odd(data: bytes) -> WholeAnswer | None:
    """An object whose head has an unusual shape goes out as it came."""
    try:
        msgspec.json.decode(data, type=dict[str, Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return WholeAnswer(data, None)


def as_chunks(data: bytes) -> bytes | None:
    """A whole completion as the events of a stream: for servers that don't stream. None where it is none."""
    answer = of_completion(data, "", renamed=False)
    if answer is None:
        return None
    whole: dict[str, Any] = msgspec.json.decode(answer.body)
    found: Any = whole.get("choices")
    if not isinstance(found, list):
        return None
    choices = cast("list[dict[str, Any]]", found)
    head = {**whole, "object": "chat.completion.chunk"}
    head.pop("usage", None)
    deltas: list[dict[str, Any]] = []
    for choice in choices:
        message: dict[str, Any] = dict(choice.get("message") or {})
        calls: list[dict[str, Any]] = message.get("tool_calls") or []
        if calls:
            message["tool_calls"] = [{"index": at, **call} for at, call in enumerate(calls)]
        index: int = choice.get("index", 0)
        deltas.append({**head, "choices": [{"index": index, "delta": message, "finish_reason": None}]})
        finish = choice.get("finish_reason") or ("tool_calls" if calls else "stop")
        deltas.append({**head, "choices": [{"index": index, "delta": {}, "finish_reason": finish}]})
    if whole.get("usage"):
        deltas.append({**head, "choices": [], "usage": whole["usage"]})
    return b"".join(b"data: " + msgspec.json.encode(delta) + b"\n\n" for delta in deltas)
