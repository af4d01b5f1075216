"""A run that begins again: dialects whose streams can't take back what was said do not say it twice unnoticed."""

from typing import Any

import pytest

from openclaw_rpc.dialects.api.messages import ApiEvents
from openclaw_rpc.dialects.api_v1.messages import FlatEvents
from openclaw_rpc.dialects.openai.chat import ChatChunks
from openclaw_rpc.protocol.chat import (
    ChatDeltaEvent,
    ChatDoneEvent,
    ChatStartedEvent,
    Usage,
    chat_delta,
    chat_done,
    chat_started,
)
from openclaw_rpc.protocol.method import Event

NOTHING = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)
STARTED = (chat_started, ChatStartedEvent(session_key="s", run_id="r", agent_id="a"))
SAID = (chat_delta, ChatDeltaEvent(session_key="s", run_id="r", delta="one"))
DONE = (chat_done, ChatDoneEvent(session_key="s", run_id="r", finish_reason="stop", usage=NOTHING))


def told(spelling: Any, *events: tuple[Event[Any], Any]) -> list[str]:
    """What of an event's data tells them apart."""
    found: list[str] = []
    for row, data in events:
        for spelled in spelling.tell(row.name, data):
            form: Any = spelled.data
            found.append(form if isinstance(form, str) else form.get("type") or next(iter(form)))
    return found


@pytest.mark.parametrize(
    ("spelling", "wanted"),
    [
        (ApiEvents(), ["text", "resync", "text", "done", "text", "done"]),
        (FlatEvents(), ["token", "resync", "token", "end", "token", "end"]),
    ],
)
def test_a_run_that_begins_again_is_told_as_a_resync_and_the_next_run_is_not(spelling: Any, wanted: list[str]) -> None:
    assert told(spelling, STARTED, SAID, STARTED, SAID, DONE, STARTED, SAID, DONE) == wanted


def test_a_stream_of_chunks_ends_in_an_error_where_its_run_begins_again() -> None:
    assert told(ChatChunks("r", "m", wants_usage=False), STARTED, SAID, STARTED, SAID, DONE) == ["id", "error"]
