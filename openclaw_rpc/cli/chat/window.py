"""A chat's terminal: what was said scrolls away above; below it stands what is going on, and the line that is typed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from prompt_toolkit.application import Application, run_in_terminal
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completer
from prompt_toolkit.filters import Condition, Filter
from prompt_toolkit.formatted_text import ANSI, AnyFormattedText
from prompt_toolkit.input import create_input
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import BeforeInput, ConditionalProcessor, PasswordProcessor
from prompt_toolkit.output import ColorDepth, Output

from openclaw_rpc.cli.chat import keys
from openclaw_rpc.cli.chat.history import History
from openclaw_rpc.cli.chat.layout import Layout as Page
from openclaw_rpc.cli.chat.shown import Shown
from openclaw_rpc.cli.chat.words import harmless
from openclaw_rpc.protocol import chat

if TYPE_CHECKING:
    from openclaw import Event

TICK = 0.1
MENU = 8
PROMPT = "> "
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TYPING_SECONDS = 0.7
"""How long after a key somebody still types a line, and means no answer to a question that comes in between."""


class TerminalQuestion:
    """What is asked in place of the line: a key of ``keys``, or a line where there are none."""

    def __init__(self, text: str, keys: Mapping[str, str], *, secret: bool = False) -> None:
        self.text = text
        self.keys = keys
        self.secret = secret
        self.answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def give(self, answer: str | None) -> None:
        """Answer it."""
        if not self.answer.done():
            self.answer.set_result(answer)


class ChatWindow:
    """The terminal. ``pipe``: where the answers go, where that is not the terminal itself.

    ``typing`` False: there is no line to type, only what is going on and what is asked.
    """

    def __init__(
        self,
        output: Output,
        *,
        colour: bool,
        typing: bool,
        history: Path,
        completer: Completer | None = None,
        pipe: TextIO | None = None,
    ) -> None:
        self.page = Page(colour=colour)
        self.interrupted: Callable[[], None] = lambda: None
        """Told of Ctrl-C, where it had nothing to clear."""
        self.left = asyncio.Event()
        """Set by Ctrl-D: whoever is there wants to leave."""
        self._shown = Shown(self.page, answers=pipe is None)
        self._pipe = pipe
        self._pipe_open = False
        self._typing = typing
        self._above: list[str] = []
        self._live = ""
        self._busy = False
        self._wake = asyncio.Event()
        self._lines: deque[str] = deque()
        self._typed = asyncio.Event()
        self._question: TerminalQuestion | None = None
        self._pressed = 0.0
        self.input = Buffer(
            multiline=True,
            history=History(history),
            completer=completer,
            complete_while_typing=Condition(lambda: self.input.text.startswith("/") and "\n" not in self.input.text),
            accept_handler=self._accept,
            on_text_changed=self._touched,
        )
        self._reply = Buffer(multiline=False, accept_handler=self._replied)
        self._app = self._application(output, colour)

    # ---- what is shown ----

    def begin(self) -> None:
        """Something was asked: show how long it takes."""
        self._shown.begin()
        self._busy = True
        self._wake.set()

    def show(self, event: Event) -> None:
        """Show one event of a run."""
        if self._pipe is not None and event.type in (chat.chat_started.name, chat.chat_delta.name, chat.chat_done.name):
            self._write(self._pipe, event)
        self._shown.take(event)
        self._wake.set()

    def note(self, text: str) -> None:
        """Something by the way, on a line of its own."""
        self.print(self.page.text(harmless(text), "dim"))

    def end(self) -> None:
        """It is waited for no more."""
        self._busy = False
        self._wake.set()

    def print(self, text: str) -> None:
        """Text that was laid out already, above what changes."""
        self._above.append(self._shown.finished() + text)
        self._wake.set()

    def clear(self) -> None:
        """Clear the terminal."""
        self._app.renderer.clear()

    def _write(self, pipe: TextIO, event: Event) -> None:
        text = str(event.data.get("delta", ""))
        if event.type != chat.chat_delta.name and self._pipe_open:
            text = "\n"
        pipe.write(text)
        pipe.flush()
        self._pipe_open = not text.endswith("\n") if text else self._pipe_open

    # ---- what is typed and asked ----

    async def lines(self) -> AsyncIterator[str]:
        """What is typed, message after message, each shown when it is taken up."""
        while True:
            while not self._lines:
                self._typed.clear()
                await self._typed.wait()
            text = self._lines.popleft()
            first, *more = harmless(text).split("\n")
            self.print("\n" + self.page.text("\n".join([PROMPT + first, *("  " + line for line in more)]), "bold"))
            yield text

    async def choose(self, question: str, keys: Mapping[str, str]) -> str:
        """Ask for a key."""
        while self.input.text and (left := self._pressed + TYPING_SECONDS - monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)
        said = " / ".join(f"[{key}]{meaning[1:]}" for key, meaning in keys.items())
        gap = "\n" if "\n" in question else "   "
        answer = await self._ask(TerminalQuestion(f"{question}{gap}{said}", keys))
        self.print(self.page.text(f"{question}{gap}{keys[answer]}", "yellow"))
        return answer

    async def line(self, label: str, *, secret: bool = False) -> str | None:
        """Ask for a line; None where it is not given (Ctrl-C)."""
        return await self._ask(TerminalQuestion(label, {}, secret=secret)) or None

    async def _ask(self, question: TerminalQuestion) -> str:
        self._question = question
        self._reply.reset()
        self._app.layout.focus(self._reply if not question.keys else self._asked)
        self._wake.set()
        try:
            return await question.answer or ""
        finally:
            self._question = None
            self._app.layout.focus(self.input if self._typing else self._status)
            self._wake.set()

    def press(self, key: str) -> None:
        """Take a key as the answer, where it is one."""
        if self._question is not None and key in self._question.keys:
            self._question.give(key)

    def interrupt(self) -> None:
        """Ctrl-C: what is half typed is cleared, else whoever runs the chat is told."""
        if self._question is not None and not self._question.keys:
            self._question.give(None)
        elif self._question is None and self.input.text:
            self.input.reset()
        else:
            # What waits until the run has ended is neither lost nor sent.
            self.input.text = "\n".join(self._lines)
            self._lines.clear()
            self.interrupted()

    def _accept(self, buffer: Buffer) -> bool:
        text = keys.without_quotes(buffer.text)
        if text:
            self._lines.append(text)
            self._typed.set()
        self._wake.set()
        return False

    def _replied(self, buffer: Buffer) -> bool:
        if self._question is not None:
            self._question.give(buffer.text)
        return False

    def _touched(self, _: Buffer) -> None:
        self._pressed = monotonic()

    # ---- how it looks ----

    def _application(self, output: Output, colour: bool) -> Application[None]:
        asking = Condition(lambda: self._question is not None)
        by_key = Condition(lambda: self._question is not None and bool(self._question.keys))
        self._status = FormattedTextControl(self._status_line, focusable=True, show_cursor=False)
        self._asked = FormattedTextControl(self._question_text, focusable=True, show_cursor=False)
        reply = BufferControl(
            self._reply,
            input_processors=[
                ConditionalProcessor(PasswordProcessor(), Condition(self._secret)),
                BeforeInput(self._question_text),
            ],
        )
        typed = Window(
            BufferControl(self.input, input_processors=[BeforeInput(PROMPT, style="bold")]),
            height=lambda: Dimension(min=MENU + 1 if self.input.complete_state else 1),
            wrap_lines=True,
            dont_extend_height=True,
        )
        body = HSplit(
            [
                self._part(FormattedTextControl(lambda: ANSI(self._live)), Condition(lambda: bool(self._live))),
                self._part(FormattedTextControl(self._waiting_text), Condition(lambda: bool(self._lines))),
                self._part(self._status, Condition(lambda: self._busy or not self._typing) & ~asking),
                self._part(self._asked, by_key),
                ConditionalContainer(Window(reply, height=1), asking & ~by_key),
                ConditionalContainer(typed, ~asking & Condition(lambda: self._typing)),
            ]
        )
        menu = Float(CompletionsMenu(max_height=MENU), xcursor=True, ycursor=True)
        return Application(
            Layout(FloatContainer(body, [menu]), focused_element=self.input if self._typing else self._status),
            key_bindings=keys.bindings(self, by_key),
            output=output,
            input=create_input(always_prefer_tty=True),
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            erase_when_done=True,
        )

    def _part(self, control: FormattedTextControl, shown: Filter) -> ConditionalContainer:
        return ConditionalContainer(Window(control, wrap_lines=True, dont_extend_height=True), shown)

    def _status_line(self) -> AnyFormattedText:
        if not self._busy:
            return ""
        mark = SPINNER[int(monotonic() / TICK) % len(SPINNER)]
        return [("", f"{mark} {self._shown.status()}")]

    def _secret(self) -> bool:
        return self._question is not None and self._question.secret

    def _question_text(self) -> AnyFormattedText:
        return [("bold", self._question.text)] if self._question is not None else ""

    def _waiting_text(self) -> AnyFormattedText:
        return [("", f"next: {' '.join(text.split())[:70]}\n") for text in self._lines]

    # ---- its life ----

    async def run(self) -> None:
        """Show and take keys, until cancelled."""
        loop = asyncio.get_running_loop()
        app, painter = loop.create_task(self._app.run_async()), loop.create_task(self._paint())
        try:
            done, _ = await asyncio.wait([app, painter], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except EOFError:  # the terminal is gone
            self.left.set()
        finally:
            painter.cancel()
            await asyncio.gather(painter, return_exceptions=True)
            await self._flush()
            if self._app.is_running:
                self._app.exit()
            await asyncio.gather(app, return_exceptions=True)

    async def _paint(self) -> None:
        """Write what is new; at most a fifth of the time, however long what changes has become."""
        while True:
            self._wake.clear()
            began = monotonic()
            await self._flush()
            rows = self._app.output.get_size().rows
            self._live = self._shown.live(rows - 6 - len(self._lines))
            self._app.invalidate()
            await asyncio.sleep(max(TICK, 4 * (monotonic() - began)))
            try:
                await asyncio.wait_for(self._wake.wait(), TICK if self._busy else None)
            except asyncio.TimeoutError:  # noqa: UP041
                continue

    async def _flush(self) -> None:
        self.page.columns = self._app.output.get_size().columns
        text = "".join(self._above) + self._shown.finished()
        self._above.clear()
        if not text:
            return
        self._live = ""

        def write() -> None:
            self._app.output.write_raw(text)
            self._app.output.flush()

        if self._app.is_running:
            with set_app(self._app):
                # A run of it that is cancelled while it waits would hold back all others.
                await asyncio.shield(run_in_terminal(write))
        else:
            write()
