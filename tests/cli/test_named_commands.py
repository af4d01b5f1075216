"""Commands that are rows of the table: sessions, approvals, memory, mcp, usage, audit."""

import contextlib
import io
import json
from pathlib import Path

import pytest

from openclaw_rpc.cli.root import run
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


def test_names_that_the_gateway_knows_are_completed(gateway: Gateway, home: Home) -> None:
    gateway.run("call", "session.create", "sessionKey=completed-key")

    def completed(*words: str, of: Home = gateway.home) -> list[str]:
        env = {"_OPENCLAW_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        return [line.partition(",")[2] for line in of.run(env=env).out.splitlines() if line]

    assert completed("openclaw", "sessions", "show", "completed-") == ["completed-key"]
    assert completed("openclaw", "call", "chat.run", "--agent-id", "def") == ["default"]
    assert completed("openclaw", "call", "chat.run", "sess") == ["sessionKey="]
    assert completed("openclaw", "chat", "--session", "completed-") == ["completed-key"]
    assert completed("openclaw", "channels", "status", "webh") == ["webhook"]
    home.configure("gateway: {port: 1}\n")
    assert completed("openclaw", "sessions", "show", "x", of=home) == []
