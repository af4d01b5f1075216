"""What a run's events are on a terminal: lines that stay, and what is still going on."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from openclaw_rpc.cli.chat.layout import Layout, MarkdownStream, tail
from openclaw_rpc.cli.chat.words import call_of, harmless, pictures_in, result_of, seconds
from openclaw_rpc.protocol import chat

if TYPE_CHECKING:
    from openclaw import Event

Kind = Literal["answer", "thought", "step"]
CALL = 80


def step_of(layout: Layout, call: str, data: Mapping[str, Any]) -> str:
    """What a tool did, in a line, and where its pictures lie."""
    failed = bool(data.get("error"))
    took = seconds(int(data.get("durationMs") or 0) / 1000)
    line = f"{'✗' if failed else '✓'} {call} ({took}): {result_of(data)}"
    places = [layout.text(f"  {place}", "dim") for place in pictures_in(data.get("result"))]
    return "".join([layout.text(line, "red") if failed else layout.line(line, "dim"), *places])


class Shown:
    """One turn after the other. ``answers`` False: the answer itself goes elsewhere, all else is shown."""

    def __init__(self, layout: Layout, *, answers: bool = True) -> None:
        self._layout = layout
        self._answers = answers
        self.begin()

    def begin(self) -> None:
        """A new turn."""
        self._began = monotonic()
        self._finished: list[str] = []
        self._last: Kind | None = None
        self._started = False
        self._forget()

    def _forget(self) -> None:
        self._answer = MarkdownStream()
        self._thought = ""
        self._waits = ""
        self._tools: dict[str, tuple[str, float]] = {}

    def take(self, event: Event) -> None:
        """Take one event of a run."""
        data = event.data
        if event.type == chat.chat_delta.name:
            self._think("", over=True)
            if self._answers:
                self._answer.feed(harmless(str(data.get("delta", ""))))
            self._waits = "answering"
        elif event.type == chat.chat_thinking.name:
            self._say(over=True)
            self._think(harmless(str(data.get("delta", ""))))
            self._waits = "thinking"
        elif event.type == chat.chat_status.name:
            self._waits = harmless(str(data.get("message")))
        elif event.type == chat.chat_started.name:
            if self._started:
                self._forget()
                self._put("step", self._layout.text(f"({chat.BEGINS_AGAIN})", "dim"))
            self._started = True
            self._waits = "waiting for the model"
        elif event.type == chat.tool_call.name:
            self._tools[str(data["callId"])] = call_of(str(data.get("tool")), data.get("params"), CALL), monotonic()
        elif event.type == chat.tool_result.name:
            self._step(data)
        elif event.type == chat.chat_done.name:
            self._done(data)

    def finished(self) -> str:
        """What stays, since this was asked for the last time."""
        self._say()
        found, self._finished = "".join(self._finished), []
        return found

    def live(self, rows: int) -> str:
        """The last lines of what is still being said."""
        text, kind = self._layout.text(self._thought, "dim italic") if self._thought else "", "thought"
        if self._answer.rest.strip():
            text, kind = self._layout.markdown(self._answer.rest), "answer"
        if not text:
            return ""
        return ("\n" if self._last not in (None, kind) or self._last == "answer" else "") + tail(text, rows)

    def status(self) -> str:
        """What is waited for, and for how long."""
        now = monotonic()
        if self._tools:
            waits = ", ".join(f"{call} ({seconds(now - since)})" for call, since in self._tools.values())
        else:
            waits = self._waits
        return f"{int(now - self._began)} s" + (f" · {waits}" if waits else "")

    def _put(self, kind: Kind, text: str) -> None:
        apart = self._last is not None and (kind != self._last or kind == "answer")
        self._finished.append(("\n" if apart else "") + text)
        self._last = kind

    def _say(self, *, over: bool = False) -> None:
        for block in [*self._answer.finished(), *([self._answer.end()] if over else [])]:
            if block.strip():
                self._put("answer", self._layout.markdown(block))

    def _think(self, text: str, *, over: bool = False) -> None:
        *lines, self._thought = (self._thought + text).split("\n")
        if over and self._thought:
            lines.append(self._thought)
            self._thought = ""
        for line in lines:
            self._put("thought", self._layout.text(line, "dim italic"))

    def _step(self, data: Mapping[str, Any]) -> None:
        self._think("", over=True)
        self._say(over=True)
        call, _ = self._tools.pop(str(data["callId"]), (harmless(str(data.get("tool"))), 0))
        self._put("step", step_of(self._layout, call, data))
        self._waits = "waiting for the model"

    def _done(self, data: Mapping[str, Any]) -> None:
        self._think("", over=True)
        self._say(over=True)
        self._tools.clear()
        reason = data.get("finishReason")
        if reason == "error":
            error: Mapping[str, Any] = data.get("error") or {}
            self._put("step", self._layout.text(f"error: {harmless(str(error.get('message')))}", "bold red"))
        elif reason == "length":
            self._put("step", self._layout.text("(cut: the answer reached the limit on tokens)", "dim"))
        elif reason != "stop":
            self._put("step", self._layout.text(f"({reason})", "dim"))
        usage: Mapping[str, int] = data.get("usage") or {}
        tokens = f" · {usage['totalTokens']:,} tokens" if usage.get("totalTokens") else ""
        self._put("step", self._layout.text(f"{seconds(monotonic() - self._began)}{tokens}", "dim"))
