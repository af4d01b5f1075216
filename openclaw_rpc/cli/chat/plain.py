"""How a run looks in a pipe: the answer on standard output, everything else on standard error."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any

import click

from openclaw import Event
from openclaw_rpc.cli.chat.words import call_of, harmless, pictures_in, result_of, wanted_of
from openclaw_rpc.cli.output import is_terminal, print_line
from openclaw_rpc.cli.program import typed
from openclaw_rpc.protocol import chat


class Screen:
    """Shows the events of runs. ``colour`` False keeps escape sequences out."""

    def __init__(self, *, json: bool, colour: bool | None) -> None:
        self.json = json
        self._colour = colour
        self._people = is_terminal()
        self._line_open = False
        self._said = False

    def begin(self) -> None:
        """What is waited for is not shown here."""

    end = begin

    def show(self, event: Event) -> None:
        """Show one event of a run, in its turn."""
        if self.json:
            print_line(event)
            return
        data = event.data
        if event.type == chat.chat_delta.name:
            self._say(str(data.get("delta", "")))
        elif event.type == chat.chat_started.name and self._said:
            self._close_line(always=True)
            self._said = False
            self.note(f"({chat.BEGINS_AGAIN})")
        elif event.type == chat.chat_thinking.name:
            self._think(str(data.get("delta", "")))
        elif event.type == chat.chat_status.name:
            self.note(f"… {data.get('message')}")
        elif event.type == chat.tool_call.name:
            self.note(f"→ {call_of(str(data.get('tool')), data.get('params'))}")
        elif event.type == chat.tool_result.name:
            self.note(f"← {data.get('tool')} ({data.get('durationMs')} ms): {result_of(data)}")
            for place in pictures_in(data.get("result")):
                self.note(f"  {place}")
        elif event.type == chat.chat_done.name:
            self._end(data)
            self._said = False

    def note(self, text: str) -> None:
        """Something by the way, on a line of its own."""
        if not self.json:
            self._close_line()
            click.secho(harmless(text), dim=True, err=True, color=self._colour)

    def line_ends(self) -> None:
        """Let what comes next begin a line."""
        self._close_line()

    def _say(self, text: str) -> None:
        if not text:
            return
        click.echo(harmless(text) if self._people else text, nl=False, color=self._colour)
        sys.stdout.flush()
        self._line_open = not text.endswith("\n")
        self._said = True

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


class UnattendedApprovals:
    """Calls that wait where nobody can be asked: it is said how to decide, with JSON on standard output too."""

    def __init__(self, screen: Screen, options: str) -> None:
        """``options`` are those by which a command reaches the same gateway."""
        self._screen = screen
        self._options = options

    def ask(self, info: Mapping[str, Any]) -> None:
        """Say that a call waits, and how to decide."""
        self._screen.line_ends()
        pin = " --pin PIN" if info["needsPin"] else ""
        content = " --content JSON" if info.get("asks") else ""
        command = f"openclaw call{self._options} tool.%s --approval-id {info['approvalId']}"
        for line in (
            f"{info['tool']} waits for approval until {info['expiresAt']}: {wanted_of(info.get('params') or {})}",
            f"  yes: {command % 'approve'}{pin}{content}",
            f"  no:  {command % 'deny'}",
        ):
            click.echo(typed(harmless(line)), err=True)

    def decided(self, data: Mapping[str, Any]) -> None:
        """Say how it was decided."""
        self._screen.note(f"({data['tool']}: {data['outcome']})")


async def lines(prompt: str) -> AsyncIterator[str]:
    """Lines of a terminal that can do nothing else, until Ctrl-D. A thread reads them: a read can't be cancelled."""
    loop = asyncio.get_running_loop()
    taken: asyncio.Queue[str | None] = asyncio.Queue()
    wanted = threading.Semaphore(0)

    def read() -> None:
        while wanted.acquire():
            click.echo(prompt, nl=False, err=True)
            line = sys.stdin.readline()
            try:
                loop.call_soon_threadsafe(taken.put_nowait, line or None)
            except RuntimeError:  # the chat has ended
                return

    threading.Thread(target=read, daemon=True).start()
    while True:
        wanted.release()
        line = await taken.get()
        if line is None:
            click.echo(err=True)
            return
        yield line.strip()
