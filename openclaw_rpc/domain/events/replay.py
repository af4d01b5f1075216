"""Telling kept events again, from any number on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.records import EventRecord
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

    def again(self, record: EventRecord, user: str, epoch: str, after: int, upto: int) -> Published | None:
        """A kept event as it is told again: merged deltas without what lies outside of (after, upto]."""
        data: Any = msgspec.json.decode(record.data, type=self._rows[record.type].data)
        seq = record.seq
        if record.marks:
            begin = max((chars for at, chars in record.marks if at <= after), default=0)
            inside = [(at, chars) for at, chars in record.marks if after < at <= upto]
            if not inside:
                return None
            seq, end = inside[-1]
            data = msgspec.structs.replace(data, delta=data.delta[begin:end])
        elif seq > upto:
            return None
        return Published(
            self._rows[record.type],
            data,
            user=user,
            session_id=record.session_id,
            run_id=record.run_id,
            epoch=epoch,
            seq=seq,
        )
