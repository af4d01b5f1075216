"""Events that were told, and the deltas of a run gathered into portions that can be kept."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from openclaw_rpc.domain.records import EventRecord
from openclaw_rpc.protocol.chat import chat_delta, chat_thinking
from openclaw_rpc.protocol.method import Event

DELTAS: tuple[Event[Any], ...] = (chat_delta, chat_thinking)
"""Events that can be merged, and are kept merged."""


class Published(msgspec.Struct, eq=False):
    """An event that was told, once for all who hear it. ``frames`` keeps its encodings, one a spelling.

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
    frames: dict[str, bytes] = {}
    _weight: int = 0

    @property
    def weight(self) -> int:
        """About how many bytes it takes on the way to a client."""
        if not self._weight:
            self._weight = len(msgspec.json.encode(self.data)) + 100
        return self._weight


class Listener(Protocol):
    """Whoever hears events. ``hear`` must not wait and must not raise."""

    def hear(self, event: Published) -> None:
        """Take an event."""
        ...


def merged(earlier: Published, later: Published) -> Published | None:
    """Both deltas as one, standing where the later one stood; None where they are not of one run and kind."""
    if earlier.row is not later.row or earlier.row not in DELTAS or earlier.run_id != later.run_id:
        return None
    data = msgspec.structs.replace(later.data, delta=earlier.data.delta + later.data.delta)
    return Published(
        later.row,
        data,
        user=later.user,
        session_id=later.session_id,
        run_id=later.run_id,
        epoch=later.epoch,
        seq=later.seq,
    )


class Portion:
    """The deltas of one run and kind that were told in an unbroken row since they were last kept."""

    __slots__ = ("_chars", "_first", "_marks", "_parts")

    def __init__(self, first: Published) -> None:
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
