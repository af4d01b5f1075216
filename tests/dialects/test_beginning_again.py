"""A run that begins again: dialects whose streams can't take back what was said do not say it twice unnoticed."""

from typing import Any

import pytest

from openclaw_rpc.dialects.api.messages import ApiEvents
from openclaw_rpc.dialects.api_v1.messages import FlatEvents
from openclaw_rpc.dialects.openai.chat import ChatChunks
from openclaw_rpc.dialects.sockets.openclaw_v4.events import Events as V4Events
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
        (FlatEvents("c"), ["token", "resync", "token", "end", "token", "end"]),
    ],
)
def test_a_run_that_begins_again_is_told_as_a_resync_and_the_next_run_is_not(spelling: Any, wanted: list[str]) -> None:
    assert told(spelling, STARTED, SAID, STARTED, SAID, DONE, STARTED, SAID, DONE) == wanted


@pytest.mark.parametrize(("spelling", "word"), [(ApiEvents(""), "text"), (FlatEvents(), "token")])
def test_so_it_is_to_a_client_that_comes_back_behind_what_the_run_had_said(spelling: Any, word: str) -> None:
    assert told(spelling, STARTED, SAID, DONE)[:2] == ["resync", word]


def test_openclaws_own_apps_are_told_the_new_text_alone() -> None:
    dialect = V4Events()
    frames = [spelled.data for row, data in (STARTED, SAID, STARTED, SAID) for spelled in dialect.tell(row.name, data)]
    assert [frame["data"]["text"] for frame in frames if frame.get("stream") == "assistant"] == ["one", "one"]


def test_a_stream_of_chunks_ends_in_an_error_where_its_run_begins_again() -> None:
    assert told(ChatChunks("r", "m", wants_usage=False), STARTED, SAID, STARTED, SAID, DONE) == ["id", "error"]
