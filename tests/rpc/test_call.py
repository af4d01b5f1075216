"""What waits for an answer happens, whatever else fails that waited for it."""

import logging

import pytest

from openclaw_rpc.domain.principals import owner
from openclaw_rpc.rpc.call import Call


def test_what_fails_is_logged_and_the_others_happen(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    call = Call(owner("gateway"), request_id="r-1")
    call.after_answer(lambda: done.append("first"))
    call.after_answer(lambda: done.remove("what is not there"))
    call.after_answer(lambda: done.append("last"))
    with caplog.at_level(logging.ERROR):
        call.answered()
    assert done == ["first", "last"]
    [line] = caplog.records
    assert "r-1" in line.getMessage()
    assert line.exc_info
