"""`openclaw chat`: one turn, a conversation, Ctrl-C, a broken connection, no gateway at all."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from tests.cli.command import SECONDS, Gateway, Home, free_port, plain, program, start_gateway, wait_until_open
from tests.support.cutting_proxy import CuttingProxy
from tests.support.scripted_gateway import After, Peer, scripted_gateway

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose model answers as the message says."""
    port = free_port()
    upstream = subprocess.Popen(
        [sys.executable, "-m", "tests.support.upstream", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_open(upstream, port)
        provider = (
            f"{{type: openai-compatible, model: scripted, base_url: 'http://127.0.0.1:{port}/v1', max_retries: 0}}"
        )
        home = Home(tmp_path_factory.mktemp("scripted") / "home")
        gateway = start_gateway(home, config=f"providers:\n  primary: {provider}\n")
        try:
            yield gateway
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                gateway.stop()
            if gateway.process.poll() is None:
                gateway.process.kill()
                gateway.process.communicate()
    finally:
        upstream.terminate()
        upstream.communicate(timeout=SECONDS)


class Reader:
    """Reads a file descriptor piece by piece; what was read too far is kept for the next time."""

    def __init__(self, stream: int) -> None:
        self._stream = stream
        self._seen = ""

    def until(self, wanted: str) -> str:
        """All up to and including ``wanted``; fails when the stream ends or takes too long."""
        deadline = time.monotonic() + SECONDS
        while wanted not in self._seen:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self._stream], [], [], left)[0], f"no {wanted!r}: {self._seen!r}"
            try:
                data = os.read(self._stream, 4096)
            except OSError:  # a terminal whose other side is gone
                data = b""
            assert data, f"it ended without {wanted!r}: {self._seen!r}"
            self._seen += plain(data.decode(errors="replace"))
        end = self._seen.index(wanted) + len(wanted)
        found, self._seen = self._seen[:end], self._seen[end:]
        return found

    def kept(self) -> str:
        """What was read too far."""
        return self._seen


def test_one_turn_streams_the_answer_and_nothing_else(scripted: Gateway) -> None:
    done = scripted.run("chat", "Hello", "there")
    assert (done.code, done.out) == (0, "echo: Hello there\n"), done.err
    assert done.err == ""


def test_a_message_comes_from_standard_input(scripted: Gateway) -> None:
    assert scripted.run("chat", "-", stdin="from\na pipe\n").out == "echo: from\na pipe\n"
    assert scripted.run("chat", stdin="piped").out == "echo: piped\n"
    assert scripted.run("chat", stdin="").code == 2


def test_a_session_is_gone_on_with(scripted: Gateway) -> None:
    for text in ("one", "two"):
        assert scripted.run("chat", text, "--session", "kept").code == 0
    messages = scripted.run("call", "chat.history", "--session-key", "kept").json()["messages"]
    assert [message["content"] for message in messages] == ["one", "echo: one", "two", "echo: two"]


def test_json_is_an_event_a_line(scripted: Gateway) -> None:
    done = scripted.run("chat", "Hello", "--json", "--session", "as-json")
    assert done.code == 0
    events = done.lines()
    assert "".join(one["data"]["delta"] for one in events if one["type"] == "chat.delta") == "echo: Hello"
    assert events[-1]["type"] == "chat.done"


def test_a_model_is_asked_for_by_name(scripted: Gateway) -> None:
    done = scripted.run("chat", "x", "--model", "another", "--thinking", "low", "--json")
    assert done.lines()[-1]["data"]["model"] == "another"


def test_a_failed_run_is_an_error_with_the_providers_name(scripted: Gateway) -> None:
    done = scripted.run("chat", "[[fail:401]]")
    assert done.code == 1
    assert "error:" in done.err and "primary" in done.err


def test_what_is_refused_is_an_error(scripted: Gateway) -> None:
    done = scripted.run("chat", "hi", "--agent", "nobody")
    assert done.code == 1
    assert "nobody" in done.err
    assert scripted.run("chat", "hi", "--thinking", "hard").code == 2
    assert scripted.run("chat", "hi", "--token", "wrong").code == 1


def test_ctrl_c_stops_the_run(scripted: Gateway) -> None:
    process = scripted.home.start("chat", "[[slow:1000,50]]", "--session", "stopped")
    assert process.stdout is not None and process.stderr is not None
    Reader(process.stdout.fileno()).until("w1 ")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "aborted" in err
    (_, answer) = scripted.run("call", "chat.history", "--session-key", "stopped").json()["messages"]
    assert answer["status"] == "aborted" and answer["content"].startswith("w0 w1 ")


def test_a_broken_connection_loses_and_repeats_nothing(scripted: Gateway) -> None:
    with CuttingProxy(scripted.port) as proxy:
        process = scripted.home.start("chat", "[[slow:60,30]]", "--url", f"http://127.0.0.1:{proxy.port}")
        assert process.stdout is not None
        reader, seen = Reader(process.stdout.fileno()), ""
        for mark in ("w3 ", "w20 ", "w40 "):
            seen += reader.until(mark)
            proxy.cut()
        rest, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    assert (seen + reader.kept() + rest).split() == [f"w{number}" for number in range(60)]
    assert proxy.connections == 4
    assert "Reconnecting" in err


def test_a_url_where_nobody_answers_starts_nothing(home: Home) -> None:
    done = home.run("chat", "hi", "--url", f"http://127.0.0.1:{free_port()}")
    assert (done.code, done.out) == (1, "")
    assert "No gateway answers" in done.err
    assert not home.path.exists()


def test_where_no_gateway_runs_one_is_started_for_the_time_of_the_chat(home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}, shutdown_seconds: 1}}\n")
    done = home.run("chat", "/calc 6*7")
    assert done.code == 0, done.err
    assert "42" in done.out
    assert "one is started" in done.err
    assert home.run("status").code == 1, "it went with the chat"


def test_what_keeps_that_one_from_starting_is_said(home: Home) -> None:
    home.configure(f"gateway: {{port: {free_port()}}}\nrusn: 1\n")
    done = home.run("chat", "hi")
    assert (done.code, done.out) == (1, "")
    assert "gateway.yaml:2" in done.err


class Terminal:
    """A terminal with `openclaw` in it."""

    def __init__(self, home: Home, *words: str) -> None:
        self.near, far = pty.openpty()
        self.process = subprocess.Popen(
            [*program(), *words],
            stdin=far,
            stdout=far,
            stderr=far,
            env={**home.environment(), "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(far)
        self.until = Reader(self.near).until

    def type(self, text: str) -> None:
        os.write(self.near, text.encode())

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)


@pytest.fixture
def terminal(scripted: Gateway) -> Iterator[Terminal]:
    """A conversation at its first prompt."""
    opened = Terminal(scripted.home, "chat")
    try:
        opened.until("> ")
        yield opened
    finally:
        if opened.process.poll() is None:
            opened.process.kill()
        opened.process.wait(SECONDS)
        os.close(opened.near)


def test_a_conversation_goes_on_in_one_session_until_ctrl_d(terminal: Terminal, scripted: Gateway) -> None:
    terminal.type("first\n")
    terminal.until("echo: first")
    terminal.until("> ")
    terminal.type("second\n")
    terminal.until("echo: second")
    terminal.until("> ")
    terminal.type("\x04")
    left = terminal.until("--session ") + terminal.until("\n")
    assert terminal.process.wait(SECONDS) == 0
    (key,) = re.findall(r"--session (\S+)", left)
    messages = scripted.run("call", "chat.history", "--session-key", key).json()["messages"]
    assert [message["content"] for message in messages[::2]] == ["first", "second"]


def test_in_a_conversation_ctrl_c_stops_the_answer_and_the_next_question_is_taken(terminal: Terminal) -> None:
    terminal.type("[[slow:1000,50]]\n")
    terminal.until("w1 ")
    terminal.interrupt()
    terminal.until("(aborted)")
    terminal.until("> ")
    terminal.type("and now\n")
    terminal.until("echo: and now")
    terminal.until("> ")
    terminal.type("/quit\n")
    assert terminal.process.wait(SECONDS) == 0


def test_ctrl_c_at_the_prompt_leaves(terminal: Terminal) -> None:
    # readline misses a signal that comes between its prompt and its wait, where no person's would
    for _ in range(5):
        terminal.interrupt()
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert terminal.process.wait(SECONDS / 6) == 0
            return
    pytest.fail("it did not leave")


def test_a_second_ctrl_c_leaves_though_the_run_does_not_end(home: Home) -> None:
    async def run(peer: Peer, params: dict[str, Any]) -> Any:
        accepted = {"runId": "r1", "sessionKey": "s", "status": "accepted", "epoch": "e1", "seq": 1}
        return After(accepted, lambda: peer.delta("on and on ", 2))

    async def abort(peer: Peer, params: dict[str, Any]) -> Any:
        aborted.set()
        return {"runId": "r1", "aborted": True, "status": "running"}

    aborted = threading.Event()
    with start_blocking_portal() as portal:
        stubborn = scripted_gateway({"chat.run": run, "chat.abort": abort})
        with portal.wrap_async_context_manager(stubborn) as gateway:
            opened = home.start("chat", "hi", "--url", gateway.url, "--token", "t")
            assert opened.stdout is not None
            Reader(opened.stdout.fileno()).until("on and on ")
            opened.send_signal(signal.SIGINT)
            assert aborted.wait(SECONDS)
            opened.send_signal(signal.SIGINT)
            opened.communicate(timeout=SECONDS)
    assert opened.returncode == 130


def test_what_was_typed_is_kept_for_the_owner_alone(terminal: Terminal, scripted: Gateway) -> None:
    terminal.type("remember me\n")
    terminal.until("echo: remember me")
    terminal.until("> ")
    terminal.type("/quit\n")
    assert terminal.process.wait(SECONDS) == 0
    (history,) = scripted.home.path.rglob("chat_history")
    assert "remember me" in history.read_text()
    assert history.stat().st_mode & 0o777 == 0o600


def test_colours_are_for_terminals_that_want_them(scripted: Gateway) -> None:
    home = Home(scripted.home.path, {"NO_COLOR": "1"})
    opened = Terminal(home, "status")
    try:
        assert opened.process.wait(SECONDS) == 0
        shown = os.read(opened.near, 65536).decode()
        assert "status" in shown and "\x1b" not in shown
    finally:
        os.close(opened.near)
