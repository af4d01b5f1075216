"""The chunks of a model's stream as its client gets them: looked into only where there is something to change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Raw

_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_EMPTY = re.compile(rb"\[\s*\]")


class ClientChunks:
    """Chunks on their way to one client.

    ``model`` is put in the place of the provider's where it is given. The chunk that has nothing but ``usage`` passes
    only where the client asked for it, and comes as a chunk of its own.
    """

    def __init__(self, *, model: str | None, wants_usage: bool) -> None:
        self._model = Raw(msgspec.json.encode(model)) if model is not None else None
        self._wants_usage = wants_usage
        self._owed: bytes | None = None

    def told(self, payloads: Sequence[bytes]) -> list[bytes]:
        """Chunks as JSON, as the client gets them: fewer, or the same."""
        if self._model is None and not any(_USAGE.search(payload) for payload in payloads):
            return list(payloads)
        return [told for payload in payloads if (told := self._told(payload)) is not None]

    def end(self) -> list[bytes]:
        """The stream has ended: what is still owed to the client."""
        return [self._owed] if self._owed is not None else []

    def _told(self, payload: bytes) -> bytes | None:
        """A chunk as the client gets it; None where it gets none."""
        counted = _USAGE.search(payload) is not None
        if self._model is None and not counted:
            return payload
        chunk: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Raw])
        if self._model is not None and "model" in chunk:
            chunk["model"] = self._model
        if counted and "usage" in chunk:
            if _EMPTY.fullmatch(bytes(chunk.get("choices", b""))):
                self._owed = None
                return msgspec.json.encode(chunk) if self._wants_usage else None
            if self._wants_usage:
                self._owed = msgspec.json.encode({**chunk, "choices": []})
            del chunk["usage"]
        return msgspec.json.encode(chunk)


def as_events(chunks: Iterable[bytes]) -> bytes:
    """Chunks as server-sent events."""
    return b"".join([b"data: " + chunk + b"\n\n" for chunk in chunks])
