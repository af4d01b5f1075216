"""How a run looks while it goes on: the answer on standard output, everything else dim on standard error."""

import re
import sys
from typing import Any

import click

from openclaw import Event
from openclaw_rpc.cli.output import is_terminal, print_line, to_json
from openclaw_rpc.protocol import chat

# what moves the cursor, rings, or begins an escape sequence; newline and tab stay
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    """Text without control characters, so that what a model or a page says can't steer the terminal."""
    return _CONTROL.sub("", text)


class Screen:
    """Shows the events of runs. ``colour`` False keeps escape sequences out."""

    def __init__(self, *, json: bool, colour: bool | None) -> None:
        self.json = json
        self._colour = colour
        self._people = is_terminal()
        self._line_open = False

    def show(self, event: Event) -> None:
        """Show one event of a run, in its turn."""
        if self.json:
            print_line(event)
            return
        data = event.data
        if event.type == chat.chat_delta.name:
            self._say(str(data.get("delta", "")))
        elif event.type == chat.chat_thinking.name:
            self._think(str(data.get("delta", "")))
        elif event.type == chat.chat_status.name:
            self.note(f"… {data.get('message')}")
        elif event.type == chat.tool_call.name:
            self.note(f"→ {data.get('tool')} {_short(data.get('params'))}")
        elif event.type == chat.tool_result.name:
            self.note(f"← {data.get('tool')} ({data.get('durationMs')} ms): {_result(data)}")
        elif event.type == chat.chat_done.name:
            self._end(data)

    def note(self, text: str) -> None:
        """Something by the way, on a line of its own."""
        if not self.json:
            self._close_line()
            click.secho(harmless(text), dim=True, err=True, color=self._colour)

    def _say(self, text: str) -> None:
        if not text:
            return
        click.echo(harmless(text) if self._people else text, nl=False, color=self._colour)
        sys.stdout.flush()
        self._line_open = not text.endswith("\n")

    def _think(self, text: str) -> None:
        # reasoning is worth watching, not worth keeping: a pipe or a log gets none of it
        if is_terminal(sys.stderr):
            click.secho(harmless(text), dim=True, italic=True, nl=False, err=True, color=self._colour)
            self._line_open = True

    def _end(self, data: dict[str, Any]) -> None:
        self._close_line(always=True)
        reason = data.get("finishReason")
        error: dict[str, Any] = data.get("error") or {}
        if reason == "error":
            mark = click.style("error: ", fg="red", bold=True)
            text = harmless(str(error.get("message", "the run failed")))
            click.echo(mark + text, err=True, color=self._colour)
        elif reason == "length":
            self.note("(cut: the answer reached the limit on tokens)")
        elif reason != "stop":
            self.note(f"({reason})")

    def _close_line(self, *, always: bool = False) -> None:
        # into a pipe the answer stays in one piece; its last line is closed at the end
        if self._line_open and (self._people or always):
            click.echo(color=self._colour)
            sys.stdout.flush()
            self._line_open = False


def _short(value: Any, limit: int = 160) -> str:
    text = value if isinstance(value, str) else to_json(value)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _result(data: dict[str, Any]) -> str:
    return f"failed: {_short(data['error'])}" if data.get("error") else _short(data.get("result"))
