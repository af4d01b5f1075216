"""The parts of a chat: Markdown in pieces, words of steps, approvals."""

import random
from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from openclaw import AsyncOpenClawClient, Event
from openclaw_rpc.cli.chat.approvals import ApprovalPrompts
from openclaw_rpc.cli.chat.keys import opened, without_quotes
from openclaw_rpc.cli.chat.layout import MOST_LINES, Layout, MarkdownStream
from openclaw_rpc.cli.chat.shown import Shown
from openclaw_rpc.cli.chat.words import call_of, pictures_in, seconds
from tests.support.scripted_gateway import Handler, Peer, RefusedError, scripted_gateway

SECONDS = 10
CODE = "```py\n" + "".join(f"line_{number} = {number}\n" for number in range(200)) + "```\n"
MARKDOWN = f"""# Title

Some **bold** text with <b>tags</b>
and a second line.

- one
  - nested

| a | b |
|---|---|
| 1 | 中文 |

{CODE}
> quoted

one\u2028line

the end"""


def laid_out(text: str) -> str:
    layout = Layout(colour=False)
    layout.columns = 60
    return layout.markdown(text)


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_markdown_come_out_as_blocks_with_nothing_lost(seed: int) -> None:
    stream, rest, blocks = MarkdownStream(), MARKDOWN, list[str]()
    choose = random.Random(seed)
    while rest:
        size = choose.randint(1, 40)
        stream.feed(rest[:size])
        rest = rest[size:]
        blocks += stream.finished()
        assert stream.rest.count("\n") < MOST_LINES + 45
    blocks.append(stream.end())
    shown = "\n".join(laid_out(block) for block in blocks)
    assert [line.split() for line in shown.splitlines() if line.strip()] == [
        line.split() for line in laid_out(MARKDOWN).splitlines() if line.strip()
    ]


def test_what_is_no_markdown_stays_what_it_is() -> None:
    assert laid_out("use <b> here\nand there ![dot](a.png)") == "use <b> here\nand there [picture: dot a.png]\n"
    assert laid_out("[bank](http://evil.test/)") == "bank (http://evil.test/)\n"


def test_a_step_is_a_line_with_its_time_and_its_pictures() -> None:
    layout = Layout(colour=False)
    shown = Shown(layout)
    picture = {"path": "/results/p.png", "mimeType": "image/png", "width": 8, "height": 6}
    for name, data in (
        ("tool.call", {"callId": "c", "tool": "browser_screenshot", "params": {}}),
        ("tool.result", {"callId": "c", "tool": "browser_screenshot", "durationMs": 1500, "result": picture}),
        ("tool.call", {"callId": "d", "tool": "shell", "params": {"command": "ls\n-l"}}),
        ("tool.result", {"callId": "d", "tool": "shell", "durationMs": 70_000, "error": "no\nsuch file"}),
    ):
        shown.take(Event(name, data))
        if name == "tool.call":
            assert data["tool"] in shown.status()
    first, place, second = shown.finished().splitlines()
    assert first.startswith("✓ browser_screenshot (1.5 s): ") and len(first) <= layout.columns
    assert place == "  picture in the workspace: results/p.png (8 × 6)"
    assert second == "✗ shell ls -l (1 m 10 s): failed: no such file"


def test_what_a_run_had_said_before_it_began_again_is_dropped() -> None:
    shown = Shown(Layout(colour=False))
    for name, data in (
        ("chat.started", {}),
        ("chat.delta", {"delta": "one two"}),
        ("chat.started", {}),
        ("chat.delta", {"delta": "one"}),
        ("chat.done", {"finishReason": "stop"}),
    ):
        shown.take(Event(name, data))
    assert shown.finished().splitlines()[:3] == ["(the run begins again: what it had said does not count)", "", "one"]


def test_words_of_steps() -> None:
    assert call_of("shell", {"command": "ls\x1b[2J"}) == "shell ls[2J"
    assert call_of("file_move", {"from": "a", "to": "b"}) == 'file_move {"from":"a","to":"b"}'
    assert call_of("time", {}) == "time"
    found = pictures_in("a [image/png, 12 bytes: /results/x.png] b [text/plain, 1 bytes: /y]")
    assert found == ["picture in the workspace: results/x.png"]
    assert [seconds(value) for value in (0.25, 9.94, 59.4, 61)] == ["0.2 s", "9.9 s", "59 s", "1 m 1 s"]


def test_quotes_hold_several_lines_together() -> None:
    assert [opened(text) for text in ('"""', '"""a', '"""a\nb"""', 'a"""', '""')] == [True, True, False, False, False]
    assert [without_quotes(text) for text in ('"""a\n b"""', '"""\na\n"""', " a ")] == ["a\n b", "a", "a"]


class Person:
    """Answers what is asked, in turn, and keeps what was said."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.seen: list[str] = []
        self.asked = anyio.Event()

    async def _next(self, what: str) -> str | None:
        self.seen.append(what)
        self.asked.set()
        if not self.answers:
            await anyio.sleep_forever()
        return self.answers.pop(0)

    async def choose(self, question: str, keys: Mapping[str, str]) -> str:
        return await self._next(f"{question} {''.join(keys)}") or ""

    async def line(self, label: str, *, secret: bool = False) -> str | None:
        return await self._next(label)

    def note(self, text: str) -> None:
        self.seen.append(text)


def waiting(number: int, **more: Any) -> dict[str, Any]:
    info = {"approvalId": f"apr_{number}", "sessionKey": "s", "tool": "shell", "params": {"command": "ls"}}
    return {**info, "needsPin": False, **more}


async def decided(person: Person, *infos: dict[str, Any], refusing: str = "") -> list[dict[str, Any]]:
    """What the gateway was told about calls that wait, as soon as all are decided; ``refusing`` is a PIN it refuses."""
    told: list[dict[str, Any]] = []
    over = anyio.Event()

    async def approve(peer: Peer, params: dict[str, Any]) -> Any:
        if refusing and params.get("pin") == refusing:
            raise RefusedError(-32003, "that is not the PIN", code="forbidden", reason="wrong_pin")
        return await tell(params, "approved")

    async def deny(peer: Peer, params: dict[str, Any]) -> Any:
        return await tell(params, "denied")

    async def tell(params: dict[str, Any], outcome: str) -> Any:
        told.append({**params, "outcome": outcome})
        if len(told) == len(infos):
            over.set()
        return {"approvalId": params["approvalId"], outcome: True}

    methods: dict[str, Handler] = {"tool.approve": approve, "tool.deny": deny}
    with anyio.fail_after(SECONDS):
        async with scripted_gateway(methods) as gateway, AsyncOpenClawClient(gateway.url, "t") as client:
            approvals = ApprovalPrompts(client, person)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(approvals.serve)
                for info in infos:
                    approvals.ask(info)
                await over.wait()
                tasks.cancel_scope.cancel()
    return told


async def test_always_holds_for_the_tool_but_never_for_pins_questions_and_what_a_page_may_have_wanted() -> None:
    person = Person("a", "y", "4711", "y")
    told = await decided(
        person, waiting(1), waiting(2), waiting(3, needsPin=True), waiting(4, read=["https://evil.test/"])
    )
    assert [(one["approvalId"], one.get("pin")) for one in told] == [
        ("apr_1", None), ("apr_2", None), ("apr_3", "4711"), ("apr_4", None)
    ]  # fmt: skip
    asked = [line for line in person.seen if "wants" in line]
    assert [line.split()[-1] for line in asked] == ["yna", "yn", "yn"]
    assert "https://evil.test/" in asked[-1]


async def test_a_wrong_pin_is_said_and_asked_for_again() -> None:
    person = Person("y", "1", "y", None, "y", "2")
    (told,) = await decided(person, waiting(1, needsPin=True), refusing="1")
    assert told["pin"] == "2"
    assert "(shell: that is not the PIN)" in person.seen


async def test_a_question_of_an_mcp_server_is_answered_field_by_field() -> None:
    asks = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Your name"},
            "age": {"type": "integer"},
            "sure": {"type": "boolean"},
            "size": {"type": "string", "enum": ["small", "large"]},
        },
        "required": ["name"],
    }
    person = Person("y", "Ada", "36", "yes", "")
    (told,) = await decided(person, waiting(1, asks=asks, params={"server": "s", "question": "Who are you?"}))
    assert told["content"] == {"name": "Ada", "age": 36, "sure": True}
    assert person.seen[0].startswith("shell asks: Who are you?")
    assert person.seen[1:] == [
        "Your name: ",
        "age (may be empty): ",
        "sure (may be empty): ",
        "size (small/large, may be empty): ",
    ]


async def test_what_is_decided_elsewhere_is_asked_no_more() -> None:
    person = Person()
    with anyio.fail_after(SECONDS):
        async with scripted_gateway({}) as gateway, AsyncOpenClawClient(gateway.url, "t") as client:
            approvals = ApprovalPrompts(client, person)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(approvals.serve)
                approvals.ask(waiting(1))
                await person.asked.wait()
                approvals.decided({"approvalId": "apr_1", "tool": "shell", "outcome": "approved"})
                approvals.ask(waiting(1))
                person.asked = anyio.Event()
                approvals.ask(waiting(2))
                await person.asked.wait()
                tasks.cancel_scope.cancel()
    assert [line for line in person.seen if "wants" in line] == ["shell wants: ls yna"] * 2
    assert "(shell: approved)" in person.seen
