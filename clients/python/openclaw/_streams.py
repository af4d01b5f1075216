"""Streams of events: a run's, which ends with its final event, and a subscription's, which goes on until it is left.

Each remembers the last event that it saw, and subscribes behind it when the connection was lost: every event comes
once. Where the gateway has that history no more, an event `resync` says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from openclaw._connection import Connection
from openclaw._errors import OpenClawError
from openclaw._frames import Event
from openclaw._table import TOPICS

Position = tuple[str, int]


class Core:
    """What the connection pushes into and a client iterates. Lives in the connection's event loop.

    ``sink``, where it is set, takes each event at once, and None or an error behind the last one.
    """

    def __init__(self, connection: Connection, sink: Callable[[Any], None] | None = None) -> None:
        self.connection = connection
        self.what: dict[str, Any] = {}
        self.started: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        """What the gateway answered when it began."""
        self.position: Position | None = None
        self.over = False
        self._sink = sink
        self._events: deque[Event] = deque()
        self._error: BaseException | None = None
        self._reader: asyncio.Future[None] | None = None
        self._resuming = False
        """Whether what was missed is still to come, so that nothing may come before it."""

    def push(self, event: Event) -> None:
        """Hand an event to who iterates."""
        if self.over:
            return
        if self._sink is not None:
            self._sink(event)
            return
        self._events.append(event)
        self._notice()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing comes behind what was pushed."""
        if self.over:
            return
        self.over = True
        self.connection.unlisten(self)
        if self._sink is not None:
            self._sink(error)
        self._error = error
        self._tell_started(None)
        self._notice()

    fail = end

    def close(self) -> None:
        """Leave the stream: what was not read is dropped."""
        if not self.over:
            self.leave()
        self.end()
        self._events.clear()
        self._error = None

    def leave(self) -> None:
        """Stop what is behind the stream."""

    def hear(self, event: Event) -> None:
        """Take an event of the connection."""

    def resume(self) -> None:
        """Subscribe again, on a new connection."""

    async def next(self) -> Event:
        """The next event.

        Raises:
            StopAsyncIteration: there is none.
        """
        while not self._events:
            if self.over:
                error, self._error = self._error, None
                if error is not None:
                    raise error
                raise StopAsyncIteration
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._events.popleft()

    def _tell_started(self, answer: dict[str, Any] | None) -> None:
        if self.started.done():
            return
        if answer is None:
            self.started.cancel()
        else:
            self.started.set_result(answer)

    def _notice(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _is_new(self, event: Event) -> bool:
        if event.epoch is None or event.seq is None:
            return True
        if self.position is not None and self.position[0] == event.epoch and event.seq <= self.position[1]:
            return False
        self.position = (event.epoch, event.seq)
        return True

    def _after(self) -> dict[str, Any]:
        epoch, seq = self.position or ("none", 0)
        return {**self.what, "after": {"epoch": epoch, "seq": seq}}

    def _start(self, work: Any) -> None:
        """Do something whose failure ends the stream."""

        async def watched() -> None:
            try:
                await work
            except OpenClawError as error:
                self.end(error)

        self.connection.spawn(watched())


class RunCore(Core):
    """A run from its start to its final event. Leaving it aborts the run."""

    def __init__(self, connection: Connection, params: Any, timeout: Any, sink: Callable[[Any], None] | None) -> None:
        super().__init__(connection, sink)
        self.run_id: str | None = None
        self.session_key: str | None = None
        self._held: list[Event] | None = None
        """What came while the state of the run was asked for."""
        self._start(
            connection.call(
                "chat.run", params, timeout=timeout, safe=True, settle=self._begin, withdrawn=lambda: self.over
            )
        )

    def _begin(self, accepted: dict[str, Any]) -> None:
        self.run_id, self.session_key = accepted["runId"], accepted["sessionKey"]
        self.position = (accepted["epoch"], accepted["seq"])
        self.what = {"runId": self.run_id}
        self._tell_started(accepted)
        if self.over:
            self.leave()  # it was left before it was known
        else:
            self.connection.listen(self)

    def hear(self, event: Event) -> None:
        """Take an event, if it is of this run and was not seen."""
        if event.data.get("runId") != self.run_id or self._resuming:
            return
        if self._held is not None:
            self._held.append(event)
            return
        # However the numbers stand after a resync: the final event ends the stream.
        done = event.type == "chat.done"
        if self._is_new(event) or done:
            self.push(event)
            if done:
                self.end()

    def resume(self) -> None:
        """Subscribe behind the last event; where that can't be had, tell how the run stands."""
        self._resuming = True

        def settle(answer: dict[str, Any]) -> None:
            self._resuming = False
            if answer["resync"]:
                self._held = []
                self._start(self._resync())

        self._start(self.connection.call("event.subscribe", self._after(), timeout=None, first=True, settle=settle))

    async def _resync(self) -> None:
        ids = {"runId": self.run_id, "sessionKey": self.session_key}
        forever: dict[str, Any] = {"timeout": None, "retries": float("inf")}
        state = await self.connection.call("chat.wait", {"runId": self.run_id, "timeoutMs": 1}, **forever)
        ended = state.get("finishReason") is not None
        said: str = state.get("response") or ""
        detail: dict[str, Any] = {}
        if not ended:
            params = {"sessionKey": self.session_key, "limit": 1}
            detail = await self.connection.call("session.get", params, **forever)
            self.position = (detail["epoch"], detail["seq"])
            live = [run["text"] for run in detail.get("live", ()) if run["runId"] == self.run_id]
            said = live[0] if live else said
        self.push(Event("resync", {**ids, "response": said}, detail.get("epoch"), detail.get("seq")))
        held, self._held = self._held or [], None
        for event in held:
            self.hear(event)
        if ended:
            kept = {key: state[key] for key in _OUTCOME if key in state}
            self.hear(Event("chat.done", {**ids, **kept}))

    def leave(self) -> None:
        """Abort the run, as soon as its id is known."""
        if self.run_id is not None:
            self.connection.spawn(self.connection.call("chat.abort", {"runId": self.run_id}, safe=True))


_OUTCOME = ("finishReason", "usage", "model", "messageId", "error")


class SubscriptionCore(Core):
    """What happens in a session, in a run, or under topics. Leaving it aborts nothing."""

    def __init__(
        self,
        connection: Connection,
        what: dict[str, Any],
        after: Position | None,
        sink: Callable[[Any], None] | None,
    ) -> None:
        super().__init__(connection, sink)
        self.what = what
        self.position = after
        params = self._after() if after is not None else what
        self._start(connection.call("event.subscribe", params, settle=self._first))

    def _first(self, answer: dict[str, Any]) -> None:
        self._tell_started(answer)
        if not self.over:
            self.connection.listen(self)
            self._begin(answer)

    def _begin(self, answer: dict[str, Any]) -> None:
        self._resuming = False
        if answer["resync"]:
            self.push(Event("resync", dict(self.what), answer["epoch"], answer["seq"]))
        # Topics gather many streams, each with numbers of its own.
        if "topics" not in self.what and (answer["resync"] or self.position is None):
            self.position = (answer["epoch"], answer["seq"])

    def hear(self, event: Event) -> None:
        """Take an event, if it is followed and was not seen."""
        if self._resuming:
            return
        what, data = self.what, event.data
        if "topics" in what:
            if TOPICS.get(event.type) in what["topics"]:
                self.push(event)
            return
        if "runId" in what:
            wanted = data.get("runId") == what["runId"]
        else:
            session: dict[str, Any] = data.get("session") or {}
            wanted = what["sessionKey"] in (data.get("sessionKey"), session.get("sessionKey"))
        if wanted and self._is_new(event):
            self.push(event)
            if "runId" in what and event.type == "chat.done":
                self.end()

    def resume(self) -> None:
        """Subscribe behind the last event."""
        self._resuming = True
        self._start(
            self.connection.call("event.subscribe", self._after(), timeout=None, first=True, settle=self._begin)
        )

    def leave(self) -> None:
        """Be sent no more of it."""
        self.connection.unsubscribe(self)


def plain(params: Any) -> dict[str, Any]:
    """A struct of params as it is sent, or params as they were given, without what was not."""
    found: dict[str, Any] = msgspec.to_builtins(params)
    return found
