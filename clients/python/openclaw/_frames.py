"""What comes over the socket."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event: its name, what it carries (as JSON has it), and where it stands in a stream that can be resumed."""

    type: str
    data: dict[str, Any]
    epoch: str | None = None
    seq: int | None = None

    def decoded(self) -> Any:
        """What it carries as its struct of `openclaw.types`, where this version knows the event; else as it is."""
        from openclaw.types import EVENTS

        kind = EVENTS.get(self.type)
        return self.data if kind is None else msgspec.convert(self.data, kind)


class Frame(msgspec.Struct):
    """Anything the gateway sends: an answer (``id`` with ``result`` or ``error``) or an event (``type``)."""

    type: str = ""
    data: Any = None
    epoch: str | None = None
    seq: int | None = None
    id: Any = None
    result: Raw | UnsetType = UNSET
    error: dict[str, Any] | None = None
