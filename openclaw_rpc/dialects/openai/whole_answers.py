"""Answers of models' servers as clients of OpenAI's API need them, where a server leaves something out."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from msgspec import Raw

from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.ids import new_id

MOST_TOKENS = 1 << 53
"""As many as can be counted with, whatever a server says."""


class _AnswerHead(msgspec.Struct, gc=False):
    id: str | None = None
    object: str | None = None
    created: int | None = None
    model: str | None = None


def completed(data: bytes, model: str, *, renamed: bool, filled: bool = True) -> bytes:
    """An answer, a JSON object, as the client gets it: as it came where nothing is missing in it.

    ``renamed``: it names ``model`` rather than the provider's. ``filled``: id, object, created and model, without
    which some clients refuse it, are put in where they are missing.
    """
    try:
        head = msgspec.json.decode(data, type=_AnswerHead)
        if (not filled or (head.id and head.object and head.created is not None and head.model)) and not renamed:
            return data
    except msgspec.ValidationError:
        head = _AnswerHead()
    fields: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Raw])
    if filled:
        fields["id"] = head.id or new_id("chatcmpl")
        fields["object"] = head.object or "chat.completion"
        fields["created"] = int(time.time()) if head.created is None else head.created
    fields["model"] = model if renamed or not head.model else head.model
    return msgspec.json.encode(fields)


class _Used(msgspec.Struct, gc=False):
    prompt_tokens: int = 0
    total_tokens: int = 0


class _Embedded(msgspec.Struct, gc=False):
    usage: _Used | None = None


def used(data: bytes) -> Usage | None:
    """What an answer with embeddings says that it used; None where it does not say."""
    try:
        found = msgspec.json.decode(data, type=_Embedded).usage
    except msgspec.ValidationError:
        return None
    if found is None:
        return None
    asked = max(0, min(found.prompt_tokens, MOST_TOKENS))
    return Usage(
        prompt_tokens=asked, completion_tokens=0, total_tokens=max(asked, min(found.total_tokens, MOST_TOKENS))
    )
