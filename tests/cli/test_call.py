"""`openclaw call`: any row of the table, against a running gateway."""

import subprocess
from pathlib import Path

import pytest

from openclaw_rpc.protocol.table import METHODS
from tests.cli.command import SECONDS, Gateway, Home


def test_the_methods_are_listed(home: Home) -> None:
    done = home.run("call", "--list")
    assert done.code == 0
    assert all(row.name in done.out for row in METHODS)
    listed = home.run("call", "--json", "--list").json()
    assert {row["name"] for row in listed} == {row.name for row in METHODS}


def test_an_unknown_method_is_answered_with_the_nearest(home: Home) -> None:
    done = home.run("call", "chat.runn")
    assert done.code == 1
    assert "chat.run" in done.err and "--list" in done.err


def test_params_come_as_options(gateway: Gateway) -> None:
    done = gateway.run("call", "session.create", "--session-key", "by-option", "--labels", '{"a": "b"}')
    assert done.code == 0, done.err
    assert done.json()["sessionKey"] == "by-option"
    assert done.json()["labels"] == {"a": "b"}


def test_params_come_as_json_from_everywhere(gateway: Gateway, tmp_path: Path) -> None:
    assert gateway.run("call", "session.create", '{"sessionKey": "by-json"}').json()["sessionKey"] == "by-json"
    done = gateway.run("call", "session.create", "-", stdin='{"sessionKey": "by-stdin"}')
    assert done.json()["sessionKey"] == "by-stdin"
    (tmp_path / "params.json").write_text('{"sessionKey": "by-file", "title": "old"}')
    done = gateway.run("call", "session.create", f"@{tmp_path / 'params.json'}", "--title", "new")
    assert (done.json()["sessionKey"], done.json()["title"]) == ("by-file", "new")


def test_params_come_as_pairs(gateway: Gateway) -> None:
    done = gateway.run("call", "session.create", "--param", "sessionKey=by-pair", "--param", "labels.x=y")
    assert done.json()["labels"] == {"x": "y"}


def test_an_error_names_its_field_and_its_reason(gateway: Gateway) -> None:
    done = gateway.run("call", "session.list", "--limit", "0")
    assert (done.code, done.out) == (1, "")
    assert "limit" in done.err
    done = gateway.run("call", "chat.history", "--session-key", "nobody", "--json")
    assert done.code == 1
    assert '"not_found"' in done.err


@pytest.mark.parametrize(
    "words",
    [
        ["{oops"],
        ["[1]"],
        ["@/nowhere.json"],
        ["--limit", "many"],
        ["--stream"],
        ["--param", "x"],
        ["x"],
        ["=1"],
        ["--no-such", "1"],
    ],
)
def test_what_can_not_be_sent_is_wrong_usage(words: list[str], home: Home) -> None:
    assert home.run("call", "session.list", *words).code == 2


def test_a_run_is_followed_to_its_final_event(gateway: Gateway) -> None:
    done = gateway.run("call", "chat.run", "--message", "/time", "--session-key", "followed", "--stream")
    assert done.code == 0, done.err
    accepted, *events = done.lines()
    assert accepted["sessionKey"] == "followed"
    assert [event["type"] for event in events].count("chat.done") == 1
    assert events[-1]["type"] == "chat.done"
    assert "".join(event["data"]["delta"] for event in events if event["type"] == "chat.delta")
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers))
    assert all(event["data"]["runId"] == accepted["runId"] for event in events)


def test_a_field_of_a_row_goes_before_a_shared_option(gateway: Gateway) -> None:
    done = gateway.run("call", "config.update", "--config", '{"runs": {"max_queued": 7}}')
    assert done.code == 0, done.err
    assert done.json()["changed"] == ["runs.max_queued"]


def test_a_subscription_is_followed_until_it_is_interrupted(gateway: Gateway) -> None:
    process = gateway.home.start("call", "event.subscribe", "--topics", "sessions", "--stream")
    assert process.stdout is not None
    try:
        assert "epoch" in process.stdout.readline()
        gateway.run("call", "session.create", "--session-key", "seen-by-topic")
        assert "seen-by-topic" in process.stdout.readline()
    finally:
        process.send_signal(subprocess.signal.SIGINT)  # type: ignore[attr-defined]
        process.communicate(timeout=SECONDS)
    assert process.returncode == 130


def test_a_token_without_the_scope_is_told_so(gateway: Gateway) -> None:
    token = gateway.run("token", "create", "--name", "reader", "--scopes", "read").out.split()[-1]
    assert gateway.run("call", "session.list", "--token", token).code == 0
    done = gateway.run("call", "config.get", env={"OPENCLAW_TOKEN": token})
    assert (done.code, done.out) == (1, "")
    assert "scope" in done.err and "token create --name NAME --scopes read,chat,tools,admin" in done.err
    assert token not in done.err
    assert "token create --name NAME makes" in gateway.run("call", "chat.run", "message=hi", "--token", token).err


def test_what_is_forbidden_is_answered_with_what_helps_there(gateway: Gateway) -> None:
    made = gateway.run("token", "create", "--name", "ada", "--user", "ada", "--scopes", "read,tools,admin", "--raw")
    done = gateway.run("call", "audit.verify", "--token", made.out.strip())
    assert done.code == 1 and "token show" in done.err and "--scopes" not in done.err
    gateway.run("call", "config.update", "config.security.policies.web_fetch=deny")
    done = gateway.run("call", "web.fetch", "url=http://example.com/")
    assert done.code == 1 and "config get security" in done.err and "token" not in done.err


def test_a_wrong_token_is_refused_without_being_shown(gateway: Gateway) -> None:
    done = gateway.run("status", "--token", "not-the-token")
    assert done.code == 1
    assert "token" in done.err and "not-the-token" not in done.err
