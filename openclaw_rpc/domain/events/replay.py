"""Telling kept events again, from any number on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.records import EventRecord
from openclaw_rpc.domain.sizes import PIECE
from openclaw_rpc.protocol.method import Event


def contiguous(rows: Sequence[EventRecord], after: int, upto: int) -> bool:
    """Whether the kept events leave no gap behind ``after``: those that were trimmed away would."""
    expected = after + 1
    for row in rows:
        if expected > upto:
            break
        first = row.marks[0][0] if row.marks else row.seq
        if first > expected:
            return False
        expected = max(expected, row.seq + 1)
    return expected > after + 1


class Replayer:
    """Makes events of records."""

    def __init__(self, rows: Mapping[str, Event[Any]]) -> None:
        self._rows = rows

    def again(self, record: EventRecord, user: str, epoch: str, after: int, upto: int) -> Iterable[Published]:
        """A kept event as it is told again: merged deltas in pieces, without what lies outside of (after, upto]."""
        data: Any = msgspec.json.decode(record.data, type=self._rows[record.type].data)
        if record.marks:
            for seq, begin, end in pieces(record.marks, after, upto):
                piece = msgspec.structs.replace(data, delta=data.delta[begin:end])
                yield self._published(record, piece, user, epoch, seq)
        elif record.seq <= upto:
            yield self._published(record, data, user, epoch, record.seq)

    def _published(self, record: EventRecord, data: Any, user: str, epoch: str, seq: int) -> Published:
        return Published(
            self._rows[record.type],
            data,
            user=user,
            session_id=record.session_id,
            run_id=record.run_id,
            epoch=epoch,
            seq=seq,
        )


def pieces(marks: Sequence[tuple[int, int]], after: int, upto: int) -> Iterable[tuple[int, int, int]]:
    """Merged deltas as pieces of a size that an event may have: the number of each, and the text that it is."""
    begin = max((chars for at, chars in marks if at <= after), default=0)
    last: tuple[int, int] | None = None
    for at, chars in marks:
        if not after < at <= upto:
            continue
        if last is not None and chars - begin > PIECE:
            yield (last[0], begin, last[1])
            begin = last[1]
        last = at, chars
    if last is not None:
        yield (last[0], begin, last[1])
