"""`openclaw config`, with no gateway running."""

import stat

import pytest

from tests.cli.command import Home

COMMENTED = """\
# mine
gateway:
  port: 18789  # the usual one
  auth: {token: very-secret-token-1}
"""


def test_the_path_is_under_the_home(home: Home) -> None:
    assert home.run("config", "path").out.strip() == str(home.path / "gateway.yaml")


def test_another_file_can_be_named(home: Home) -> None:
    other = home.path.with_name("other.yaml")
    assert home.run("config", "path", "--config", str(other)).out.strip() == str(other)


def test_without_a_file_the_defaults_hold(home: Home) -> None:
    assert home.run("config", "check").code == 0
    assert home.run("config", "get", "gateway.port").out.strip() == "18789"


def test_secrets_are_not_shown(home: Home) -> None:
    home.configure(COMMENTED)
    for words in (["config", "get"], ["config", "get", "--json"], ["config", "get", "gateway.auth.token"]):
        done = home.run(*words)
        assert done.code == 0
        assert "very-secret" not in done.out + done.err
        assert "REDACTED" in done.out


def test_setting_a_value_keeps_the_comments(home: Home) -> None:
    file = home.configure(COMMENTED)
    done = home.run("config", "set", "gateway.port", "18790")
    assert done.code == 0
    assert "gateway.port" in done.err
    assert file.read_text() == COMMENTED.replace("18789", "18790")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_value_is_read_as_yaml(home: Home) -> None:
    home.run("config", "set", "providers.primary", "{type: ollama, model: llama3.2}")
    home.run("config", "set", "agents.writer.prompt", "Write: short, clear.")
    found = home.run("config", "get", "--json").json()
    assert found["providers"]["primary"]["model"] == "llama3.2"
    home.run("config", "set", "gateway.allowed_hosts", "[one.example, two.example]")
    assert home.run("config", "get", "gateway.allowed_hosts[1]").out.strip() == "two.example"


def test_a_secret_can_come_from_standard_input(home: Home) -> None:
    home.run("config", "set", "gateway.auth.password", "-", stdin="hunter22\n")
    assert "hunter22" in (home.path / "gateway.yaml").read_text()


def test_null_takes_a_value_away(home: Home) -> None:
    home.configure(COMMENTED)
    home.run("config", "set", "gateway.port", "null")
    assert "port" not in (home.path / "gateway.yaml").read_text()


def test_what_needs_a_restart_is_said(home: Home) -> None:
    found = home.run("config", "set", "gateway.port", "18790", "--json").json()
    assert found == {"changed": ["gateway.port"], "needsRestart": ["gateway.port"], "gateway": "not running"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gateway.prot", "1"], "port"),
        (["gateway.port", "many"], "gateway.port"),
        (["gateway.port", "99999999"], "gateway.port"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(words: list[str], said: str, home: Home) -> None:
    file = home.configure(COMMENTED)
    done = home.run("config", "set", *words)
    assert done.code == 1
    assert said in done.err
    assert file.read_text() == COMMENTED


def test_what_is_no_yaml_is_wrong_usage(home: Home) -> None:
    assert home.run("config", "set", "gateway.allowed_hosts", "[one").code == 2
    assert home.run("config", "set", ".", "1").code == 2


def test_a_path_that_is_not_there_is_answered_with_the_nearest(home: Home) -> None:
    done = home.run("config", "get", "gateway.prt")
    assert done.code == 1
    assert "port" in done.err
    assert home.run("config", "get", "gateway.port.x").code == 1


def test_check_names_the_line_of_every_problem(home: Home) -> None:
    home.configure("gateway:\n  prot: 1\n  bind: 5\nnonsense: 1\n")
    done = home.run("config", "check")
    assert done.code == 1
    assert [line.split(":")[1] for line in done.err.splitlines()] == ["2", "3", "4"]
    problems = home.run("config", "check", "--json").json()
    assert not problems["valid"]
    assert [problem["line"] for problem in problems["problems"]] == [2, 3, 4]


def test_a_file_that_is_no_yaml_is_said_in_one_line(home: Home) -> None:
    home.configure("gateway: ]")
    for words in (["config", "get"], ["status"], ["config", "set", "gateway.port", "1"]):
        done = home.run(*words)
        assert done.code == 1
        assert "gateway.yaml:1" in done.err
