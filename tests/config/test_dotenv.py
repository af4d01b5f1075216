"""`.env` in the gateway's folder."""

from pathlib import Path

import pytest

from openclaw_rpc.config.dotenv import exposed, parse, variables
from openclaw_rpc.config.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("K=v", "v"),
        ("  export K = v  ", "v"),
        ("K=", ""),
        ("K= # nothing", ""),
        ("K=a#b # remark", "a#b"),
        ("K='a # \\n b'", "a # \\n b"),
        ('K="a \\"b\\" \\n c" # remark', 'a "b" \n c'),
        ('K="two\nlines"', "two\nlines"),
        ("K=a'b", "a'b"),
        ("K=a=b==", "a=b=="),
        ("# remark\n\nK=v\r\nL=w", "v"),
        ("K=old\nK=v", "v"),
    ],
)
def test_what_a_line_says(text: str, value: str) -> None:
    assert parse(text, ".env")["K"] == value


def test_every_line_that_says_nothing_is_named_and_none_is_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("K=v\nsk-secret-1\n2K=sk-secret-2\nL='sk-secret-3\n\nM=w\n", ".env")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]
    assert "secret" not in str(caught.value)


def test_a_file_that_is_not_there_adds_nothing_and_one_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    assert variables({"A": "1"}, tmp_path) == {"A": "1"}
    (tmp_path / ".env").write_bytes(b"K=\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        variables({}, tmp_path)


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=file\nB=file\n")
    assert variables({"A": "environment"}, tmp_path) == {"A": "environment", "B": "file"}


def test_a_file_that_others_can_read_is_told_from_one_that_is_private(tmp_path: Path) -> None:
    assert exposed(tmp_path) is None
    file = tmp_path / ".env"
    file.write_text("")
    file.chmod(0o644)
    assert exposed(tmp_path) == 0o644
    file.chmod(0o600)
    assert exposed(tmp_path) is None
