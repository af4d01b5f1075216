"""Kept events told again: merged deltas are cut where the client was."""

import msgspec
import pytest

from openclaw_rpc.domain.events.replay import Replayer, contiguous
from openclaw_rpc.domain.records import EventRecord
from openclaw_rpc.protocol import table
from tests.support.store import event, session

ONE = session("one")
MARKS = ((3, 2), (4, 5), (5, 6))
DELTAS = event(ONE, 5, b'{"sessionKey":"one","runId":"r","delta":"abcdef"}', type="chat.delta", run_id="r", marks=MARKS)
STARTED = event(ONE, 6, b'{"sessionKey":"one","runId":"r","agentId":"a"}', type="chat.started", run_id="r")


@pytest.mark.parametrize(
    ("after", "upto", "seq", "text"),
    [
        (0, 9, 5, "abcdef"),
        (2, 5, 5, "abcdef"),
        (3, 5, 5, "cdef"),
        (4, 5, 5, "f"),
        (3, 4, 4, "cde"),
        (0, 3, 3, "ab"),
        (2, 4, 4, "abcde"),
    ],
)
def test_merged_deltas_are_told_from_where_the_client_was(after: int, upto: int, seq: int, text: str) -> None:
    [again] = Replayer(table.events()).again(DELTAS, "ada", "e", after, upto)
    assert (again.seq, again.data.delta, again.run_id, again.epoch, again.user) == (seq, text, "r", "e", "ada")


@pytest.mark.parametrize(("after", "upto"), [(5, 9), (6, 9), (0, 2)])
def test_deltas_that_lie_outside_are_not_told(after: int, upto: int) -> None:
    assert not list(Replayer(table.events()).again(DELTAS, "ada", "e", after, upto))


def test_a_lasting_event_is_told_as_it_was() -> None:
    [again] = Replayer(table.events()).again(STARTED, "ada", "e", 0, 9)
    assert msgspec.json.encode(again.data) == STARTED.data
    assert not list(Replayer(table.events()).again(STARTED, "ada", "e", 0, 5))


@pytest.mark.parametrize(
    ("records", "after", "upto", "whole"),
    [
        ([DELTAS, STARTED], 2, 6, True),
        ([DELTAS, STARTED], 3, 6, True),
        ([DELTAS, STARTED], 1, 6, False),
        ([STARTED], 5, 6, True),
        ([STARTED], 4, 6, False),
        ([], 4, 6, False),
        ([DELTAS, event(ONE, 8)], 2, 8, False),
        ([DELTAS, event(ONE, 8)], 2, 5, True),
    ],
)
def test_a_gap_in_what_is_kept_is_seen(records: list[EventRecord], after: int, upto: int, whole: bool) -> None:
    assert contiguous(records, after, upto) is whole
