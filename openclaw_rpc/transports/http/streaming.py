"""A run's or a session's events as the body of an answer, from where the client was to the run's end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from openclaw_rpc.dialects.rest import Follow
from openclaw_rpc.dialects.runs import UNFINISHED
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.protocol import chat, event
from openclaw_rpc.protocol.chat import ChatDoneEvent, RunState, Usage
from openclaw_rpc.protocol.errors import GatewayError, error_of, interrupted
from openclaw_rpc.protocol.event import Subscribed
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.rpc.frames import SpelledEvent
from openclaw_rpc.rpc.subscriber import Subscriber
from openclaw_rpc.transports.http import web
from openclaw_rpc.transports.http.request import HttpRequest
from openclaw_rpc.transports.http.sse import HEADERS, KEEP_ALIVE, KEEP_ALIVE_SECONDS, SseFraming, SseSink

FIRST_WORDS = (chat.chat_delta.name, chat.chat_thinking.name, chat.tool_call.name, chat.chat_done.name)
RESYNC = Event("resync", Subscribed, "The events since then are gone; get the session.")
NO_USAGE = Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0)


def failure_of(done: ChatDoneEvent) -> GatewayError | None:
    """Why a run ended that came to nothing."""
    if done.finish_reason == "interrupted":
        return interrupted()
    if done.finish_reason != "error":
        return None
    error = done.error
    if error is None:
        return error_of("internal_error", "the run failed", runId=done.run_id)
    return error_of(error.code, error.message, **{**error.details, "runId": done.run_id})


class EventBody:
    """The body of one answer. Its end lets go of the stream; the run goes on.

    A client that reads too slowly has the deltas merged that wait for it; past ``outbox_bytes`` it is cut off, of which
    ``slow`` is told, and may come back with the last id that it saw.
    """

    def __init__(
        self,
        follow: Follow,
        request: HttpRequest,
        dispatcher: Dispatcher,
        bus: Bus,
        outbox_bytes: int,
        slow: Callable[[], None],
    ) -> None:
        self.ended = asyncio.Event()
        """Set when the run's final event was written."""
        self._framing = SseFraming(follow.run_id or "", follow.after, numbered=follow.spelling.numbered)
        self._follow = follow
        self._request = request
        self._dispatcher = dispatcher
        self._slow = slow
        self._sink = SseSink()
        self._peer = Subscriber(self, self._framing, self._sink, bus, outbox_bytes=outbox_bytes, cut=self._cut)
        self._past: RunState | None = None
        self._spoke = asyncio.Event()
        self._failure: GatewayError | None = None
        self._lost = False
        self._ending = False

    @property
    def sessions(self) -> Collection[str]:
        """The ids of the sessions that this client follows."""
        return self._peer.subscriptions.sessions

    def end(self) -> None:
        """Write what waits, and end: the gateway stops. The client may come back with the last id that it saw."""
        self._ending = True
        self._sink.wake()

    def _cut(self) -> None:
        """Whoever waits for this client to read on would wait in vain: the connection breaks."""
        self._slow()
        if (transport := self._request.transport) is not None:
            transport.abort()

    def tell(self, name: str, data: Any) -> Iterable[SpelledEvent]:
        """An event as the stream's dialect has it."""
        told = list(self._follow.spelling.tell(name, data))
        if name in FIRST_WORDS and data.run_id == self._follow.run_id and not self._spoke.is_set():
            self._spoke.set()
            self._failure = failure_of(data) if isinstance(data, ChatDoneEvent) else None
        if name == chat.chat_done.name and data.run_id == self._follow.run_id:
            self.ended.set()
        return told

    async def answer(self, gone: Callable[[str], Awaitable[None]]) -> web.StreamResponse:
        """Answer with events. ``gone`` ends a run that is bound to its request when the client goes away.

        Raises:
            GatewayError: before anything was written.
        """
        follow = self._follow
        try:
            await self._open()
            return await self._write()
        finally:
            self._peer.close()
            if follow.bound and follow.run_id is not None and not self.ended.is_set():
                await gone(follow.run_id)

    async def _open(self) -> None:
        """Begin to hear events; what is missed meanwhile waits.

        Raises:
            GatewayError: there is no such run or session.
        """
        follow = self._follow
        call = Call(self._request.principal, self._peer, request_id=self._request.id)
        params = event.EventSubscribeParams(run_id=follow.run_id, session_key=follow.session_key, after=follow.after)
        ended = await self._run() if follow.resumed else None
        subscribed: Subscribed = await self._dispatcher.ask(
            event.subscribe.name, params, call, count=False, trusted=True
        )
        self._lost = subscribed.resync
        if subscribed.resync:
            self._peer.send(RESYNC, subscribed, subscribed.epoch, subscribed.seq)
        # From here on nothing may be missed, so nothing is awaited in between.
        call.answered()
        if subscribed.resync:
            ended = await self._run()
        self._past = ended

    async def _run(self) -> RunState | None:
        """The run, where it has ended: no event of it may be left to come."""
        if self._follow.run_id is None:
            return None
        call = Call(self._request.principal, request_id=self._request.id)
        params = chat.ChatWaitParams(run_id=self._follow.run_id, timeout_ms=1)
        state: RunState = await self._dispatcher.ask(chat.wait.name, params, call, count=False, trusted=True)
        return None if state.status in UNFINISHED else state

    async def _write(self) -> web.StreamResponse:
        """Answer, until the run ends or the client goes away.

        Raises:
            GatewayError: the run is the request, and failed before its first word.
        """
        if self._follow.bound and self._past is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0 if self._ending else KEEP_ALIVE_SECONDS):
                    await self._spoke.wait()
            if self._failure is not None:
                raise self._failure
        response = web.StreamResponse(headers=HEADERS | dict(self._follow.headers))
        await response.prepare(self._request)
        if self._request.method == "HEAD":
            return response
        if opening := self._framing.opening(self._follow.spelling.open()):
            await response.write(opening)
        self._peer.flush()
        while not self.ended.is_set() or not self._sink.writable:
            data = await self._sink.take(0 if self._ending or self._past is not None else KEEP_ALIVE_SECONDS)
            if not data and self._ending and self._sink.writable:
                break
            if not data and self._past is not None and self._sink.writable:
                data = self._final(self._past)
                if not data:
                    break
            await response.write(data or KEEP_ALIVE)
            self._sink.writable = True
            self._peer.resumed()
            self._peer.flush()
        await response.write_eof()
        return response

    def _final(self, state: RunState) -> bytes:
        """The end of a run whose events can't be had any more; nothing where the client has seen it."""
        if not self._lost:
            return b""
        self._lost = False
        done = ChatDoneEvent(
            session_key=state.session_key,
            run_id=state.run_id,
            finish_reason=state.finish_reason or "error",
            usage=state.usage or NO_USAGE,
            model=state.model,
            message_id=state.message_id,
            error=state.error,
        )
        return b"".join(self._framing.frames(self.tell(chat.chat_done.name, done)))
