"""Answers in parts that a platform takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.channels.markup import telegram
from openclaw_rpc.domain.channels.splitting import split, utf16_units

WORDS = st.sampled_from(
    [
        "word",
        "a",
        "longer-word",
        "中文字符",
        "😀",
        "👩‍👩‍👧",
        "e\u0301",
        "**bold**",
        "[name](https://example.com/a_b)",
        "`x = 1`",
        ".",
        "\n",
        "\n\n",
    ]
)
TEXTS = st.lists(WORDS, max_size=200).map(" ".join)
CODE = st.lists(st.sampled_from(["x = 1", "", "    y = 2", "print('hello')", "# 注释"]), min_size=1, max_size=60).map(
    "\n".join
)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@given(TEXTS, st.integers(60, 400))
def test_parts_fit_and_say_all_that_the_text_says(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert squeezed("".join(parts)) == squeezed(text)


@given(
    st.lists(st.one_of(TEXTS, CODE.map(lambda code: f"```python\n{code}\n```")), max_size=6).map("\n\n".join),
    st.integers(80, 300),
)
def test_every_part_closes_the_code_that_it_opens(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert all(len(re.findall(r"(?m)^```", part)) % 2 == 0 for part in parts)
    without = [re.sub(r"(?m)^```(python)?$", "", each) for each in (text, "\n".join(parts))]
    assert squeezed(without[0]) == squeezed(without[1])


@given(TEXTS, st.integers(100, 400))
def test_parts_fit_by_the_measure_that_is_given(text: str, limit: int) -> None:
    def units(part: str) -> int:
        return utf16_units(telegram(part))

    assert all(units(part) <= limit for part in split(text, limit, units))


def test_a_text_is_cut_between_paragraphs_before_it_is_cut_between_words() -> None:
    first, second = "one two three. " * 5, "four five six. " * 5
    assert split(f"{first.strip()}\n\n{second.strip()}", 100) == [first.strip(), second.strip()]


def test_a_link_is_not_cut() -> None:
    link = "[the page](https://example.com/" + "a" * 60 + ")"
    parts = split("x" * 50 + " " + link, 100)
    assert parts == ["x" * 50, link]


def test_what_is_shown_as_one_character_is_not_cut() -> None:
    family = "👩‍👩‍👧‍👦"
    parts = split(family * 40, 50)
    assert all(not part.startswith("\u200d") and not part.endswith("\u200d") for part in parts)
    assert "".join(parts) == family * 40


@pytest.mark.parametrize("text", ["", "\n\n", "   "])
def test_nothing_has_no_parts(text: str) -> None:
    assert split(text, 100) == []


def test_a_code_block_goes_on_in_the_next_part_in_its_language() -> None:
    code = "\n".join(f"line {number}" for number in range(30))
    parts = split(f"Here:\n\n```py\n{code}\n```\n\nDone.", 120)
    assert all(part.startswith("```py\n") for part in parts[1:-1])
    assert parts[-1].endswith("Done.")
