"""A whole chat: connected, shown, asked and answered, until somebody leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openclaw_rpc.cli.chat.plain import Screen, UnattendedApprovals, lines
from openclaw_rpc.cli.chat.talk import ChatTurns
from openclaw_rpc.cli.connecting import PATIENCE, connect, spoken
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.output import aside, colour_wanted, complain, is_terminal
from openclaw_rpc.cli.program import typed

if TYPE_CHECKING:
    from openclaw import AsyncOpenClawClient
    from openclaw_rpc.cli.target import GatewayTarget

HINT = "Ctrl-C stops an answer, Ctrl-D leaves, /help lists what can be typed."
FATAL = {"unauthorized", "service_unavailable"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was given. ``text`` is the only message, ``options`` those by which the gateway is found."""

    text: str | None
    params: dict[str, Any]
    go_on: bool
    attached: list[dict[str, Any]]
    history: Path
    json: bool
    options: str


async def chat_at(target: GatewayTarget, wanted: Wanted) -> int:
    """Chat; the exit code.

    Raises:
        CliError: the gateway can't be reached, or refuses.
        KeyboardInterrupt: Ctrl-C, where nothing is left that it could stop.
    """
    told: list[Callable[[str], None]] = []

    def lost(why: str) -> None:
        for tell in told:
            tell(f"({why} Reconnecting.)")

    async with connect(target, patience=PATIENCE, on_lost=lost) as client:
        if wanted.go_on:
            await _go_on(target, client, wanted.params)
        if not wanted.json and _terminal():
            from openclaw_rpc.cli.chat.conversation import chat_in_window

            code, talk = await chat_in_window(target, client, wanted, told)
        else:
            screen = Screen(json=wanted.json, colour=colour_wanted())
            told.append(screen.note)
            talk = ChatTurns(target, client, screen, UnattendedApprovals(screen, wanted.options), wanted.params)
            once = wanted.text is not None
            work = talk.ask(wanted.text or "", wanted.attached) if once else _converse(talk, list(wanted.attached))
            code = await _stoppable(talk, work, leaves=once)
    # A run that nobody holds any more is aborted: one that was left in a conversation goes on, now that we are gone.
    del talk
    return code


async def _go_on(target: GatewayTarget, client: AsyncOpenClawClient, params: dict[str, Any]) -> None:
    with spoken(target, client):
        found = await client.session.list(limit=1, channel="cli", agent_id=params.get("agentId"))
    if not found.sessions:
        raise CliError("There is no earlier chat to go on with.", hint="`openclaw sessions` lists all sessions.")
    params["sessionKey"] = found.sessions[0].session_key


def _terminal() -> bool:
    """Whether there is a terminal that can move its cursor, and this program has it to itself."""
    shown = next((stream for stream in (sys.stdout, sys.stderr) if is_terminal(stream)), None)
    if shown is None or os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        return sys.platform == "win32" and shown is not None
    # in the background a read would stop the process
    try:
        return sys.platform == "win32" or os.tcgetpgrp(shown.fileno()) == os.getpgrp()
    except OSError:  # it is the terminal of no session
        return True


# ---- without a terminal, or with one that can do nothing ----


async def _stoppable(talk: ChatTurns, work: Coroutine[Any, Any, int], *, leaves: bool) -> int:
    """Do it; Ctrl-C stops what runs, a second one leaves. Where nothing runs it leaves only if it ``leaves``."""
    task = asyncio.ensure_future(work)
    leaving = False

    def interrupt() -> None:
        nonlocal leaving
        if not talk.busy and not leaves:
            aside("(Ctrl-D leaves.)")
        elif talk.stopping or not talk.stop():
            leaving = True
            task.cancel()

    with _interrupts(interrupt):
        try:
            return await task
        except asyncio.CancelledError:
            if leaving:
                raise KeyboardInterrupt from None
            raise


@contextmanager
def _interrupts(hear: Callable[[], None]) -> Generator[None]:
    """Ctrl-C as a call in the event loop: as an exception it could come between any two steps."""
    loop = asyncio.get_running_loop()

    def tell(*_: object) -> None:
        loop.call_soon_threadsafe(hear)

    before = signal.signal(signal.SIGINT, tell)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


async def _converse(talk: ChatTurns, attached: list[dict[str, Any]]) -> int:
    aside(HINT)
    async for line in lines("> "):
        if line in ("/quit", "/exit"):
            break
        if line:
            await asked(talk, line, attached, lambda error: complain(error.lines()))
    left(talk)
    return 0


async def asked(
    talk: ChatTurns, text: str, attached: list[dict[str, Any]], refused: Callable[[CliError], None]
) -> None:
    """A turn; a message that is refused is no reason to lose the conversation."""
    taken, attached[:] = list(attached), []
    try:
        await talk.ask(text, taken)
    except CliError as error:
        if error.code in FATAL:
            raise
        attached[:] = taken
        refused(error)


def left(talk: ChatTurns) -> None:
    """Say how to come back."""
    if talk.session_key:
        aside(typed(f"Continue with: openclaw chat --session {talk.session_key}"))
