import fnmatch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_rpc.domain.globs import Glob
from openclaw_rpc.protocol.errors import InvalidRequest
from tests.support.growth import grows_evenly


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.md", "a/b.md"),
        ("src/*.py", "src/x.py"),
        ("src/**/*.py", "src/a/b/x.py"),
        ("src/**/*.py", "src/x.py"),
        ("src/**", "src/x"),
        ("a/**/b/**", "a/b/x"),
        ("**", "a/b"),
        ("*.{md,txt}", "q/a.txt"),
        ("{a,{b,c}}", "c"),
        ("[a-c]?.md", "bz.md"),
        ("[!a-c].md", "z.md"),
        ("[]].md", "].md"),
        ("/x.md", "x.md"),
        ("a[", "a["),
        ("x/**/y/**/z", "x/y/y/q/z"),
        (r"\*.md", "*.md"),
        ("{a}", "{a}"),
    ],
)
def test_a_glob_fits(pattern: str, path: str) -> None:
    assert Glob(pattern).fits(path.split("/"))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.md", "a/b.mdx"),
        ("src/*.py", "src/a/x.py"),
        ("src/**", "src"),
        ("[!a-c].md", "b.md"),
        ("[z-a].md", "m.md"),
        ("/x.md", "a/x.md"),
        ("?.md", ".md"),
        (r"\*.md", "a.md"),
        ("a/b", "a/b/c"),
        ("A.md", "a.md"),
    ],
)
def test_a_glob_does_not_fit(pattern: str, path: str) -> None:
    assert not Glob(pattern).fits(path.split("/"))


@given(st.text("ab*?", max_size=8), st.text("abc", min_size=1, max_size=8))
@settings(deadline=None, max_examples=300)
def test_stars_and_question_marks_mean_what_the_standard_library_means(pattern: str, name: str) -> None:
    if "**" not in pattern and pattern:
        assert Glob("/" + pattern).fits([name]) == fnmatch.fnmatchcase(name, pattern)


def test_no_pattern_makes_it_slow() -> None:
    assert not Glob("*a" * 490).fits(["a" * 254 + "b"])
    assert not Glob("**/a/" * 190 + "q").fits(["a"] * 60)
    assert grows_evenly(lambda size: Glob("*a" * size).fits(["a" * 254 + "b"]), 120)
    assert grows_evenly(lambda size: Glob("**/a/" * size + "q").fits(["a"] * 60), 45)


def test_alternatives_are_bounded() -> None:
    with pytest.raises(InvalidRequest, match="alternatives"):
        Glob("{a,b}" * 7)
