"""A chat on a terminal: one turn or many, with what is typed meanwhile."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from prompt_toolkit.output import create_output

from openclaw_rpc.cli.chat.approvals import ApprovalPrompts
from openclaw_rpc.cli.chat.completing import SlashCompleter
from openclaw_rpc.cli.chat.earlier import show_last
from openclaw_rpc.cli.chat.session import HINT, Wanted, asked, left
from openclaw_rpc.cli.chat.slash import LEAVE, SlashCommands
from openclaw_rpc.cli.chat.talk import ChatTurns
from openclaw_rpc.cli.chat.window import ChatWindow
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.output import colour_wanted, is_terminal

if TYPE_CHECKING:
    from openclaw import AsyncOpenClawClient
    from openclaw_rpc.cli.target import GatewayTarget

STOPPED = 130


async def chat_in_window(
    target: GatewayTarget, client: AsyncOpenClawClient, wanted: Wanted, told: list[Callable[[str], None]]
) -> tuple[int, ChatTurns]:
    """Chat on the terminal; the exit code. ``told`` hears when the connection is lost."""
    # Where the cursor is need not be asked: it costs an answer, which some terminals never give.
    os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")
    window = ChatWindow(
        create_output(always_prefer_tty=True),
        colour=colour_wanted() is not False,
        typing=wanted.text is None,
        history=wanted.history,
        completer=SlashCompleter(client),
        pipe=None if is_terminal() else sys.stdout,
    )
    told.append(window.note)
    approvals = ApprovalPrompts(client, window)
    talk = ChatTurns(target, client, window, approvals, wanted.params)
    client.on_state(lambda state: approvals.look_soon(talk.session_key) if state == "open" else None)
    code = await Conversation(talk, window, approvals, wanted).hold()
    if wanted.text is None:
        left(talk)
    return code, talk


class Conversation:
    """What is going on, and what Ctrl-C and Ctrl-D do to it."""

    def __init__(self, talk: ChatTurns, window: ChatWindow, approvals: ApprovalPrompts, wanted: Wanted) -> None:
        self._talk = talk
        self._window = window
        self._approvals = approvals
        self._wanted = wanted
        self._commands = SlashCommands(talk, window, approvals)
        self._commands.attached = list(wanted.attached)
        self._turn: asyncio.Task[int] | None = None
        window.interrupted = self._interrupted

    async def hold(self) -> int:
        """Talk until it is over, or somebody leaves; the exit code.

        Raises:
            CliError: the gateway can't be reached any more, or refuses the only message.
        """
        text = self._wanted.text
        work = asyncio.ensure_future(self._converse() if text is None else self._once(text))
        others = self._window.run(), self._approvals.serve(), self._window.left.wait()
        tasks: list[asyncio.Future[Any]] = [work, *map(asyncio.ensure_future, others)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in ended:
            task.result()
        if work in ended:
            return work.result()
        return 0 if text is None else STOPPED

    async def _once(self, text: str) -> int:
        return await self._interruptible(self._talk.ask(text, self._commands.attached))

    async def _converse(self) -> int:
        self._window.note(HINT)
        if self._talk.session_key:
            await show_last(self._talk.client, self._window, self._talk.session_key)
            self._approvals.look_soon(self._talk.session_key)
        async for line in self._window.lines():
            if line.startswith("/") and line[1:].strip() in LEAVE:
                return 0
            if self._commands.knows(line):
                await self._do(line)
            else:
                await self._interruptible(self._asked(line))
        return 0

    async def _do(self, line: str) -> None:
        try:
            await self._commands.do(line)
        except CliError as error:
            self._refused(error)

    async def _asked(self, line: str) -> int:
        await asked(self._talk, line, self._commands.attached, self._refused)
        return 0

    async def _interruptible(self, work: Coroutine[Any, Any, int]) -> int:
        """A turn that can be given up, whatever the gateway says to it."""
        self._turn = asyncio.ensure_future(work)
        try:
            await asyncio.wait([self._turn])
        finally:
            turn, self._turn = self._turn, None
            turn.cancel()
        if turn.cancelled():
            self._window.note("(no longer waiting for it)")
            return STOPPED
        return turn.result()

    def _interrupted(self) -> None:
        if self._turn is None:
            self._window.note("(Ctrl-D leaves.)")
        elif self._talk.stopping or not self._talk.stop():
            self._turn.cancel()

    def _refused(self, error: CliError) -> None:
        first, *more = error.lines()
        page = self._window.page
        self._window.print(page.text("\n  ".join([f"error: {first}", *more]), "red"))
