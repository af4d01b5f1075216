"""What a run looks like."""

from typing import Any

import pytest

from openclaw import Event
from openclaw_rpc.cli.chat.plain import Screen
from openclaw_rpc.cli.chat.words import harmless
from openclaw_rpc.cli.output import duration


def play(*events: tuple[str, dict[str, Any]], json: bool = False) -> None:
    screen = Screen(json=json, colour=False)
    for name, data in events:
        screen.show(Event(name, data, "e", 1))


def test_the_answer_goes_to_standard_output_and_the_tools_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    play(
        ("chat.started", {}),
        ("chat.delta", {"delta": "Hel"}),
        ("tool.call", {"tool": "shell", "params": {"command": "ls\n-l"}}),
        ("tool.result", {"tool": "shell", "durationMs": 7, "result": "x" * 1000}),
        ("tool.result", {"tool": "shell", "durationMs": 7, "error": "no such file"}),
        ("chat.delta", {"delta": "lo"}),
        ("chat.done", {"finishReason": "stop"}),
    )
    shown = capsys.readouterr()
    assert shown.out == "Hello\n"
    called, answered, failed = shown.err.splitlines()
    assert called == "→ shell ls -l"
    assert answered.startswith("← shell (7 ms): xxx") and len(answered) < 200
    assert failed == "← shell (7 ms): failed: no such file"


def test_a_run_that_begins_again_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    done = ("chat.done", {"finishReason": "stop"})
    again = (("chat.started", {}), ("chat.delta", {"delta": "Hello"}), done)
    play(*again[:2], *again, *again)
    assert capsys.readouterr() == ("Hello\nHello\nHello\n", "(the run begins again: what it had said does not count)\n")


def test_what_is_waited_for_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    play(("chat.status", {"status": "loading_model", "message": "loading the model"}), ("chat.delta", {"delta": "Hi"}))
    assert capsys.readouterr() == ("Hi", "… loading the model\n")


def test_a_failed_run_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    play(("chat.done", {"finishReason": "error", "error": {"code": "provider_error", "message": "it is down"}}))
    assert capsys.readouterr() == ("", "error: it is down\n")


@pytest.mark.parametrize(("reason", "said"), [("aborted", "aborted"), ("length", "limit"), ("interrupted", "interr")])
def test_a_run_that_was_cut_short_says_so(reason: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    play(("chat.delta", {"delta": "w0 "}), ("chat.done", {"finishReason": reason}))
    shown = capsys.readouterr()
    assert shown.out == "w0 \n"
    assert said in shown.err


def test_json_is_an_event_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    play(("chat.delta", {"delta": "a\nb"}), ("chat.done", {"finishReason": "stop"}), json=True)
    assert capsys.readouterr().out.splitlines() == [
        '{"type":"chat.delta","data":{"delta":"a\\nb"},"epoch":"e","seq":1}',
        '{"type":"chat.done","data":{"finishReason":"stop"},"epoch":"e","seq":1}',
    ]


def test_what_a_model_says_can_not_steer_the_terminal() -> None:
    assert harmless("a\x1b]0;title\x07b\x1b[2Jc\r\n\td\x9be") == "a]0;titleb[2Jc\n\tde"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0s"), (59, "59s"), (61, "1m 1s"), (7200, "2h 0m"), (90_000, "1d 1h")]
)
def test_durations_are_said_shortly(seconds: float, said: str) -> None:
    assert duration(seconds) == said
