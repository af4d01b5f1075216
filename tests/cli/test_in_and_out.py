"""`openclaw channels`, `webhooks` and `tasks`, each as a table and as JSON."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Gateway, Home, start_gateway

EXAMPLE = Path(__file__).parents[2] / "examples" / "channel" / "folder.py"
CONFIG = """outbound: {allow_private_hosts: [127.0.0.1]}
channels:
  webhook: {enabled: true, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}
"""
MORNING = ("tasks", "create", "morning", "--every", "1d", "--message", "What is on?")


class Taking(BaseHTTPRequestHandler):
    """Takes every call."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base calls it so
        """Say nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with the webhook channel."""
    started = start_gateway(Home(tmp_path_factory.mktemp("gateway") / "home"), config=CONFIG)
    try:
        yield started
    finally:
        with contextlib.suppress(Exception):
            started.stop()
        if started.process.poll() is None:
            started.process.kill()
            started.process.communicate()


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()


def good(served: Gateway, *words: str) -> str:
    """What a command writes that must end well."""
    done = served.run(*words)
    assert done.code == 0, done.err
    return done.out


def test_channels_are_listed_installed_switched_and_removed(served: Gateway) -> None:
    listed = good(served, "channels", "list")
    assert listed.splitlines()[0].split() == ["CHANNEL", "STATUS", "AS", "TODAY", "WAITING", "ERROR"]
    assert "telegram" in listed and "not_configured" in listed
    assert "folder" in good(served, "channels", "install", str(EXAMPLE))
    assert "connected" in good(served, "channels", "enable", "folder")
    assert "queued" in good(served, "channels", "send", "folder", "ann", "hello")
    assert served.run("channels", "status", "folder", "--json").json()["status"] == "connected"
    assert "disabled" in good(served, "channels", "disable", "folder")
    assert "removed" in good(served, "channels", "remove", "folder")
    for words in (("status", "nobody"), ("pair", "webhook", "AAAAAAAA"), ("install", "no-such-package")):
        assert served.run("channels", *words).code == 1
    assert "pip install" in served.run("channels", "install", "no-such-package").err
    assert "brings 0 channels" in served.run("channels", "install", "pytest").err
    ids = {one["id"] for one in served.run("channels", "list", "--json").json()["channels"]}
    assert {"telegram", "discord", "slack", "whatsapp", "webhook"} <= ids


def test_webhooks_are_made_changed_called_and_deleted(served: Gateway, endpoint: str) -> None:
    made = good(served, "webhooks", "create", endpoint, "chat.done", "task.*").split()
    webhook, secret = made[0], made[-1]
    assert secret.startswith("whsec_")
    assert endpoint in good(served, "webhooks", "list")
    assert "chat.done, task.*" in good(served, "webhooks", "get", webhook)
    changed = served.run("webhooks", "update", webhook, "--event", "chat.done", "--ordered", "--json").json()
    assert (changed["events"], changed["ordered"]) == (["chat.done"], True)
    fresh = good(served, "webhooks", "update", webhook, "--new-secret").split()[-1]
    assert fresh.startswith("whsec_") and fresh != secret
    assert "delivered" in good(served, "webhooks", "test", webhook)
    assert "on       no" in good(served, "webhooks", "update", webhook, "--disable")
    assert served.run("webhooks", "update", webhook).code == 2
    good(served, "webhooks", "update", webhook, "--enable")
    good(served, "call", "chat.run", "--message", "hello")
    delivery = ""
    for _ in range(40):
        found = served.run("webhooks", "deliveries", webhook, "--status", "delivered", "--json").json()["deliveries"]
        if found:
            delivery = found[0]["id"]
            break
    assert "chat.done" in good(served, "webhooks", "deliveries", webhook)
    assert delivery in good(served, "webhooks", "redeliver", webhook, delivery)
    assert "removed" in good(served, "webhooks", "delete", webhook)
    assert served.run("webhooks", "get", webhook).code == 1


def test_tasks_are_made_changed_done_and_deleted(served: Gateway) -> None:
    task = good(served, "tasks", "create", "morning", "--cron", "0 9 * * 1-5", "--message", "What is on?").split(",")[0]
    assert "morning" in good(served, "tasks", "list") and "0 9 * * 1-5" in good(served, "tasks", "list")
    assert "What is on?" in good(served, "tasks", "get", task)
    changed = served.run("tasks", "update", task, "--every", "2h", "--timezone", "Europe/Berlin", "--json").json()
    assert (changed["every"], changed.get("schedule"), changed["timezone"]) == ("2h", None, "Europe/Berlin")
    updated = good(served, "tasks", "update", task, "--command", "echo done", "--to", "webhook:ann", "--missed", "once")
    assert "echo done" in updated and "webhook:ann" in updated
    assert "running" in good(served, "tasks", "run", task)
    runs: list[dict[str, Any]] = []
    for _ in range(40):
        runs = served.run("tasks", "runs", task, "--json").json()["runs"]
        if runs and runs[0]["status"] != "running":
            break
    assert runs[0]["status"] == "completed", runs
    assert "done" in good(served, "tasks", "runs", task)
    assert "on       no" in good(served, "tasks", "update", task, "--disable")
    times = good(served, "tasks", "preview", "--cron", "0 9 * * *", "--count", "3").split()
    assert len(times) == 3 and all(time.endswith("09:00:00.000Z") for time in times)
    assert "removed" in good(served, "tasks", "delete", task)


@pytest.mark.parametrize(
    "words",
    [
        ("create", "t", "--every", "1h"),
        ("create", "t", "--every", "1h", "--message", "a", "--command", "b"),
        ("create", "t", "--every", "1h", "--message", "a", "--to", "telegram"),
        ("create", "t", "--every", "1h", "--skill", "s:t", "--params", "[1]"),
        ("update", "t"),
    ],
)
def test_wrong_words_are_wrong_usage(served: Gateway, words: tuple[str, ...]) -> None:
    done = served.run("tasks", *words)
    assert (done.code, done.out) == (2, ""), sys.argv


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("webhooks", "create", "http://127.0.0.1:9/x", "mesage.sent"), "message.sent"),
        ((*MORNING, "--agent", "defualt"), "default"),
        ((*MORNING, "--to", "webhok:ann"), "webhook"),
    ],
)
def test_a_misspelt_name_in_a_webhook_or_a_task_is_answered_with_the_nearest_one(
    served: Gateway, words: tuple[str, ...], near: str
) -> None:
    done = served.run(*words)
    assert done.code == 1 and f"did you mean {near}?" in done.err
