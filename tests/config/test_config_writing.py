"""Changing the file keeps what people wrote in it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openclaw_rpc.config.parsing import parse
from openclaw_rpc.config.writing import Step, applied, rewritten, stands, write_atomically

TEXT = """\
# at the top
gateway:   # the door
    port: 1234   # the port
    auth:
        token: "${TOKEN}"   # from outside
        # after the token
    # before hosts
    allowed_hosts: [a, b]   # in one line

    # before limits
    rate_limit:
        requests_per_minute: 5  # five
        # still about limits
# before providers
providers:
    primary: {type: openai, model: x}   # a short one
security:
    requirePinFor:
        - shell   # dangerous
        - file_write
# at the end
"""


def change(keys: str, value: Any = None, *, remove: bool = False) -> Step:
    return Step(keys=tuple(keys.split(".")), value=value, remove=remove)


def comments(text: str) -> list[str]:
    return [line[line.index("#") :] for line in text.splitlines() if "#" in line]


def test_a_changed_value_changes_its_line_alone():
    fresh = rewritten(TEXT, [change("gateway.rate_limit.requests_per_minute", 90)])
    assert fresh == TEXT.replace("requests_per_minute: 5 ", "requests_per_minute: 90")


def test_a_new_key_comes_last_in_its_section_before_the_comments_of_the_next():
    fresh = rewritten(TEXT, [change("gateway.rate_limit.files_per_minute", 7), change("runs.max_running", 3)])
    assert "5  # five\n        files_per_minute: 7\n        # still about limits\n# before providers\n" in fresh
    assert fresh.endswith("        - file_write\nruns:\n    max_running: 3\n# at the end\n")


def test_a_removed_key_takes_its_own_lines_and_nothing_else():
    fresh = rewritten(TEXT, [change("gateway.rate_limit", remove=True), change("gateway.auth.token", remove=True)])
    lost = ['        token: "${TOKEN}"   # from outside\n', "    rate_limit:\n"]
    lost.append("        requests_per_minute: 5  # five\n")
    expected = TEXT
    for line in lost:
        expected = expected.replace(line, "")
    assert fresh == expected


def test_the_other_spelling_of_a_key_is_kept():
    fresh = rewritten(TEXT, [change("security.require_pin_for", ["shell"])])
    assert parse(fresh, "").value["security"] == {"requirePinFor": ["shell"]}


@pytest.mark.parametrize(
    "text", ["", "# only comments\n", "# no end of line", "---\n# a\n", "{}\n", "null\n", "gateway:\n"]
)
def test_a_file_without_values_gets_some(text: str):
    fresh = rewritten(text, [change("gateway.port", 1)])
    assert parse(fresh, "").value == {"gateway": {"port": 1}}
    assert comments(fresh) == comments(text)


def test_line_ends_of_windows_stay():
    fresh = rewritten(TEXT.replace("\n", "\r\n"), [change("gateway.port", 5), change("runs.max_running", 1)])
    assert fresh.count("\n") == fresh.count("\r\n") > 20


KEYS = st.sampled_from(
    [
        "gateway.port",
        "gateway.auth.password",
        "gateway.allowed_hosts",
        "gateway.rate_limit.requests_per_minute",
        "gateway.tls.key",
        "providers.primary.model",
        "providers.b.model",
        "skills.a.b.c",
        "memory",
        "channels.x",
    ]
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        [
            "yes",
            "null",
            "~",
            "0123",
            "1e3",
            "2024-01-01",
            "- a",
            "a: b",
            "# c",
            "'",
            '"',
            "${X}",
            " a ",
            "*a",
            "<<",
            "a?b",
        ]
    ),
)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.integers(-1000, 1000).map(lambda n: n / 8), TEXTS
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b c", "yes", "1"]), inner, max_size=3)
    ),
    max_leaves=6,
)
STEPS = st.lists(st.builds(change, KEYS, VALUES), min_size=1, max_size=4, unique_by=lambda step: step.keys)


@settings(deadline=None, max_examples=60)
@given(steps=STEPS)
@example(steps=[change("providers.primary.model", {"a": "is it? a/?b"})])
def test_the_written_file_says_what_was_asked_for_and_keeps_every_comment(steps: list[Step]):
    fresh = rewritten(TEXT, steps)
    assert parse(fresh, "").value == applied(parse(TEXT, "").value, steps)
    assert [comment for comment in comments(TEXT) if comment not in fresh] == []


MORE = (
    TEXT
    + """\
empty: {}
flow: {one: "1", two: 'x, y', three: {z: [1, 2]}}   # braces
items:
- first
- second   # the last
# behind the items
block:
    text: |
        a
        b
    "quoted key": 'v'
nothing:
"""
)
PLACES = st.sampled_from(
    [
        *("gateway.auth", "gateway.auth.token", "gateway.allowed_hosts", "gateway.rate_limit", "providers.primary"),
        *("providers.primary.type", "providers.primary.a.b", "security.require_pin_for", "security", "gateway"),
        *("empty.x", "empty.x.y", "flow.one", "flow.two.z", "flow.three", "items", "block.text", "block", "nothing.a"),
    ]
)
EDITS = st.lists(
    st.one_of(st.builds(change, PLACES, VALUES), st.builds(change, PLACES, remove=st.just(True))),
    min_size=1,
    max_size=4,
    unique_by=lambda step: step.keys,
)


def filled(value: Any) -> Any:
    """Without what is empty: a section whose only key goes stays as one that says nothing."""
    if not isinstance(value, dict):
        return value
    return {key: found for key, item in value.items() if (found := filled(item)) not in (None, {})}


@settings(deadline=None, max_examples=150)
@given(steps=EDITS)
@example(steps=[change("gateway.auth", [None]), change("gateway.auth.token", None)])
@example(steps=[change("providers.primary.model", "0,"), change("providers.primary.type", remove=True)])
def test_keys_are_changed_and_removed_in_lines_in_braces_and_in_lists(steps: list[Step]):
    text, tree = MORE, parse(MORE, "").value
    for step in steps:
        if not step.remove or stands(tree, step.keys):
            text, tree = rewritten(text, [step]), applied(tree, [step])
            assert filled(parse(text, "").value) == filled(tree)


def test_a_write_that_fails_before_the_rename_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "gateway.yaml"
    path.write_text("old")
    seen: list[str] = []

    def power_cut(fresh: Path, target: Path) -> None:
        seen.append(fresh.read_text())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new", private=False, rename=power_cut)
    assert seen == ["new"]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_the_mode_kept(tmp_path: Path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "file.yaml", tmp_path / "gateway.yaml"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, "new", private=False)
    assert link.is_symlink()
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o640)
    write_atomically(link, "newer", private=True)
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_new_file_is_its_owners_alone(tmp_path: Path):
    write_atomically(tmp_path / "new.yaml", "x", private=False)
    assert (tmp_path / "new.yaml").stat().st_mode & 0o777 == 0o600
