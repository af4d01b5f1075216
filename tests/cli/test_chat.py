"""`openclaw chat`: one turn, a conversation, Ctrl-C, a broken connection, no gateway at all."""

import os
import select
import shlex
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from tests.cli.command import SECONDS, Gateway, Home, free_port, plain, start_gateway, wait_until_open
from tests.support.cutting_proxy import CuttingProxy
from tests.support.scripted_gateway import After, Peer, scripted_gateway

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


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


def test_what_comes_from_a_pipe_is_joined_to_the_message(scripted: Gateway) -> None:
    done = scripted.run("chat", "Explain", "this:", "--session", "joined", stdin="some\ntext\n")
    assert done.code == 0, done.err
    (asked, _) = scripted.run("call", "chat.history", "--session-key", "joined").json()["messages"]
    assert asked["content"] == "Explain this:\n\nsome\ntext"


def test_a_pipe_that_nobody_closes_is_said_to_be_waited_for(scripted: Gateway) -> None:
    process = scripted.home.start("chat", "Hello", stdin=subprocess.PIPE)
    assert process.stderr is not None
    Reader(process.stderr.fileno()).until("Waiting for the end of standard input")
    out, _ = process.communicate("there", timeout=SECONDS)
    assert (process.returncode, out) == (0, "echo: Hello\n\nthere\n")


def test_files_go_with_the_message(scripted: Gateway, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("remember the milk")
    (tmp_path / "dot.png").write_bytes(PNG)
    files = [word for name in ("notes.txt", "dot.png") for word in ("--file", str(tmp_path / name))]
    assert scripted.run("chat", "What is that?", "--session", "files", *files).code == 0
    (asked, _) = scripted.run("call", "chat.history", "--session-key", "files").json()["messages"]
    assert [(one["type"], one["name"]) for one in asked["attachments"]] == [("text", "notes.txt"), ("image", "dot.png")]
    assert asked["attachments"][0]["text"] == "remember the milk"
    (tmp_path / "some.bin").write_bytes(b"\0\1\2")
    for name, why in (("some.bin", "neither a text nor a picture"), ("missing", "No such file")):
        done = scripted.run("chat", "What is that?", "--file", str(tmp_path / name))
        assert done.code == 1 and why in done.err and name in done.err


def test_what_is_too_large_is_refused_before_it_is_sent(scripted: Gateway) -> None:
    with CuttingProxy(scripted.port) as proxy:
        done = scripted.run("chat", stdin="x" * 11_000_000, env={"OPENCLAW_URL": f"http://127.0.0.1:{proxy.port}"})
        assert proxy.connections == 1
    assert (done.code, done.out) == (1, "")
    assert "the gateway takes 10,485,760" in done.err


def test_the_last_chat_is_gone_on_with(scripted: Gateway, home: Home) -> None:
    assert scripted.run("chat", "one", "--session", "last").code == 0
    assert scripted.run("chat", "two", "--continue").code == 0
    messages = scripted.run("call", "chat.history", "--session-key", "last").json()["messages"]
    assert [message["content"] for message in messages] == ["one", "echo: one", "two", "echo: two"]
    assert scripted.run("chat", "x", "--continue", "--session", "last").code == 2
    assert "no earlier chat" in scripted.run("chat", "x", "--continue", "--agent", "writer").err


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_without_a_terminal_it_is_told_how_to_decide_about_what_waits(scripted: Gateway, more: list[str]) -> None:
    process = scripted.home.start("chat", '[[tool:shell {"command": "echo decided"}]]', *more)
    assert process.stderr is not None
    told = Reader(process.stderr.fileno()).until("tool.deny --approval-id apr_")
    assert "shell waits for approval" in told and "echo decided" in told
    (approve,) = [line.partition("yes:")[2] for line in told.splitlines() if "yes:" in line]
    assert scripted.run(*shlex.split(approve)[1:]).code == 0
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert "tool said" in out if not more else "tool.approval" in out


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


def test_an_answer_that_begins_again_after_a_crash_is_shown_anew(scripted: Gateway, home: Home) -> None:
    model = scripted.run("config", "get", "providers.primary", "--json").out
    config = f"providers:\n  primary: {model.strip()}\nruns: {{on_crash: retry}}\n"
    gateway = start_gateway(home, config=config)
    try:
        process = home.start("chat", "[[slow:60,30]]")
        assert process.stdout is not None
        reader = Reader(process.stdout.fileno())
        reader.until("w9 ")
        gateway.process.kill()
        gateway.process.communicate()
        gateway.process = home.start("gateway")
        wait_until_open(gateway.process, gateway.port)
        rest, err = process.communicate(timeout=SECONDS)
    finally:
        gateway.stop()
    assert process.returncode == 0, err
    assert (reader.kept() + rest).splitlines()[-1].split() == [f"w{number}" for number in range(60)]
    assert "begins again" in err


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
