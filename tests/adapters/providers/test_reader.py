"""The reader, on the table of streams: however the bytes are cut, it says the same."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_rpc.adapters.providers.frames import BadAnswerError, UpstreamError
from openclaw_rpc.adapters.providers.reader import AnswerReader
from openclaw_rpc.domain.chunks import Chunk
from tests.support.raw_model import DONE, delta, event
from tests.support.streams import STREAMS

STREAMED = {
    name: b"".join(row.pieces)
    for name, row in STREAMS.items()
    if not row.pieces[0].startswith(b"HTTP/") and row.error is None
}


def read(pieces: list[bytes], **options: Any) -> list[Chunk]:
    reader = AnswerReader(**options)
    chunks: list[Chunk] = []
    for piece in pieces:
        reader.feed(piece)
        if (chunk := reader.taken()) is not None:
            chunks.append(chunk)
    if not reader.finished:
        reader.close()
    if (chunk := reader.taken()) is not None:
        chunks.append(chunk)
    assert reader.finished
    return chunks


def gathered(chunks: list[Chunk]) -> tuple[Any, ...]:
    calls: dict[int, list[str]] = {}
    for part in (part for chunk in chunks for part in chunk.tool_calls):
        found = calls.setdefault(part.index, ["", ""])
        found[0] += part.name or ""
        found[1] += part.arguments
    finish = [chunk.finish_reason for chunk in chunks if chunk.finish_reason]
    return "".join(chunk.text for chunk in chunks), "".join(chunk.thinking for chunk in chunks), calls, finish


@pytest.mark.parametrize("name", STREAMED)
@settings(deadline=None, max_examples=40)
@given(places=st.lists(st.integers(0, 2_000), max_size=12))
def test_wherever_the_bytes_are_cut_it_reads_the_same(name: str, places: list[int]) -> None:
    data = STREAMED[name]
    cuts = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    pieces = [data[begin:end] for begin, end in itertools.pairwise(cuts)]
    assert gathered(read(pieces)) == gathered(read([data]))


@pytest.mark.parametrize("name", STREAMED)
def test_what_it_carries_says_the_same_as_its_chunks(name: str) -> None:
    carried = [payload for chunk in read([STREAMED[name]], carry=True) for payload in chunk.payloads]
    again = b"".join(b"data: " + payload + b"\n\n" for payload in carried) + DONE
    assert gathered(read([again], carry=True)) == gathered(read([STREAMED[name]]))
    # What is in OpenAI's own spelling already stays as it is, byte for byte.
    assert [payload for chunk in read([again], carry=True) for payload in chunk.payloads] == carried


def test_tags_of_thinking_stay_in_the_text_where_that_is_wished() -> None:
    stream = [delta({"content": "<think>x</think>y"}), delta({}, "stop"), DONE]
    assert gathered(read(stream, think_tags=False))[0] == "<think>x</think>y"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("index", "delta", "message", "finish_reason", "content", "tool_calls", "function", "arguments", "id", "usage",
          "choices", "error", "reasoning_content", "reasoning_details", "prompt_tokens", "text", "name")  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(
        st.recursive(
            json_values,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
            max_leaves=12,
        ),
        max_size=4,
    )
)
def test_whatever_json_comes_it_is_read_or_refused(values: list[Any]) -> None:
    for carry in (False, True):
        reader = AnswerReader(carry=carry)
        try:
            for value in values:
                reader.feed(event(value))
            reader.feed(DONE)
            reader.close()
        except (BadAnswerError, UpstreamError):
            continue
        chunk = reader.taken()
        for payload in chunk.payloads if chunk is not None else ():
            assert isinstance(json.loads(payload), dict)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_whatever_bytes_come_they_are_read_or_refused(data: bytes) -> None:
    for feed in (AnswerReader().feed, AnswerReader(carry=True).document):
        try:
            feed(b"data: " + data + b"\n\n" if feed.__name__ == "feed" else data)
        except (BadAnswerError, UpstreamError):
            continue
