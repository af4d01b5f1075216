"""A streamed completion on its way through: events as bytes, looked into only where there is something to change."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import msgspec
from msgspec import Raw

from openclaw_rpc.protocol.chat import Usage

MAX_EVENT = 16 * 1024 * 1024
DONE = b"data: [DONE]\n\n"

_PLAIN = re.compile(rb"(?:data: \{[^\n]*\}\n\n)+")
_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_EMPTY = re.compile(rb"\[\s*\]")


class Counted(msgspec.Struct, gc=False):
    """What a provider says it used, as widely as they spell it."""

    prompt_tokens: int | float | None = None
    completion_tokens: int | float | None = None
    total_tokens: int | float | None = None

    def usage(self) -> Usage | None:
        """The same as the table has it; None where nothing is said."""
        if self.prompt_tokens is None and self.completion_tokens is None and self.total_tokens is None:
            return None
        asked, said = int(self.prompt_tokens or 0), int(self.completion_tokens or 0)
        return Usage(prompt_tokens=asked, completion_tokens=said, total_tokens=int(self.total_tokens or asked + said))


class EventTooLong(Exception):
    """An event has no end."""


class SseRelay:
    """Carries the events of a stream (WHATWG HTML, 9.2; OpenAI's Chat Completions).

    Whole events alone leave, each ``data:`` and its JSON. Comments, names and ids stay behind, since they break
    clients. ``model`` is put in the place of the provider's where it is given. The event that has nothing but
    ``usage`` passes only where the client asked for it, and comes in an event of its own.
    """

    def __init__(self, *, model: str | None, wants_usage: bool) -> None:
        self.usage: Usage | None = None
        self.events = 0
        """How many events came: about as many as there were tokens."""
        self.done = False
        self._model = Raw(msgspec.json.encode(model)) if model is not None else None
        self._wants_usage = wants_usage
        self._rest = b""
        self._owed = b""

    def feed(self, piece: bytes) -> bytes:
        """What one upstream read brought; answers what can be passed on.

        Raises:
            EventTooLong: as it says.
        """
        if self._rest:
            piece = self._rest + piece
        if b"\r" in piece:
            piece = _only_lf(piece)
        end = piece.rfind(b"\n\n") + 2
        if end < 2:
            self._rest = piece
            if len(piece) > MAX_EVENT:
                raise EventTooLong
            return b""
        if end == len(piece):
            self._rest = b""
        else:
            self._rest = piece[end:]
            piece = piece[:end]
        if self._model is None and _PLAIN.fullmatch(piece) and not _USAGE.search(piece):
            self.events += piece.count(b"\n\n")
            return piece
        return self._looked_into(piece)

    def end(self) -> bytes:
        """The stream has ended: what is still owed to the client, and the mark of the end."""
        rest = self._rest.strip()
        self._rest = b""
        last = self._looked_into(rest + b"\n\n") if rest else b""
        if self.done:
            return last
        self.done = True
        return last + self._owed + DONE

    def _looked_into(self, piece: bytes) -> bytes:
        passed: list[bytes] = []
        for event in piece.split(b"\n\n"):
            lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line[:5] == b"data:"]
            data = b"\n".join(lines).strip()
            if not data or self.done:
                continue
            if data == b"[DONE]":
                self.done = True
                passed.append(self._owed + DONE)
            elif (told := self._told(data)) is not None:
                self.events += 1
                passed.append(b"data: " + told + b"\n\n")
        return b"".join(passed)

    def _told(self, data: bytes) -> bytes | None:
        """An event as the client gets it; None where it gets none."""
        counted = _USAGE.search(data) is not None
        if self._model is None and not counted:
            return data
        try:
            chunk: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return data
        if self._model is not None and "model" in chunk:
            chunk["model"] = self._model
        if counted and "usage" in chunk:
            self._count(chunk["usage"])
            if _EMPTY.fullmatch(bytes(chunk.get("choices", b""))):
                self._owed = b""
                return msgspec.json.encode(chunk) if self._wants_usage else None
            if self._wants_usage:
                self._owed = b"data: " + msgspec.json.encode({**chunk, "choices": []}) + b"\n\n"
            del chunk["usage"]
        return msgspec.json.encode(chunk)

    def _count(self, raw: Raw) -> None:
        with contextlib.suppress(msgspec.MsgspecError):
            self.usage = msgspec.json.decode(raw, type=Counted).usage() or self.usage


def _only_lf(piece: bytes) -> bytes:
    """Lines ended by line feeds alone; JSON has no bare carriage return. One at the very end waits for its other
    half."""
    held = piece.endswith(b"\r") and not piece.endswith(b"\n\r") and not piece.endswith(b"\r\r")
    body = piece[:-1] if held else piece
    return body.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + (b"\r" if held else b"")


def chunks_in(events: bytes) -> list[Raw]:
    """The JSON of the events that `SseRelay` passed on."""
    return [Raw(event[6:]) for event in events.split(b"\n\n") if event[:7] == b"data: {"]
