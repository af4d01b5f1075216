"""Signs of life while a run goes on: read, typing, and the beginning of the answer where a platform can edit."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

import anyio

from openclaw_rpc.domain.channels.channel import Channel, ChannelFault, TryLater
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.events.bus import Bus, Filter
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.records import ReplyTo
from openclaw_rpc.protocol.chat import ChatDeltaEvent, ChatDoneEvent

EDIT_SECONDS: Final = 1.0
TYPING_SECONDS: Final = 4.0
LEAST: Final = 40
"""How many characters there must be before a preview is worth a message."""

Spawn = Callable[[Coroutine[Any, Any, None]], None]


class _ShownRun:
    """What a chat is shown of one run."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.ended = anyio.Event()
        self.closed = anyio.Event()
        self.preview: str | None = None

    def hear(self, event: Published) -> None:
        """Take an event of the run."""
        if isinstance(event.data, ChatDeltaEvent):
            self.pieces.append(event.data.delta)
        elif isinstance(event.data, ChatDoneEvent):
            self.ended.set()

    def text(self) -> str:
        """What was said so far."""
        self.pieces[:] = ["".join(self.pieces)]
        return self.pieces[0]


class Presence:
    """Shows chats that their answers are being made."""

    def __init__(self, bus: Bus, spawn: Spawn, log: Log) -> None:
        self._bus = bus
        self._spawn = spawn
        self._log = log
        self._shown: dict[str, _ShownRun] = {}

    def begin(self, link: Link, reply: ReplyTo, run_id: str) -> None:
        """A run begins that is answered there."""
        if link.channel is not None:
            shown = self._shown[run_id] = _ShownRun()
            self._spawn(self._show(link.channel, reply, run_id, shown))

    async def finish(self, run_id: str) -> str | None:
        """The preview that the answer takes the place of, once nothing more is shown there."""
        shown = self._shown.pop(run_id, None)
        if shown is None:
            return None
        shown.ended.set()
        await shown.closed.wait()
        return shown.preview

    async def _show(self, channel: Channel, reply: ReplyTo, run_id: str, shown: _ShownRun) -> None:
        unsubscribe = self._bus.subscribe(Filter(run_id=run_id), shown)
        try:
            if reply.message_id is not None:
                await self._try(channel.mark_read(reply.to, reply.message_id))
            typed, told = float("-inf"), ""
            while not shown.ended.is_set():
                pause = EDIT_SECONDS
                if anyio.current_time() - typed >= TYPING_SECONDS:
                    typed = anyio.current_time()
                    pause = max(pause, await self._try(channel.show_typing(reply.to)))
                text = shown.text()
                if text != told and len(text) >= LEAST and not shown.ended.is_set():
                    told = text
                    pause = max(pause, await self._try(self._preview(channel, reply, shown, text)))
                with anyio.move_on_after(pause):
                    await shown.ended.wait()
        finally:
            unsubscribe()
            shown.closed.set()

    @staticmethod
    async def _preview(channel: Channel, reply: ReplyTo, shown: _ShownRun, text: str) -> None:
        short = text[: channel.max_length // 2]
        if shown.preview is None:
            shown.preview = await channel.begin_preview(reply.to, short)
        else:
            await channel.edit_preview(reply.to, shown.preview, short)

    async def _try(self, work: Coroutine[Any, Any, Any]) -> float:
        """Do something that may fail: it is only a sign of life. Answers how long the platform wants a pause."""
        try:
            await work
        except TryLater as fault:
            return fault.seconds
        except ChannelFault as fault:
            self._log.debug("a sign of life failed", error=str(fault))
        except Exception as error:
            self._log.warning("a sign of life failed", error=type(error).__name__)
        return 0.0
