"""Commands that are rows of the table: sessions, approvals, memory, mcp, usage, budget, audit."""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from openclaw_rpc.cli.moments import Moment
from openclaw_rpc.cli.root import COMPLETE, root, run
from tests.cli.command import SECONDS, Gateway, Home, start_gateway


def test_a_session_is_shown_renamed_exported_and_deleted(gateway: Gateway, tmp_path: Path) -> None:
    gateway.run("call", "session.create", "sessionKey=trip", "title=A trip")
    for number in range(3):
        gateway.run("call", "chat.inject", "sessionKey=trip", f"content=line {number} \u001b[31mred")
    shown = gateway.run("sessions", "show", "trip", "--limit", "2")
    assert shown.code == 0, shown.err
    assert "A trip" in shown.out and "line 2" in shown.out and "line 0" not in shown.out
    assert "\x1b" not in shown.out

    assert gateway.run("sessions", "rename", "trip", "To", "the", "sea").code == 0
    listed = gateway.run("sessions", "--text", "the sea").out
    assert "To the sea" in listed and "TITLE" in listed

    exported = gateway.run("sessions", "export", "trip").out
    assert exported.startswith("# To the sea\n")
    assert [exported.index(f"line {number}") for number in range(3)] == sorted(
        exported.index(f"line {number}") for number in range(3)
    )
    file = tmp_path / "trip.json"
    assert gateway.run("sessions", "export", "trip", "--format", "json", "-o", str(file)).code == 0
    kept = json.loads(file.read_text())
    assert (kept["sessionKey"], len(kept["messages"])) == ("trip", 3)

    refused = gateway.run("sessions", "delete", "trip", stdin="n\n")
    assert refused.code == 130 and gateway.run("sessions", "show", "trip").code == 0
    assert gateway.run("sessions", "delete", "trip", "--yes").code == 0
    gone = gateway.run("sessions", "show", "trip")
    assert gone.code == 1 and "trip" in gone.err


def test_a_session_of_several_pages_is_exported_whole(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"role": "user" if n % 2 else "assistant", "content": f"message {n}."} for n in range(40)]
    body = json.dumps({"sessionKey": "long", "message": "/time", "history": lines})
    assert gateway.run("call", "chat.run", body, "--stream").code == 0
    # a page holds fewer here, so that there are several
    monkeypatch.setattr("openclaw_rpc.cli.commands.sessions.PAGE", 7)
    monkeypatch.setenv("OPENCLAW_HOME", str(gateway.home.path))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run(["sessions", "export", "long", "--format", "json"]) == 0
    texts = [one["content"] for one in json.loads(out.getvalue())["messages"]]
    assert [text for text in texts if text.startswith("message")] == [f"message {n}." for n in range(40)]
    assert len(texts) == len({one["messageId"] for one in json.loads(out.getvalue())["messages"]})


def test_what_waits_for_approval_is_listed_approved_and_denied(tmp_path: Path) -> None:
    config = "security: {policies: {shell: ask}}\n"
    gateway = start_gateway(Home(tmp_path / "home"), config=config)
    try:
        assert "Nothing waits" in gateway.run("approvals", "list").err
        runs = [
            gateway.home.start("call", "chat.run", f"message=/shell echo {word}", "--stream") for word in ("one", "two")
        ]
        waiting: list[dict[str, str]] = []
        for _ in range(100):
            waiting = gateway.run("approvals", "list", "--json").json()["approvals"]
            if len(waiting) == 2:
                break
        shown = gateway.run("approvals", "list").out
        assert "shell" in shown and "echo one" in shown
        completed = gateway.home.run(
            env={
                "_OPENCLAW_COMPLETE": "bash_complete",
                "COMP_WORDS": "openclaw approvals approve ",
                "COMP_CWORD": "3",
            }
        )
        assert waiting[0]["approvalId"] in completed.out
        assert gateway.run("approvals", "approve", waiting[0]["approvalId"]).code == 0
        assert gateway.run("approvals", "deny", waiting[1]["approvalId"], "--reason", "not now").code == 0
        ends = [each.communicate(timeout=SECONDS)[0] for each in runs]
        assert sum("not now" in end for end in ends) == 1
        log = gateway.run("audit", "query", "--since", "1h", "--tool", "shell").out
        assert "shell" in log and "denied" in log
        assert "intact" in gateway.run("audit", "verify").out
    finally:
        gateway.stop()


def test_memory_is_stored_found_and_forgotten(gateway: Gateway) -> None:
    assert gateway.run("memory", "store", "colour", "My favourite colour is green.", "--tags", "taste").code == 0
    for words in (["favourite", "colour"], ["green", "--since", "1h"]):
        assert "green" in gateway.run("memory", "search", *words).out
    assert "Nothing is remembered" in gateway.run("memory", "search", "green", "--until", "1h").err
    assert "total-size-mb" in gateway.run("memory", "stats").out
    assert gateway.run("memory", "delete", "colour").code == 0
    assert gateway.run("memory", "delete", "colour").code == 1


def test_usage_and_mcp_servers_are_laid_out(gateway: Gateway) -> None:
    assert gateway.run("usage", "--since", "1d", "--by", "model").code == 0
    assert "mcp.servers" in gateway.run("mcp", "list").err
    assert gateway.run("mcp", "list", "--json").json()["servers"] == []
    assert gateway.run("usage", "--by", "weather").code == 2


def test_a_budget_is_set_told_and_removed(gateway: Gateway) -> None:
    assert "There are no budgets" in gateway.run("budget", "list").err
    made = gateway.run("budget", "set", "daily", "--tokens", "1000000")
    assert made.code == 0 and "1000000" in made.out, made.err
    assert gateway.run("budget", "set", "each", "--cost", "2.5", "--per", "user", "--period", "month").code == 1
    gateway.run("chat", "/time")
    titles, state = (line.split() for line in gateway.run("budget", "status", "daily").out.splitlines())
    assert titles[:2] == ["BUDGET", "SUBJECT"] and state[:4] == ["daily", "tokens", "day", "1000000"]
    assert gateway.run("budget", "status", "--json").json()["budgets"][0]["left"] <= 1_000_000
    unknown = gateway.run("budget", "status", "dialy")
    assert unknown.code == 1 and "dialy" in unknown.err
    assert "daily" in gateway.run("budget", "list").out
    assert completed(gateway.home, "budget", "status", "da") == ["daily"]
    assert gateway.run("budget", "set", "daily", "--remove").code == 0
    assert gateway.run("budget", "list", "--json").json()["budgets"] == []


def completed(home: Home, *words: str) -> list[str]:
    """What a shell is told for the last of the words; a process of its own would take ten times as long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENCLAW_HOME", str(home.path))
        found = ShellComplete(root, {}, "openclaw", COMPLETE).get_completions([*words[:-1]], words[-1])
    return [one.value for one in found]


def test_names_that_the_gateway_knows_are_completed(gateway: Gateway, home: Home) -> None:
    gateway.run("call", "session.create", "sessionKey=completed-key")

    for words, found in {
        ("sessions", "show", "completed-"): ["completed-key"],
        ("sessions", "delete", "completed-"): ["completed-key"],
        ("call", "chat.run", "--agent-id", "def"): ["default"],
        ("call", "chat.run", "sess"): ["sessionKey="],
        ("chat", "--session", "completed-"): ["completed-key"],
        ("channels", "status", "webh"): ["webhook"],
        ("webhooks", "create", "http://127.0.0.1:1/", "message.s"): ["message.sent"],
        ("config", "set", "budgets.daily.per", "u"): ["user"],
        ("config", "set", "gateway.reuse_port", "t"): ["true"],
        ("token", "create", "--scopes", "read,c"): ["read,chat"],
    }.items():
        assert completed(gateway.home, *words) == found, words
    home.configure("gateway: {port: 1}\n")
    assert completed(home, "sessions", "show", "x") == []


def test_tokens_users_and_a_webhooks_calls_are_completed(tmp_path: Path) -> None:
    running = start_gateway(Home(tmp_path / "home"), config="outbound: {allow_private_hosts: [127.0.0.1]}\n")
    home = running.home
    try:
        assert running.run("token", "create", "--name", "laptop-7", "--user", "zoe").code == 0
        assert completed(home, "token", "revoke", "lap") == ["laptop-7"]
        assert completed(home, "user", "delete", "z") == ["zoe"]
        refused = running.run("user", "delete", "zoe")
        assert refused.code == 1 and "stop" in refused.err and "[y/N]" not in refused.err
        webhook = running.run("webhooks", "create", "http://127.0.0.1:9/hook", "message.sent").out.split()[0]
        running.run("chat", "/time")
        delivery = running.run("webhooks", "deliveries", webhook, "--json").json()["deliveries"][0]["id"]
        assert completed(home, "webhooks", "redeliver", webhook, "wh") == [delivery]
        for_a_row = ("call", "webhook.redeliver", "--webhook-id", webhook, "--delivery-id", "wh")
        assert completed(home, *for_a_row) == [delivery]
    finally:
        running.stop()


FREE = {
    *("message", "text", "title", "url", "value", "words", "code", "to", "query", "params", "command", "version"),
    *("secret", "schedule", "every", "at", "timezone", "name", "component", "bind", "typed_as", "worker", "database"),
    *("pin", "reason", "category", "tags", "expires_in", "end_user_header"),
    *("budget set: only", "service install: user", "storage migrate: target", "storage migrate: source"),
}
"""What nobody can foresee: texts, times, addresses, new names."""


def commands(of: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below one, with the words that lead to it; what `call` makes of the table apart."""
    if not isinstance(of, click.Group):
        yield path, of
    elif path != ("call",):
        context = click.Context(of)
        for name in of.list_commands(context):
            inner = of.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


def test_whatever_names_something_is_completed() -> None:
    """An argument or an option of a text is completed, or stands above with those that can't be."""
    lacking: list[str] = []
    for path, command in commands(root):
        for param in command.params:
            own = param.name.removeprefix("field_") if param.name else ""
            chosen = isinstance(param.type, click.Choice | click.Path | Moment) or param.type.name != "text"
            completes = getattr(param, "_custom_shell_complete", None) is not None
            place = f"{' '.join(path)}: {own}"
            if not (chosen or completes or own.startswith("shared_") or {own, place} & FREE):
                lacking.append(place)
    assert not lacking, lacking
