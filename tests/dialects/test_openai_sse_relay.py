"""What a streamed completion looks like on the other side."""

from __future__ import annotations

import json

import pytest

from openclaw_rpc.dialects.openai.sse_relay import DONE, EventTooLong, SseRelay, chunks_in


def event(**chunk: object) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def said(text: str, **more: object) -> bytes:
    return event(id="c", model="real", choices=[{"index": 0, "delta": {"content": text}}], **more)


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
COUNT = event(id="c", model="real", choices=[], usage=USAGE)


def carried(relay: SseRelay, *pieces: bytes) -> bytes:
    return b"".join(map(relay.feed, pieces)) + relay.end()


def plain() -> SseRelay:
    return SseRelay(model=None, wants_usage=False)


def test_events_pass_as_they_are() -> None:
    whole = said("a") + said("b") + DONE
    assert carried(plain(), whole) == whole


def test_events_cut_anywhere_come_out_whole() -> None:
    whole = said("ä€") + COUNT + said("b") + DONE
    expected = said("ä€") + said("b") + DONE
    for size in range(1, 40):
        relay = plain()
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        assert carried(relay, *pieces) == expected
        assert relay.usage is not None
        assert relay.usage.total_tokens == 5


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_other_ends_of_lines_become_line_feeds(end: bytes, size: int) -> None:
    whole = (said("a") + said("b") + DONE).replace(b"\n", end)
    relay = plain()
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert carried(relay, *pieces) == said("a") + said("b") + DONE


def test_comments_names_and_ids_stay_behind() -> None:
    odd = b": hello\n\nid: 7\n\nretry: 5\n\nevent: ping\ndata: \n\n" + b"event: chunk\nid: 1\n" + said("a")
    assert carried(plain(), odd + DONE) == said("a") + DONE


def test_usage_passes_only_where_it_was_asked_for() -> None:
    assert carried(plain(), said("a") + COUNT + DONE) == said("a") + DONE
    wanting = SseRelay(model=None, wants_usage=True)
    whole = carried(wanting, said("a") + COUNT + DONE)
    assert [json.loads(bytes(chunk)).get("usage") for chunk in chunks_in(whole)] == [None, USAGE]


def test_usage_within_another_chunk_comes_in_one_of_its_own() -> None:
    merged = event(id="c", model="real", choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}], usage=USAGE)
    wanting = SseRelay(model=None, wants_usage=True)
    chunks = [json.loads(bytes(chunk)) for chunk in chunks_in(carried(wanting, merged + DONE))]
    assert [(len(chunk["choices"]), chunk.get("usage")) for chunk in chunks] == [(1, None), (0, USAGE)]
    assert b"usage" not in carried(plain(), merged + DONE)


def test_text_that_speaks_of_usage_is_only_text() -> None:
    text = said('"usage": {"prompt_tokens": 1} and [DONE]\n\ndata: [DONE]')
    relay = plain()
    assert carried(relay, text + DONE) == text + DONE
    assert relay.usage is None


def test_the_model_that_was_asked_for_is_named() -> None:
    relay = SseRelay(model="nick/name", wants_usage=False)
    chunks = [json.loads(bytes(chunk)) for chunk in chunks_in(carried(relay, said('"model": "real"') + DONE))]
    assert chunks[0]["model"] == "nick/name"
    assert chunks[0]["choices"][0]["delta"]["content"] == '"model": "real"'


def test_a_missing_end_is_put_in_and_what_comes_behind_an_end_is_not() -> None:
    assert carried(plain(), said("a")) == said("a") + DONE
    assert carried(plain(), said("a")[:-2]) == said("a") + DONE
    assert carried(plain(), said("a") + DONE + said("b")) == said("a") + DONE


def test_events_are_counted() -> None:
    relay = plain()
    carried(relay, said("a") * 3, said("b"), DONE)
    assert relay.events == 4


def test_an_event_without_an_end_is_refused() -> None:
    relay = plain()
    with pytest.raises(EventTooLong):
        for _ in range(20):
            relay.feed(b"x" * (1 << 20))
