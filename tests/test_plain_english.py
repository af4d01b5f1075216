"""What a user reads is plain English: "has an invalid port", not "has a port that is none"."""

from __future__ import annotations

import re

import pytest

from tests.support.texts import texts

_ODD = re.compile(r"(?<![Tt]here )\b(?:is|are|was|were) (?:none\b|no (?!longer\b)[A-Za-z0-9-]+)")
_ALLOWED = {
    "security.sandbox is none",  # the setting's value
}


def odd(text: str) -> list[str]:
    """The places in a text where something is said to be `none`, or `no` thing that it is not."""
    return [] if text in _ALLOWED else _ODD.findall(text)


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ("has a port that is none", True),
        ("the body is no JSON: truncated", True),
        ("`since` is no time", True),
        ("the body is not JSON: truncated", False),
        ("there is no session 'x'", False),
        ("There are none yet.", False),
        (": 'c' is no longer taken", False),
    ],
)
def test_the_idiom_is_recognised(text: str, is_odd: bool) -> None:
    assert bool(odd(text)) is is_odd


def test_every_text_that_a_user_may_read_is_plain_english() -> None:
    found = [f"{where}: {text}" for where, text in texts() if odd(text)]
    assert not found, "\n".join(found)
