import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_rpc.domain.commands import CommandRules, judge
from openclaw_rpc.domain.shell import read_line
from openclaw_rpc.protocol.errors import Forbidden
from tests.support.growth import grows_evenly


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("ls -la", ("ls",)),
        ("echo a; rm b && cat c | wc -l & sleep 1", ("echo", "rm", "cat", "wc", "sleep")),
        ("'r'm x", ("rm",)),
        (r"r\m x", ("rm",)),
        ("\\\nrm x", ("rm",)),
        ("A=1 rm x", ("rm",)),
        ("> out cat < in", ("cat",)),
        ("if true; then rm x; fi", ("true", "rm")),
        ("(cd x; make) 2>&1 | tee log", ("cd", "make", "tee")),
        ("echo a#b; # rm\nls", ("echo", "ls")),
        ('echo $(curl x) `wget y` "$(rm z)"', ("echo", "curl", "wget", "rm")),
        ("! time -p rm x", ("rm",)),
        ("exec rm x", ("exec", "rm")),
        ("f() { rm x; }", ("f", "rm")),
        ("echo 'a; rm b'", ("echo",)),
    ],
)
def test_the_commands_of_a_line_are_found(line: str, commands: tuple[str, ...]) -> None:
    assert read_line(line).commands == commands


@pytest.mark.parametrize(
    "line", ["$X a", "a=b ls", "eval ls", "cat <<E\nrm\nE", "echo $(ls)", "l? x", "case x in *) ls;; esac"]
)
def test_what_reading_can_not_follow_is_not_certain(line: str) -> None:
    assert not read_line(line).certain


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_read(line: str) -> None:
    read_line(line)


@pytest.mark.parametrize("piece", ["$(", '"$(', "`", "(", "'", '"', "a;", "\\"])
def test_no_line_takes_long_to_read(piece: str) -> None:
    assert grows_evenly(lambda size: read_line(piece * (size // len(piece))), 12_000)


def refused(line: str, rules: CommandRules, **env: str) -> str | None:
    try:
        judge(line, env, rules)
    except Forbidden as error:
        return error.reason
    return None


def test_without_lists_every_line_may_be_run() -> None:
    assert refused("eval $X", CommandRules()) is None


@pytest.mark.parametrize(
    "line", ["rm x", "/bin/rm x", "ls; rm x", "echo $(rm x)", "'rm' x", "exec rm x", "mkfs.ext4 /dev/x"]
)
def test_a_denied_command_is_refused_by_name_and_by_path(line: str) -> None:
    assert refused(line, CommandRules(deny=["rm", "mkfs*"])) == "command_denied"


def test_what_is_not_allowed_is_refused() -> None:
    rules = CommandRules(allow=["ls", "git*", "/usr/bin/make"])
    assert refused("ls -la | git log; /usr/bin/make", rules) is None
    assert refused("ls; rm x", rules) == "command_not_allowed"
    assert refused("./ls", rules) == "command_not_allowed"
    assert refused("make", rules) == "command_not_allowed"


@pytest.mark.parametrize("line", ["PATH=. ls", "ls $(ls)", "ls <<E\nE"])
def test_with_an_allow_list_unclear_lines_are_refused(line: str) -> None:
    assert refused(line, CommandRules(allow=["*"])) == "command_unclear"


def test_with_an_allow_list_variables_that_change_what_a_name_means_are_refused() -> None:
    assert refused("ls", CommandRules(allow=["ls"]), LD_PRELOAD="x.so") == "command_unclear"
    assert refused("ls", CommandRules(allow=["ls"]), GIT_PAGER="x") == "command_unclear"
    assert refused("ls", CommandRules(allow=["ls"]), NO_COLOR="1", LC_ALL="C") is None
    assert refused("ls", CommandRules(allow=["ls"], env=["GIT_*"]), GIT_PAGER="x") is None
    assert refused("ls", CommandRules(deny=["rm"]), LD_PRELOAD="x.so") is None
