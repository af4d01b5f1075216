"""A response while it is in memory, and who says it: a model, or an agent."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import anyio
import msgspec

from openclaw_rpc.dialects.openai.chat import failure
from openclaw_rpc.dialects.openai.response_events import Building
from openclaw_rpc.dialects.openai.response_requests import ResponseRequest, chat_body
from openclaw_rpc.domain.events.bus import Bus, Filter
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.responses.ports import ResponseRecord
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatRunParams, chat_delta, chat_done, chat_started, chat_thinking, tool_call
from openclaw_rpc.protocol.errors import GatewayError, interrupted
from openclaw_rpc.services.completions import Completions

TELLING = (chat_delta, chat_thinking, tool_call, chat_done)
"""With which events of a run its response begins: one that fails before has the failure's status."""


class LiveResponse:
    """A response under way. ``events`` are whole server-sent events, the place of each its sequence number."""

    def __init__(self, principal: Principal, request: ResponseRequest, response: JsonObject, items: list[JsonObject]):
        self.principal = principal
        self.request = request
        self.items = items
        """Its own input."""
        self.context: list[JsonObject] = []
        """What was said before it."""
        self.events: list[bytes] = []
        self.building = Building(response, self._tell)
        self.scope = anyio.CancelScope()
        self.opened = anyio.Event()
        """Set when its answer has begun, or never will."""
        self.ended = anyio.Event()
        self.fault: GatewayError | None = None
        self.session_key: str | None = None
        self.run_id: str | None = None
        self.began_as: tuple[str, bytes] | None = None
        """Who asked for it, and a digest of what."""
        self._news = anyio.Event()

    @classmethod
    def of_record(cls, principal: Principal, request: ResponseRequest, record: ResponseRecord) -> LiveResponse:
        """One that has ended, as it was kept."""
        live = cls(principal, request, msgspec.json.decode(record.body), msgspec.json.decode(record.input))
        live.events = _events_of(record)
        live.session_key, live.run_id = record.session_key, record.run_id
        live.close()
        return live

    @property
    def id(self) -> str:
        """Its id."""
        return self.building.response["id"]

    @property
    def body(self) -> bytes:
        """As it stands."""
        return msgspec.json.encode(self.building.response)

    def _tell(self, kind: str, data: bytes) -> None:
        self.events.append(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")
        self._news.set()

    def begin(self) -> None:
        """Its answer begins, where it has not begun."""
        if not self.events:
            self.building.begin()
            self.opened.set()

    def close(self) -> None:
        """Nothing more will be told."""
        self.opened.set()
        self.ended.set()
        self._news.set()

    async def follow(self, after: int = -1) -> AsyncGenerator[bytes]:
        """The events after that number: those that were, all that came since together, to the end."""
        at = after + 1
        while True:
            self._news = self._news if not self._news.is_set() else anyio.Event()
            if at < len(self.events):
                written = b"".join(self.events[at:])
                at = len(self.events)
                yield written
            elif self.ended.is_set():
                return
            else:
                await self._news.wait()

    async def some(self, after: int, seconds: float) -> bytes:
        """The events after that number, waited for no longer than that."""
        with anyio.move_on_after(seconds):
            async with aclosing(self.follow(after)) as events:
                async for written in events:
                    return written
        return b""

    def record(self, created_at: str) -> ResponseRecord:
        """As it is kept."""
        output: list[JsonObject] = self.building.response["output"]
        return ResponseRecord(
            id=self.id,
            user=self.principal.user,
            created_at=created_at,
            finished=self.building.ended,
            body=self.body,
            input=msgspec.json.encode(self.items),
            context=msgspec.json.encode([*self.context, *self.items, *output]),
            events=zlib.compress(b"".join(self.events), 1),
            conversation=self.request.conversation_id,
            session_key=self.session_key,
            run_id=self.run_id,
        )


def events_after(record: ResponseRecord, after: int) -> bytes:
    """A kept response's events whose sequence number is greater."""
    return b"".join(_events_of(record)[after + 1 :])


def _events_of(record: ResponseRecord) -> list[bytes]:
    return [event + b"\n\n" for event in zlib.decompress(record.events).split(b"\n\n")[:-1]]


async def ask_model(live: LiveResponse, completions: Completions) -> None:
    """Ask a model, and tell what it says.

    Raises:
        GatewayError: it failed.
    """
    body = chat_body(live.request, [*live.context, *live.items])
    building = live.building
    finish: str | None = None
    async with completions.stream(live.principal, body, completions.head(body), carry=False) as streamed:
        live.begin()
        async for chunk in streamed:
            if chunk.thinking:
                building.think(chunk.thinking)
            if chunk.text:
                building.text(chunk.text)
            for call in chunk.tool_calls:
                building.call(call.index, call.id, call.name, call.arguments)
            finish = chunk.finish_reason or finish
    building.finish(finish, streamed.usage)


class _RunListener:
    """Hears the events of one run."""

    def __init__(self) -> None:
        self._heard: deque[Published] = deque()
        self._news = anyio.Event()

    def hear(self, event: Published) -> None:
        """Take an event."""
        self._heard.append(event)
        self._news.set()

    async def next(self) -> Published:
        """The next event."""
        while not self._heard:
            self._news = anyio.Event()
            await self._news.wait()
        return self._heard.popleft()


async def ask_agent(live: LiveResponse, params: ChatRunParams, pin: str | None, runs: Runs, bus: Bus) -> None:
    """Run an agent, and tell what it says. Cancelled, the run is aborted.

    Raises:
        GatewayError: it can't be run, or the run failed.
    """
    with anyio.CancelScope(shield=True) as admitting:
        # What is on its way to the disk has to be let begin, whatever becomes of the caller.
        accepted, release = await runs.start(live.principal, params, pin)
        live.session_key, live.run_id = accepted.session_key, accepted.run_id
        _, session = await runs.place(live.principal, accepted.run_id)
        if session is None:  # a run of an earlier request with the same key, which has ended
            admitting.shield = False
            state = await runs.wait(live.principal, accepted.run_id, None)
            live.begin()
            live.building.text(state.response or "")
            live.building.finish(state.finish_reason, state.usage)
            return
        listener = _RunListener()
        unsubscribe = bus.subscribe(Filter(session_id=session.id, run_id=accepted.run_id), listener)
        release()
        admitting.shield = False
        try:
            await _retell(live, listener)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await runs.abort(live.principal, accepted.run_id)
            raise
        finally:
            unsubscribe()


async def _retell(live: LiveResponse, listener: _RunListener) -> None:
    building, calls = live.building, 0
    while True:
        event = await listener.next()
        data: Any = event.data
        if event.row is chat_done and data.finish_reason in ("error", "interrupted"):
            fault = failure(data)
            # The run may have acted: the client is not to ask for it again.
            fault.details.setdefault("runId", live.run_id)
            raise fault
        if event.row is chat_started and live.events:
            # It begins again, and what was said can't be taken back.
            raise interrupted()
        if event.row in TELLING:
            live.begin()
        if event.row is chat_delta:
            building.text(data.delta)
        elif event.row is chat_thinking:
            building.think(data.delta)
        elif event.row is tool_call and data.client:
            arguments = data.params if isinstance(data.params, str) else msgspec.json.encode(data.params).decode()
            building.call(calls, data.call_id, data.tool, arguments)
            calls += 1
        elif event.row is chat_done:
            if data.finish_reason == "aborted":
                building.cancel()
            else:
                building.finish(data.finish_reason, data.usage)
            return
