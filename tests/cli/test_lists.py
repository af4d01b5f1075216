"""`openclaw status`, `sessions`, `agents`, `models` and `logs`, against a running gateway."""

import subprocess

import pytest

from openclaw_rpc import __version__
from tests.cli.command import SECONDS, Gateway, Home, free_port


def test_status_is_laid_out_for_people_and_json_for_programs(gateway: Gateway) -> None:
    done = gateway.run("status")
    assert done.code == 0, done.err
    assert __version__ in done.out and str(gateway.port) in done.out
    assert gateway.run("status", "--json").json()["gateway"]["port"] == gateway.port


def test_a_url_that_is_given_is_used(gateway: Gateway) -> None:
    assert gateway.run("status", "--url", f"127.0.0.1:{gateway.port}").code == 0
    assert gateway.run("status", env={"OPENCLAW_URL": gateway.url}).code == 0


def test_sessions_are_listed_and_filtered(gateway: Gateway) -> None:
    for key, title in (("one", "About rivers"), ("two", "About hills")):
        gateway.run("call", "session.create", "--session-key", key, "--title", title)
    done = gateway.run("sessions")
    assert "About rivers" in done.out and "About hills" in done.out
    assert [one["sessionKey"] for one in gateway.run("sessions", "--text", "rivers", "--json").json()["sessions"]] == [
        "one"
    ]
    assert "1 more" in gateway.run("sessions", "--limit", "1", "--text", "About").err
    assert "No session fits." in gateway.run("sessions", "--text", "mountains").err
    misspelt = gateway.run("sessions", "--agent", "defualt")
    assert misspelt.code == 1 and "did you mean default?" in misspelt.err


def test_agents_and_models_are_listed(gateway: Gateway) -> None:
    assert "default *" in gateway.run("agents").out
    assert any(one["default"] for one in gateway.run("agents", "--json").json()["agents"])
    assert gateway.run("models").code == 0
    assert gateway.run("models", "--json").json()["models"]


def test_the_log_of_a_running_gateway_is_shown(gateway: Gateway) -> None:
    done = gateway.run("logs", "--level", "debug")
    assert done.code == 0
    assert "listening" in done.out
    entries = gateway.run("logs", "--json", "--lines", "1").lines()
    assert len(entries) == 1 and entries[0]["level"] in {"info", "warn", "error"}
    assert gateway.run("logs", "--since", "1h").out
    assert gateway.run("logs", "--component", "no-such-part").out == ""


def test_the_log_is_followed(gateway: Gateway) -> None:
    process = gateway.home.start("logs", "--follow", "--json")
    assert process.stdout is not None
    try:
        assert "timestamp" in process.stdout.readline()
        gateway.run("config", "set", "logging.level", "debug")
        seen = ""
        while "configuration applied" not in seen:
            seen = process.stdout.readline()
            assert seen, "the log ended"
    finally:
        process.send_signal(subprocess.signal.SIGINT)  # type: ignore[attr-defined]
        process.communicate(timeout=SECONDS)
    assert process.returncode == 130


def test_without_a_gateway_the_log_comes_from_its_files(home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}}}\n")
    (home.path / "logs").mkdir()
    line = '{"timestamp":"2026-11-20T10:00:0%d.000Z","level":"%s","component":"c","message":"%s","fields":{}}\n'
    older, newer = home.path / "logs" / "gateway.log.1", home.path / "logs" / "gateway.log"
    older.write_text(line % (1, "info", "first") + "cut off")
    newer.write_text(line % (2, "debug", "second") + line % (3, "error", "third"))
    assert [one["message"] for one in home.run("logs", "--json").lines()] == ["first", "third"]
    assert [one["message"] for one in home.run("logs", "--json", "--lines", "1").lines()] == ["third"]
    since = home.run("logs", "--json", "--level", "debug", "--since", "2026-11-20T11:00:02+01:00").lines()
    assert [one["message"] for one in since] == ["second", "third"]
    assert "files" in home.run("logs").err


@pytest.mark.parametrize("words", [["--level", "loud"], ["--lines", "0"], ["--since", "yesterday"]])
def test_wrong_words_are_wrong_usage(words: list[str], home: Home) -> None:
    assert home.run("logs", *words).code == 2


@pytest.mark.parametrize("command", ["status", "sessions", "agents", "models"])
def test_where_no_gateway_runs_that_is_said_with_what_to_do(command: str, home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}}}\n")
    done = home.run(command)
    assert (done.code, done.out) == (1, "")
    assert "No gateway answers" in done.err and "openclaw gateway" in done.err
