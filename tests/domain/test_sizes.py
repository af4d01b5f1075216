"""What is cut to fit a message is never too long, says that it was cut, and the pieces are the whole."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.sizes import fitted, part, size_of
from openclaw_rpc.protocol.chat import ChatMessage, ChatMessageEvent, ToolCallEvent
from openclaw_rpc.protocol.session import LiveRun, SessionDetail

MOST = 2000
TEXT = st.one_of(st.text(max_size=3000), st.builds(str.__mul__, st.sampled_from('a"\x00é😀\\'), st.integers(0, 5000)))
JSON = st.recursive(
    st.one_of(st.none(), st.integers(-(2**53), 2**53), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=300), st.dictionaries(st.text(max_size=30), inner, max_size=20)),
    max_leaves=30,
)


def message(content: str, **more: Any) -> ChatMessage:
    return ChatMessage(
        message_id="m_1", role="assistant", content=content, created_at="2026-01-01", status="complete", **more
    )


@given(TEXT, st.dictionaries(st.text(max_size=10), JSON, max_size=5))
def test_a_message_fits_and_says_where_it_goes_on(content: str, metadata: dict[str, Any]) -> None:
    whole = message(content, metadata=metadata)
    cut = fitted(whole, MOST)
    assert size_of(cut) <= MOST + 100
    assert cut.truncated == (size_of(whole) > MOST)
    assert content.startswith(cut.content)
    if cut.content != content:
        assert (cut.size, cut.next_offset) == (len(content), len(cut.content))


@given(JSON)
def test_an_event_of_a_tool_fits_whatever_its_params_are(params: Any) -> None:
    event = ToolCallEvent(session_key="s", run_id="r", call_id="c", tool="t", params=params)
    cut = fitted(event, MOST)
    assert size_of(cut) <= MOST
    assert (cut is event) == (size_of(event) <= MOST) == (not cut.truncated)


def test_a_long_message_in_an_event_keeps_the_event() -> None:
    whole = ChatMessageEvent(session_key="s", run_id="r", message=message("x" * 10_000))
    cut = fitted(whole, MOST)
    assert (cut.session_key, cut.run_id, cut.message.truncated, cut.message.size) == ("s", "r", True, 10_000)
    assert size_of(cut) <= MOST


def test_the_parts_of_a_message_are_the_whole() -> None:
    content = "ä😀\n" * 200_000
    whole, parts, at = message(content, metadata={"a": 1}), list[ChatMessage](), 0
    while True:
        parts.append(part(whole, at))
        assert size_of(parts[-1]) <= 256 * 1024
        if parts[-1].next_offset is None:
            break
        at = parts[-1].next_offset
    assert len(parts) > 5
    assert "".join(each.content for each in parts) == content
    assert [each.metadata for each in parts[:2]] == [{"a": 1}, {}]
    assert part(whole, 10**9).content == ""


def test_of_what_a_run_has_said_the_newest_part_is_shown() -> None:
    text = "".join(f"w{at} " for at in range(5000))
    detail = msgspec.convert(
        {"sessionKey": "s", "agentId": "a", "channel": "api", "user": "u", "createdAt": "", "updatedAt": "",
         "messageCount": 0, "messages": [], "epoch": "e", "seq": 1},
        SessionDetail,
    )  # fmt: skip
    detail = msgspec.structs.replace(detail, live=[LiveRun(run_id="r", status="running", text=text)])
    [live] = fitted(detail, MOST).live
    assert text[live.offset :] == live.text
    assert len(live.text) > MOST // 4
