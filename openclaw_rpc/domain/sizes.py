"""How long what is told may be: bounds that a client with a common limit of its own can take, and cutting to them."""

from __future__ import annotations

from typing import Any, Final, TypeVar, cast

import msgspec

from openclaw_rpc.protocol.chat import ChatMessage, ChatMessageEvent
from openclaw_rpc.protocol.session import LiveRun, SessionDetail

LARGEST: Final = 256 * 1024
"""Bytes of an event, or of a page of a list, as a message. Common libraries refuse messages over 1 MiB."""
ENVELOPE: Final = 2048
"""What a message may have around its data: the client's own id of a call among it."""
PIECE: Final = 40_000
"""Characters of text in one event: as JSON each takes at most six bytes."""
_LEAST = 64

T = TypeVar("T", bound=msgspec.Struct)
_encode = msgspec.json.Encoder().encode


def size_of(value: Any) -> int:
    """The bytes of a value as JSON."""
    return len(_encode(value))


def fitted(data: T, most: int = LARGEST - ENVELOPE) -> T:
    """The same in at most so many bytes of JSON: long texts in it are cut, the longest first.

    Where a struct has a field ``truncated`` it then says so; a message says how long its content is as well, and where
    it goes on. Of what a run has said so far, the newest part is left.
    """
    if size_of(data) <= most:
        return data
    if isinstance(data, ChatMessageEvent):
        rest = size_of(data) - size_of(data.message)
        return msgspec.structs.replace(data, message=fitted(data.message, most - rest))
    if isinstance(data, SessionDetail) and data.live:
        data = msgspec.structs.replace(data, live=[_tail(live, most // (2 * len(data.live))) for live in data.live])
    plain, limit = msgspec.to_builtins(data), most
    if "truncated" in data.__struct_fields__:
        plain["truncated"] = True
    cut = plain
    while size_of(cut) > most and limit:
        limit = limit // 2 if limit > _LEAST else 0
        cut = {name: _cut(value, limit) for name, value in plain.items()}
    shorter = msgspec.convert(cut, type(data))
    if isinstance(data, ChatMessage) and isinstance(shorter, ChatMessage):
        size, left = len(data.content), len(shorter.content)
        begin = (data.next_offset or size) - size
        goes_on = begin + left if left < size or data.next_offset else None
        return msgspec.structs.replace(shorter, size=data.size or size, next_offset=goes_on)
    return shorter


def part(message: ChatMessage, offset: int) -> ChatMessage:
    """A message's content from a character on, as much as one message takes; what goes with it comes with the first."""
    size = len(message.content)
    begin = min(offset, size)
    if begin:
        message = msgspec.structs.replace(
            message, tool_calls=[], attachments=[], metadata={}, provider_details={}, size=size, truncated=True
        )
    message = msgspec.structs.replace(message, content=message.content[begin:])
    found = fitted(message)
    if found is message:
        return message
    return msgspec.structs.replace(found, size=size, next_offset=begin + len(found.content))


def _tail(live: LiveRun, most: int) -> LiveRun:
    kept = _ending(live.text, most)
    return msgspec.structs.replace(live, text=kept, offset=len(live.text) - len(kept))


def _ending(text: str, most: int) -> str:
    return _begin(text[::-1], most)[::-1]


def _cut(value: Any, most: int) -> Any:
    """A JSON value with no text in it longer than so many bytes; nothing is left of lists and objects at 0."""
    if isinstance(value, str):
        return _begin(value, most) if most else value[:_LEAST]
    if isinstance(value, list):
        return [_cut(item, most) for item in cast("list[Any]", value)] if most else []
    if isinstance(value, dict):
        if not most:
            return {}
        return {key: _cut(item, most) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _begin(text: str, most: int) -> str:
    """The beginning of a text that takes at most so many bytes as JSON."""
    if len(text) * 6 <= most:
        return text
    while text and (size := size_of(text) - 2) > most:
        text = text[: min(len(text) - 1, len(text) * most // size)]
    return text
