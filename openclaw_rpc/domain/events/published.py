"""Events that were told, and the deltas of a run gathered into portions that can be kept."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from openclaw_rpc.domain.records import EventRecord
from openclaw_rpc.domain.sizes import PIECE
from openclaw_rpc.protocol.chat import chat_delta, chat_thinking
from openclaw_rpc.protocol.method import Event

DELTAS: tuple[Event[Any], ...] = (chat_delta, chat_thinking)
"""Events that can be merged, and are kept merged."""
_ENVELOPE = 200
"""About how many bytes a delta takes beside its text."""
_LOOSE = 512
"""How many small parts of a text are held before they become one."""


class Published(msgspec.Struct, eq=False):
    """An event that was told, once for all who hear it. ``frames`` keeps its encodings, one a way to write.

    ``seq`` is 0, and ``epoch`` empty, for an event that is no part of a session's numbered history.
    """

    row: Event[Any]
    data: Any
    user: str
    session_id: str = ""
    run_id: str | None = None
    epoch: str = ""
    seq: int = 0
    ready: bool = True
    """Whether it may be told, as far as it is concerned."""
    kept: bool = False
    """Whether it is on disk."""
    frames: dict[str, Any] = {}
    _size: int = -1

    @property
    def text(self) -> int:
        """How many bytes the text of a delta takes on the way to a client: what it adds to those before it."""
        if self._size < 0:
            self._size = len(msgspec.json.encode(self.data.delta)) - 2
        return self._size

    @property
    def weight(self) -> int:
        """About how many bytes it takes on the way to a client."""
        if self.row in DELTAS:
            return self.text + _ENVELOPE
        if self._size < 0:
            self._size = len(msgspec.json.encode(self.data))
        return self._size + 100


class EventListener(Protocol):
    """Whoever hears events. ``hear`` must not wait and must not raise."""

    def hear(self, event: Published) -> None:
        """Take an event."""
        ...


class Merged:
    """Deltas of one run and kind that wait for a peer: the text in parts, joined when it is told."""

    __slots__ = ("_characters", "_last", "_loose", "_parts")

    def __init__(self, first: Published) -> None:
        self._last = first
        self._parts: list[str] = [first.data.delta]
        self._characters = len(first.data.delta)
        self._loose = 0

    def follows(self, event: Published) -> bool:
        """Whether a delta is of the same run and kind, and one event holds both."""
        return (
            event.row is self._last.row
            and event.run_id == self._last.run_id
            and self._characters + len(event.data.delta) <= PIECE
        )

    def add(self, event: Published) -> None:
        """Take a delta in."""
        self._last = event
        self._parts.append(event.data.delta)
        self._characters += len(event.data.delta)
        self._loose += 1
        if self._loose == _LOOSE:
            # Each character is copied once more, and the many small strings can go.
            self._parts[-_LOOSE:] = ["".join(self._parts[-_LOOSE:])]
            self._loose = 0

    def event(self) -> Published:
        """All of them as one, standing where the last one stood."""
        last = self._last
        return Published(
            last.row,
            msgspec.structs.replace(last.data, delta="".join(self._parts)),
            user=last.user,
            session_id=last.session_id,
            run_id=last.run_id,
            epoch=last.epoch,
            seq=last.seq,
        )


class Portion:
    """The deltas of one run and kind that were told in an unbroken row since they were last kept."""

    __slots__ = ("_chars", "_first", "_marks", "_parts", "events")

    def __init__(self, first: Published) -> None:
        self.events: list[Published] = []
        self._first = first
        self._parts: list[str] = []
        self._marks: list[tuple[int, int]] = []
        self._chars = 0

    def follows(self, event: Published) -> bool:
        """Whether a delta continues this portion."""
        first = self._first
        return event.row is first.row and event.run_id == first.run_id and self._marks[-1][0] + 1 == event.seq

    def add(self, event: Published) -> None:
        """Take a delta in."""
        self.events.append(event)
        self._parts.append(event.data.delta)
        self._chars += len(event.data.delta)
        self._marks.append((event.seq, self._chars))

    def record(self) -> EventRecord:
        """All of it as one event."""
        first = self._first
        return EventRecord(
            session_id=first.session_id,
            seq=self._marks[-1][0],
            type=first.row.name,
            data=msgspec.json.encode(msgspec.structs.replace(first.data, delta="".join(self._parts))),
            run_id=first.run_id,
            marks=tuple(self._marks),
        )
