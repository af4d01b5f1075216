"""An answer is split into text and code the same way wherever its pieces end."""

from __future__ import annotations

import re
from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_rpc.dialects.api.fences import Fences, TextPart
from openclaw_rpc.protocol.errors import InvalidRequest

ANSWERS = st.lists(
    st.sampled_from(["`", "``", "```", "````", "\n", " ", "\t", "js", "c++", "x = 1", "語", "long words " * 5, "\r"]),
    max_size=25,
).map("".join)
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces(answer: str, cuts: list[int]) -> list[str]:
    marks = [0, *sorted(cut for cut in cuts if cut < len(answer)), len(answer)]
    return [answer[begin:end] for begin, end in pairwise(marks)]


def split(answer: str, cuts: list[int], place: str = "") -> list[TextPart]:
    fences = Fences(place)
    return [*(part for piece in pieces(answer, cuts) for part in fences.feed(piece)), *fences.end()]


def joined(parts: list[TextPart]) -> list[tuple[str, str, str]]:
    """Neighbours of one kind as one."""
    groups = groupby(parts, key=lambda part: (part.kind, part.language))
    return [(kind, "".join(part.content for part in group), language) for (kind, language), group in groups]


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ("plain", [("text", "plain", "")]),
        (
            "write ```js\nlog('Hello')\n``` now",
            [("text", "write ", ""), ("code", "log('Hello')\n", "js"), ("text", " now", "")],
        ),
        ("```\na ``` b\n```\nend", [("code", "a ``` b\n", ""), ("text", "\nend", "")]),
        ("````md\n```\nx\n```\n````", [("code", "```\nx\n```\n", "md")]),
        ("say ```x``` and `y`", [("text", "say ", ""), ("code", "x", ""), ("text", " and `y`", "")]),
        ("``` a b\nc``` d", [("code", " a b\nc", ""), ("text", " d", "")]),
        ("  ```py\n  x\n  ```", [("text", "  ", ""), ("code", "  x\n  ", "py")]),
        ("never closed ```py\nx``", [("text", "never closed ", ""), ("code", "x``", "py")]),
        ("ends with ```", [("text", "ends with ", "")]),
        ("``", [("text", "``", "")]),
        ("", []),
    ],
)
def test_fences_are_found_and_left_out(answer: str, parts: list[tuple[str, str, str]]) -> None:
    assert joined(split(answer, [])) == parts


@settings(max_examples=400, deadline=None)
@given(ANSWERS, CUTS)
def test_where_a_piece_ends_makes_no_difference(answer: str, cuts: list[int]) -> None:
    assert joined(split(answer, cuts)) == joined(split(answer, []))
    assert all(part.content for part in split(answer, cuts))


@settings(max_examples=400, deadline=None)
@given(ANSWERS, CUTS)
def test_nothing_is_lost_but_fences_and_languages(answer: str, cuts: list[int]) -> None:
    reached = behind_fences(answer, {0})
    for part in split(answer, cuts):
        ends = {at + len(part.content) for at in reached if answer.startswith(part.content, at)}
        reached = behind_fences(answer, ends)
    assert len(answer) in reached


def behind_fences(answer: str, places: set[int]) -> set[int]:
    """Where one can be once fences, with their languages or without, are left out."""
    found: set[int] = set()
    waiting = list(places)
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            fence = re.compile(r"(?<!`)`{3,}(?!`)").match(answer, at)
            if fence is not None:
                line = re.compile(r"[ \t]*[\w+#.-]*[ \t\r]*(\n|\Z)", re.ASCII).match(answer, fence.end())
                waiting += [fence.end(), *([line.end()] if line is not None else [])]
    return found


@settings(max_examples=300, deadline=None)
@given(ANSWERS, CUTS, CUTS, st.data())
def test_a_client_that_comes_back_gets_the_rest_exactly(
    answer: str, cuts: list[int], others: list[int], data: st.DataObject
) -> None:
    fences, given_pieces = Fences(), pieces(answer, cuts)
    seen: list[TextPart] = []
    places: list[tuple[int, str, str]] = [(0, "", "")]
    said = 0
    for piece in given_pieces:
        parts = fences.feed(piece)
        for at, part in enumerate(parts):
            seen.append(part)
            begin = said + (len(piece) if at == len(parts) - 1 else 0)
            places.append((begin, part.place, "".join(item.content for item in seen)))
        said += len(piece)
    whole = "".join(item.content for item in [*seen, *fences.end()])
    begin, place, before = data.draw(st.sampled_from(places))
    after = split(answer[begin:], others, place)
    assert before + "".join(part.content for part in after) == whole
    kinds = [part.kind for part in split(answer, []) for _ in part.content]
    assert [part.kind for part in after for _ in part.content] == kinds[len(before) :]


@pytest.mark.parametrize(
    "place", ["x", "1.t0.0.2.", "1.q0.0.0.", "1.b3.0.1.!!", "1.b3.0.1./", "1.b3.0.1.gA", "-1.t0.0."]
)
def test_a_place_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Fences(place)
    assert refused.value.field == "Last-Event-ID"
