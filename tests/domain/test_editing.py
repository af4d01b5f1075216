"""Changes of texts: exact replacements and unified diffs."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.domain.editing import patched, replaced
from openclaw_rpc.protocol.errors import InvalidRequest

LINES = st.lists(st.sampled_from(["alpha", "beta", "  beta", "", "-x", "+y", "@z", "gamma"]), max_size=14)


@given(LINES, LINES)
def test_a_diff_of_two_texts_makes_the_one_of_the_other(old: list[str], new: list[str]) -> None:
    diff = "\n".join(difflib.unified_diff(old, new, "a/x", "b/x", lineterm=""))
    if diff:
        assert patched("\n".join(old), diff)[0].split("\n") == ("\n".join(new)).split("\n") or not old or not new


def test_a_diff_whose_lines_have_moved_still_fits() -> None:
    diff = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
    assert patched("zero\nzero\none\ntwo\nthree\n", diff) == ("zero\nzero\none\n2\nthree\n", 1)


def test_the_lines_of_windows_stay_as_they_are() -> None:
    assert patched("a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n")[0] == "a\r\nc\r\n"
    assert replaced("a\r\nb\r\n", "a\nb", "x\ny", every=False) == ("x\r\ny\r\n", 1)


@pytest.mark.parametrize(
    ("diff", "why"),
    [
        ("", "no hunk"),
        ("hello", "no hunk"),
        ("@@ -1 +1 @@\n-other\n+x", "fits nowhere"),
        ("@@ -1 +1 @@\nodd", "neither"),
        ("--- a/x\n+++ b/x\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b", "several files"),
    ],
)
def test_what_is_not_a_diff_of_the_text_changes_nothing(diff: str, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why):
        patched("a\nb\n", diff)


def test_a_replacement_is_exact_and_of_one_place_unless_all_are_meant() -> None:
    assert replaced("a b a", "b", "c", every=False) == ("a c a", 1)
    assert replaced("a b a", "a", "c", every=True) == ("c b c", 2)
    with pytest.raises(InvalidRequest, match="2 times"):
        replaced("a b a", "a", "c", every=False)
    with pytest.raises(InvalidRequest, match="spaces differ"):
        replaced("if x:\n\treturn 1\n", "    return 1", "", every=False)
