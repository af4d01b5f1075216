"""What a model is given of a tool's result: all of it, or its beginning and its end, and where the whole is.

A result that is a part of a file (`file_read`, `skill_read`) has its whole in that file: it is given as far as it
fits, with the offset where it goes on. Of others every text that is long keeps its beginning and its end; the whole of
them is kept as plain text beside the session, not in its workspace, and goes when the session goes.
"""

from __future__ import annotations

import base64
import re
from typing import Any, Final, Protocol, cast

import msgspec

from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import GatewayError, InternalError

MAX_RESULT: Final = 32_000
"""How many characters of a result a model is given."""
ROOM: Final = 400
"""Characters that notes about what is left out may take."""
LEAST: Final = 400
"""A text that is no longer than this is left whole."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


class Spill(Protocol):
    """Keeps what is too long."""

    async def spill(self, context: RunContext, name: str, text: str) -> str:
        """Keep a text for the session of a run; answers the path that its file tools and its commands read it by.

        Raises:
            GatewayError: it could not be written.
        """
        ...


class Results:
    """Bounds results."""

    def __init__(self, spill: Spill, log: Log, limit: int = MAX_RESULT) -> None:
        self._spill = spill
        self._log = log
        self._limit = limit

    async def bounded(self, tool: str, result: Any, context: RunContext, call_id: str) -> Any:
        """The result itself, or what of it fits.

        Raises:
            InternalError: the tool answered what is not JSON.
        """
        text = self.text(tool, result)
        if text is None or len(text) <= self._limit:
            return result
        fields = cast("JsonObject", result) if isinstance(result, dict) else None
        if fields is not None and is_part(fields):
            return _shorter_part(fields, self._limit)
        # Long texts of an object are kept as they are: lines, not one line of JSON with escapes.
        long = [name for name, value in (fields or {}).items() if isinstance(value, str) and len(value) > LEAST]
        if fields is None or len(_json({**fields, **dict.fromkeys(long, "")})) > self._limit - ROOM * (len(long) + 1):
            whole = text if isinstance(result, str) else msgspec.json.format(msgspec.json.encode(result)).decode()
            note = await self._kept(tool, whole, context, call_id, "")
            return shortened(whole, self._limit, note)
        return await self._shorter_texts(tool, fields, long, context, call_id)

    async def _shorter_texts(
        self, tool: str, fields: JsonObject, long: list[str], context: RunContext, call_id: str
    ) -> JsonObject:
        """An object whose long texts share what room there is, the shortest first."""
        room = self._limit - len(_json({**fields, **dict.fromkeys(long, "")}))
        shorter = dict(fields)
        for at, name in enumerate(sorted(long, key=lambda name: len(_json(fields[name])))):
            share = room // (len(long) - at)
            if len(_json(fields[name])) > share:
                note = await self._kept(tool, fields[name], context, call_id, name)
                shorter[name] = _encoded_within(fields[name], share, note)
            room -= len(_json(shorter[name]))
        return shorter

    async def _kept(self, tool: str, text: str, context: RunContext, call_id: str, field: str) -> str:
        """Keep the whole; where it is, in words."""
        # The id came from a model's server, and may have been used before.
        about = f"-{field}" if field else ""
        name = f"{_UNSAFE.sub('_', call_id)[:60]}{_UNSAFE.sub('_', about)[:30]}-{new_id('')[-8:]}.txt"
        try:
            path = await self._spill.spill(context, name, text)
        except GatewayError as error:
            self._log.warning("a long result could not be kept", tool=tool, error=error.message)
            return "the rest could not be kept"
        return f"the whole is in {path}"

    def text(self, tool: str, result: Any) -> str | None:
        """A result as the model reads it; None where it is so short that nobody has to look.

        Raises:
            InternalError: it is not JSON.
        """
        if isinstance(result, str):
            return result
        try:
            encoded = msgspec.json.encode(result)
        except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            self._log.error("a tool answered what is not JSON", tool=tool, error=repr(error))
            raise InternalError(f"{tool} answered what is not JSON") from None
        # No text has more characters than bytes.
        return None if len(encoded) <= self._limit else encoded.decode()


def shortened(text: str, limit: int, note: str) -> str:
    """The beginning and the end of a text, and between them how much is left out."""
    between = f"\n… (cut: {len(text)} characters in all; {note}) …\n"
    room = max(0, limit - len(between))
    head, tail = room - room // 2, room // 2
    return text[:head] + between + (text[-tail:] if tail else "")


def is_part(fields: JsonObject) -> bool:
    """Whether a result is a part of a file, which can be read on."""
    return isinstance(fields.get("content"), str) and isinstance(fields.get("size"), int) and "path" in fields


def _shorter_part(fields: JsonObject, limit: int) -> JsonObject:
    """The beginning of a part of a file, and the offset where it goes on, in bytes."""
    content: str = fields["content"]
    end: int = fields.get("nextOffset") or fields["size"]
    whole64 = fields.get("encoding") == "base64"
    low, high = 0, min(len(content), limit)
    while low < high:  # how much fits depends on what has to be escaped
        middle = (low + high + 1) // 2
        fits = len(_json({**fields, "content": content[:middle], "nextOffset": end})) <= limit
        low, high = (middle, high) if fits else (low, middle - 1)
    kept = low - low % 4 if whole64 else low
    left = content[kept:]
    behind = len(base64.b64decode(left)) if whole64 else len(left.encode("utf-8", "replace"))
    return {**fields, "content": content[:kept], "nextOffset": end - behind}


def _encoded_within(text: str, room: int, note: str) -> str:
    """A text's beginning and end, so much that its JSON has ``room``."""
    low, high = 0, room
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(_json(shortened(text, middle, note))) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return shortened(text, low, note)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
