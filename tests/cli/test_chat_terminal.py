"""`openclaw chat` on a terminal: what is typed, what is seen, what is asked in place."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import SECONDS, Gateway, Home, program
from tests.cli.terminal import Terminal

PASTE, PASTED = "\x1b[200~", "\x1b[201~"
CTRL_C, CTRL_D, ALT_ENTER, TAB = "\x03", "\x04", "\x1b\r", "\t"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
READY = r"(?m)^>$"
LIST_FILES = '[[tool:shell {"command": "echo listed"}]]'


def chat(home: Home, *words: str, stdin: int | None = None, stdout: int | None = None) -> Terminal:
    return Terminal([*program(), "chat", *words], home.environment(), stdin=stdin, stdout=stdout)


def history(gateway: Gateway, key: str) -> list[str]:
    messages = gateway.run("call", "chat.history", "--session-key", key).json()["messages"]
    return [message["content"] for message in messages]


@pytest.fixture
def terminal(scripted: Gateway) -> Iterator[Terminal]:
    """A conversation at its first prompt."""
    with chat(scripted.home) as opened:
        opened.until(READY)
        yield opened


def test_a_conversation_goes_on_in_one_session_until_ctrl_d(terminal: Terminal, scripted: Gateway) -> None:
    for word in ("first", "second"):
        terminal.enter(word)
        terminal.until(f"echo: {word}[^>]*tokens[^>]*>$")
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    (key,) = re.findall(r"chat --session (\S+)", terminal.screen)
    assert history(scripted, key) == ["first", "echo: first", "second", "echo: second"]
    with chat(scripted.home, "--continue") as again:
        again.until("> second\n+echo: second")
        again.type(CTRL_D)
        assert again.end() == 0


def test_ctrl_c_clears_then_stops_and_never_leaves(terminal: Terminal) -> None:
    terminal.enter("[[slow:2000,20]]")
    terminal.until("w1 ")
    terminal.type("half typed")
    terminal.until("> half typed")
    terminal.type(CTRL_C)
    terminal.gone("half typed")
    terminal.until("answering")
    terminal.type(CTRL_C)
    terminal.until(r"\(aborted\)[^>]*>$")
    terminal.type(CTRL_C)
    terminal.until(r"Ctrl-D leaves\.\)")
    terminal.enter("and now")
    terminal.until("echo: and now")
    terminal.enter("/quit")
    assert terminal.end() == 0


def test_the_wait_is_shown_with_its_seconds(terminal: Terminal) -> None:
    terminal.enter("[[hang]]")
    terminal.until(r"0 s · waiting for the model")
    terminal.until(r"1 s · waiting for the model")
    terminal.type(CTRL_C)
    terminal.until(r"\(aborted\)")
    assert "waiting" not in terminal.until(READY)


def test_markdown_is_laid_out_and_what_a_model_writes_steers_nothing(terminal: Terminal) -> None:
    raw = "# Head\n\nSome **bold** words and ![a dot](/dot.png)\n\n- one\n- two\n\n\x1b]0;title\x07"
    terminal.type(f"{PASTE}[[raw:{raw}]]{PASTED}\r")
    screen = terminal.until("tokens")
    answer = screen.rpartition("]]")[2]
    assert "Head" in answer and "**" not in answer and " • one" in answer
    assert "[picture: a dot /dot.png]" in answer
    assert terminal.looks("bold words").bold
    assert b"\x1b]0;" not in terminal.written


def test_reasoning_and_steps_are_shown_each_in_its_line(terminal: Terminal) -> None:
    terminal.enter('[[think:let me see]] [[tool:file_read {"path": "missing.txt"}]]')
    screen = terminal.until("tool said[^>]*tokens")
    assert re.search(r"(?m)^let me see$", screen)
    assert re.search(r"(?m)^✗ file_read missing\.txt \(\d\.\d s\): failed: .*missing\.txt", screen)
    assert terminal.looks("let me see").italics


def test_where_a_tools_picture_lies_is_said_now_and_when_the_session_is_gone_on_with(scripted: Gateway) -> None:
    folder = scripted.home.path / "workspace" / "plots"
    folder.mkdir()
    (folder / "dot.png").write_bytes(PNG)
    step = r"✓ file_read plots/dot\.png \(.*\n +picture in the workspace: plots/dot\.png\n"
    for asks in (True, False):
        with chat(scripted.home, "--session", "pictures") as opened:
            opened.until(READY)
            if asks:
                opened.enter('[[tool:file_read {"path": "plots/dot.png"}]]')
            opened.until(step + "[^>]*>$")
            opened.type(CTRL_D)
            assert opened.end() == 0


def test_an_approval_is_asked_in_place(terminal: Terminal) -> None:
    terminal.enter(LIST_FILES)
    terminal.until(r"shell wants: echo listed   \[y\]es / \[n\]o / \[a\]lways")
    terminal.type("xy")
    terminal.until(r"✓ shell echo listed \(\d.*s\): listed")
    terminal.until(READY)
    terminal.enter(LIST_FILES)
    terminal.until(r"\[y\]es[^>]*$")
    terminal.type("n")
    terminal.until(r"✗ shell echo listed .*refused")
    terminal.until(READY)
    terminal.enter(LIST_FILES)
    terminal.until(r"\[y\]es[^>]*$")
    terminal.type("a")
    terminal.until("approved for the rest of this chat")
    terminal.until(READY)
    asked = terminal.screen.count("shell wants")
    terminal.enter(LIST_FILES)
    terminal.until(lambda screen: screen.count("listed (") == 4 and screen.endswith(">"))
    assert terminal.screen.count("shell wants") == asked == 3


def test_who_is_typing_agrees_to_nothing(terminal: Terminal) -> None:
    terminal.type(LIST_FILES + "\rya")
    terminal.until("> ya")
    terminal.until("shell wants")
    terminal.type("n")
    terminal.until("refused[^>]*> ya$")


def test_a_pin_is_not_seen(scripted: Gateway, terminal: Terminal) -> None:
    assert scripted.run("pin", "set", stdin="471199\n").code == 0
    terminal.enter('[[tool:file_delete {"path": "nothing.txt"}]]')
    for pin, then in (("000000", r"not the PIN\)[\s\S]*\[n\]o$"), ("471199", "file_delete nothing.txt .*failed")):
        terminal.until(r"\[y\]es / \[n\]o$")
        terminal.type("y")
        terminal.until(r"PIN:$")
        terminal.type(f"{pin}\r")
        terminal.until(then)
        assert pin.encode() not in terminal.written


def test_several_lines_are_pasted_quoted_or_begun_with_alt_enter(terminal: Terminal, scripted: Gateway) -> None:
    terminal.enter("/sessions lines")
    terminal.until(READY)
    terminal.type(f"{PASTE}pasted one\npasted two{PASTED}")
    terminal.enter()
    terminal.until("echo: pasted one[^>]*>$")
    terminal.type('"""quoted one\rquoted two"""\r')
    terminal.until("echo: quoted one[^>]*>$")
    terminal.type(f"alt one{ALT_ENTER}alt two\r")
    terminal.until("echo: alt one[^>]*>$")
    terminal.type(CTRL_D)
    terminal.end()
    (key,) = re.findall(r"chat --session (\S+)", terminal.screen)
    assert history(scripted, key)[::2] == [f"{word} one\n{word} two" for word in ("pasted", "quoted", "alt")]


def test_commands_are_listed_completed_and_done(terminal: Terminal, scripted: Gateway, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("remember the milk")
    terminal.enter("/help")
    terminal.until(r"/sessions \[KEY")
    terminal.type("/mo")
    terminal.until(r"> /mo\n +/model \[NAME\] +list the models")
    terminal.type(TAB)
    terminal.until("> /model")
    terminal.type(" ")
    terminal.until("scripted +primary")
    terminal.type("other\r")
    terminal.until(r"\(model: other\)")
    terminal.enter("/agent nobody")
    terminal.until("There is no agent 'nobody'")
    terminal.enter("/agent writer")
    terminal.until(r"\(agent: writer\)")
    terminal.enter(f"/attach {tmp_path}/no")
    terminal.until("No such file")
    terminal.enter(f"/attach {tmp_path}/notes.txt")
    terminal.until("with the next message: notes.txt")
    terminal.enter("what is it?")
    terminal.until("echo: what is it")
    terminal.until(READY)
    terminal.enter("/image notes.txt")
    terminal.until("No such file|not a picture")
    terminal.enter("/approve")
    terminal.until("Nothing waits")
    terminal.enter("/new")
    terminal.until("a new session begins")
    terminal.enter("/clear")
    terminal.gone("a new session begins")
    terminal.enter("elsewhere")
    terminal.until("echo: elsewhere[^>]*>$")
    terminal.enter("/sessions")
    terminal.until(r"(?m)^\* +1 cli-\w+ .*messages")
    terminal.enter("/sessions 2")
    screen = terminal.until("> what is it")
    assert "notes.txt" in screen
    (key,) = re.findall(r"── (\S+)", screen)
    (asked, _) = scripted.run("call", "chat.history", "--session-key", key).json()["messages"]
    assert asked["attachments"][0]["text"] == "remember the milk"
    session = scripted.run("call", "session.get", "--session-key", key).json()
    assert session["agentId"] == "writer"


def test_a_message_that_is_typed_meanwhile_waits(terminal: Terminal) -> None:
    terminal.enter("[[slow:60,20]]")
    terminal.until("w1 ")
    terminal.enter("after that")
    terminal.until("next: after that")
    terminal.until("w59[^>]*> after that\necho: after that")


def test_an_answer_that_is_left_goes_on(terminal: Terminal, scripted: Gateway) -> None:
    terminal.enter("[[slow:40,20]]")
    terminal.until("w1 ")
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    (key,) = re.findall(r"chat --session (\S+)", terminal.screen)
    with chat(scripted.home, "and then", "--session", key) as after:
        assert after.end() == 0
    assert history(scripted, key)[1].split() == [f"w{number}" for number in range(40)]


def test_what_waited_for_approval_is_asked_about_when_somebody_is_back(terminal: Terminal, scripted: Gateway) -> None:
    terminal.enter(LIST_FILES)
    terminal.until(r"\[a\]lways")
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    with chat(scripted.home, "--continue") as again:
        again.until(r"shell wants: echo listed   \[y\]es")
        again.type("n")
        again.until("shell wants: echo listed   no")


def test_one_question_on_a_terminal_is_asked_about_too(scripted: Gateway) -> None:
    with chat(scripted.home, LIST_FILES) as opened:
        opened.until("shell wants: echo listed")
        opened.type("y")
        assert opened.end() == 0
        assert "tool said" in opened.screen and "shell wants: echo listed   yes" in opened.screen
    with chat(scripted.home, "[[slow:2000,20]]") as opened:
        opened.until("w1 ")
        opened.type(CTRL_C)
        assert opened.end() == 130
        assert "(aborted)" in opened.screen


def test_an_answer_goes_into_a_pipe_and_the_rest_to_the_terminal(scripted: Gateway) -> None:
    near, far = os.pipe()
    piped, given = os.pipe()
    os.write(given, b"with more")
    os.close(given)
    try:
        with chat(scripted.home, LIST_FILES, stdin=piped, stdout=far) as opened:
            os.close(far)
            opened.until("shell wants: echo listed")
            opened.type("y")
            assert opened.end() == 0
            assert "tool said" not in opened.screen and "✓ shell echo listed" in opened.screen
        with open(near, closefd=False) as answer:
            assert answer.read().startswith('tool said: {"stdout":"listed')
    finally:
        os.close(near)
        os.close(piped)


def test_what_was_typed_is_kept_for_the_owner_alone(terminal: Terminal, scripted: Gateway) -> None:
    terminal.enter("remember me")
    terminal.until("echo: remember me")
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    (kept,) = scripted.home.path.rglob("chat_history")
    assert "remember me" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    with chat(scripted.home) as again:
        again.until(READY)
        again.type("\x1b[A")
        again.until("> remember me")


def test_colours_are_for_terminals_that_want_them(scripted: Gateway) -> None:
    home = Home(scripted.home.path, {"NO_COLOR": "1"})
    with Terminal([*program(), "status"], home.environment()) as opened:
        assert opened.end() == 0
        assert "status" in opened.screen and b"\x1b" not in opened.written
    with chat(home, "[[raw:**bold** `code`]]") as opened:
        assert opened.end() == 0
        assert "bold code" in opened.screen and not opened.looks("bold code").bold


def test_a_terminal_that_can_do_nothing_but_lines_has_them(scripted: Gateway) -> None:
    with Terminal(["env", "TERM=dumb", *program(), "chat"], scripted.home.environment()) as opened:
        opened.until("> $|>$")
        opened.type("plainly\r")
        opened.until("echo: plainly")
        opened.until(r"(?m)^>$")
        opened.type(CTRL_D)
        assert opened.end() == 0


def test_nothing_else_imports_what_a_terminal_needs(scripted: Gateway) -> None:
    code = "import sys; from openclaw_rpc.cli import main; sys.exit(main())"
    report = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); " + code
    done = subprocess.run(
        [program()[0].replace("openclaw", "python"), "-c", report, "chat", "hi"],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=scripted.home.environment(),
    )
    assert done.stdout == "echo: hi\n", done.stderr
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "openclaw_rpc" in loaded
    assert not loaded & {"prompt_toolkit", "rich", "markdown_it", "pygments"}
