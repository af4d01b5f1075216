"""Numbers and characters as other programs write them."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.runs.reply import RequestedCall
from openclaw_rpc.protocol.base import Params
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.validation import checked, whole_characters


class Wanted(Params, frozen=True, kw_only=True):
    """Integers, at the top and below."""

    count: int
    sizes: list[int] = []
    share: float = 0.5


@given(st.integers(-(2**53), 2**53), st.lists(st.integers(0, 9)))
def test_an_integer_is_any_number_without_a_fraction(count: int, sizes: list[int]) -> None:
    read = checked({"count": float(count), "sizes": [float(size) for size in sizes], "share": 2.0}, Wanted, "x")
    assert (read.count, read.sizes, read.share) == (count, sizes, 2.0)


@pytest.mark.parametrize("count", [5.5, 1e300, float("inf"), "5", None, True])
def test_what_is_not_one_is_refused(count: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        checked({"count": count}, Wanted, "x")
    assert caught.value.field == "count"


@given(st.text(st.characters() | st.sampled_from('\ud83d\ude00\\u"d'), max_size=40))
def test_half_a_character_becomes_a_mark_and_all_else_stays(text: str) -> None:
    written = json.dumps(text).encode()
    read = msgspec.json.decode(whole_characters(written))
    assert read == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.mark.parametrize("content", ["a\\ud83d", "\\ude00b", "\\ud83d\\ud83d\\ude00", "\\\\ud83d"])
def test_a_tool_s_arguments_with_half_a_character_are_read(content: str) -> None:
    asked = RequestedCall("c1", "file_write", f'{{"path": "h.txt", "content": "{content}"}}')
    assert asked.fault == ""
    assert asked.params["content"].encode()
