"""One peer of any door that keeps a connection: its calls, its answers, and the streams it follows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from openclaw_rpc.dialects.jsonrpc import Frame, Id, Refused, Request
from openclaw_rpc.domain.auth import Principal
from openclaw_rpc.domain.published import Published
from openclaw_rpc.domain.streams import Stream, Topics
from openclaw_rpc.protocol.base import Topic
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.errors import GatewayError, Unavailable
from openclaw_rpc.rpc.bind import AnyBound
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.rpc.outbox import Outbox, Sink


class Codec(Protocol):
    """A dialect of frames: reads a frame into calls, writes answers and events.

    Events that were written for one connection serve all others of the same ``spelling``; where that is empty, what
    is written depends on what was written before, and is for one connection alone.
    """

    spelling: str

    def read(self, data: bytes) -> Frame:
        """The calls of a frame."""
        ...

    def result(self, call_id: Id, value: Any) -> bytes:
        """An answer."""
        ...

    def error(self, call_id: Id, error: GatewayError) -> bytes:
        """An answer to a call that failed."""
        ...

    def batch(self, answers: Sequence[bytes]) -> bytes:
        """The answers to a batch."""
        ...

    def event(self, name: str, data: Any, epoch: str = "", seq: int = 0) -> bytes:
        """An event."""
        ...


class _Ear:
    """Hears the topics that a connection follows; what it heard on a session's stream it does not hear twice."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hear(self, event: Published) -> None:
        if event is not self._connection.last:
            self._connection.push(event)


class Connection:
    """A client that is connected: the peer of its calls. Closing it cancels its calls, but for those that are whole.

    ``cut`` is called when the peer is so far behind that it is to be closed.
    """

    def __init__(
        self,
        principal: Principal,
        dispatcher: Dispatcher,
        codec: Codec,
        sink: Sink,
        topics: Topics,
        *,
        max_in_flight: int,
        outbox_bytes: int,
        cut: Callable[[], None],
    ) -> None:
        self.principal = principal
        self.last: Published | None = None
        self._dispatcher = dispatcher
        self._codec = codec
        self._outbox = Outbox(sink, self._encode, outbox_bytes, self.fell_behind)
        self._topics = topics
        self._max_in_flight = max_in_flight
        self._calls: set[asyncio.Future[Any]] = set()
        self._in_flight = 0
        self._follows: dict[str, tuple[Stream, set[str] | None]] = {}
        self._ear: _Ear | None = None
        self._heard_topics: set[Topic] = set()
        self._cut = cut
        self._closed = False

    # ---- calls ----

    def receive(self, data: bytes) -> None:
        """Take a frame: answer what can be answered in place, begin what takes time. Nothing after `close`."""
        if self._closed:
            return
        frame = self._codec.read(data)
        if frame.batch:
            begun: list[Any] = []
            self._spawn(self._answer_batch(frame.calls, begun), begun, self._calls)
            return
        for call in frame.calls:
            self._receive_one(call)

    def _receive_one(self, item: Request | Refused) -> None:
        if isinstance(item, Refused):
            self._outbox.put(self._codec.error(item.id, item.error))
            return
        call = Call(self.principal, self)
        try:
            bound, outcome = self._begin(item, call, shield=False)
        except GatewayError as error:
            if not item.notify:
                self._outbox.put(self._codec.error(item.id, error))
            call.answered()
            return
        if bound.is_async:
            # What is whole is not among the calls that the end of this connection cancels.
            tasks = self._dispatcher.carried if bound.whole else self._calls
            self._spawn(self._finish(item, call, outcome), [outcome], tasks)
            return
        if not item.notify:
            self._outbox.put(self._codec.result(item.id, outcome))
        call.answered()

    def _begin(self, item: Request, call: Call, *, shield: bool) -> tuple[AnyBound, Any]:
        """Begin a call: its row; and its result, or what is to be awaited for it where the row is async."""
        bound = self._dispatcher.row(item.method)
        if bound.is_async and self._in_flight >= self._max_in_flight:
            raise Unavailable(
                f"{self._max_in_flight} calls of this connection are under way", reason="in_flight", retryAfter=1
            )
        outcome = self._dispatcher.call(bound, item.params, call, shield=shield)
        self._in_flight += bound.is_async
        return bound, outcome

    async def _finish(self, request: Request, call: Call, outcome: Awaitable[Any]) -> None:
        """Await a call's result, answer it, then let happen what waits for the answer, even if nobody reads it."""
        try:
            try:
                frame = self._codec.result(request.id, await outcome)
            except GatewayError as error:
                frame = self._codec.error(request.id, error)
            if not request.notify and not self._closed:
                self._outbox.put(frame)
        finally:
            call.answered()

    async def _answer_batch(self, items: Sequence[Request | Refused], begun: list[Any]) -> None:
        """Calls of a batch are begun in their order, run side by side, and are answered together."""
        calls: list[Call] = []
        answers: list[bytes] = []

        async def answer(item: Request, outcome: Awaitable[Any]) -> None:
            try:
                frame = self._codec.result(item.id, await outcome)
            except GatewayError as error:
                frame = self._codec.error(item.id, error)
            if not item.notify:
                answers.append(frame)

        try:
            async with asyncio.TaskGroup() as group:
                for item in items:
                    if isinstance(item, Refused):
                        answers.append(self._codec.error(item.id, item.error))
                        continue
                    calls.append(call := Call(self.principal, self))
                    try:
                        bound, outcome = self._begin(item, call, shield=True)
                    except GatewayError as error:
                        if not item.notify:
                            answers.append(self._codec.error(item.id, error))
                        continue
                    if bound.is_async:
                        begun.append(outcome)
                        group.create_task(answer(item, outcome))
                    elif not item.notify:
                        answers.append(self._codec.result(item.id, outcome))
            if answers:
                self._outbox.put(self._codec.batch(answers))
        finally:
            for call in calls:
                call.answered()

    def _spawn(self, work: Coroutine[Any, Any, None], begun: list[Any], tasks: set[asyncio.Future[Any]]) -> None:
        """Let a task, one of ``tasks``, await calls that were begun."""
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            self._in_flight -= len(begun)
            # A task that is cancelled before its first step never awaits what it was given.
            for coroutine in begun:
                coroutine.close()

        task.add_done_callback(done)

    # ---- events ----

    def send(self, event: str, data: Any) -> None:
        """Send an event that belongs to this connection alone."""
        self._outbox.put(self._codec.event(event, data))

    def send_frame(self, frame: bytes) -> None:
        """Send a frame that was encoded for many."""
        self._outbox.put(frame)

    def hear(self, event: Published) -> None:
        """Take an event of a stream that this connection follows."""
        follow = self._follows.get(event.session_id)
        if follow is None:
            return
        runs = follow[1]
        if runs is not None and event.run_id not in runs:
            return
        self.last = event
        self._outbox.put_event(event)
        if runs is not None and event.row is chat_done:
            self.unfollow(event.session_id, event.run_id)

    def hears(self, event: Published) -> bool:
        """Whether it follows what this event belongs to, or was sent it just now."""
        follow = self._follows.get(event.session_id)
        return event is self.last or (follow is not None and (follow[1] is None or event.run_id in follow[1]))

    def push(self, event: Published) -> None:
        """Send an event."""
        self.last = event
        self._outbox.put_event(event)

    def follow(self, stream: Stream, run_id: str | None) -> bool:
        """Hear all events of a stream from now on, or of one run of it; whether they were not heard already."""
        if self._closed:
            return False
        before = self._follows.get(stream.session_id)
        if before is not None and (before[1] is None or run_id in before[1]):
            return False
        if run_id is None:
            self._follows[stream.session_id] = (stream, None)
        elif before is None:
            self._follows[stream.session_id] = (stream, {run_id})
        elif before[1] is not None:
            before[1].add(run_id)
        stream.listen(self)
        return True

    def unfollow(self, session_id: str, run_id: str | None) -> bool:
        """Hear them no longer; whether they were heard."""
        follow = self._follows.get(session_id)
        if follow is None or (run_id is not None and (follow[1] is None or run_id not in follow[1])):
            return False
        stream, runs = follow
        if run_id is not None and runs is not None:
            runs.discard(run_id)
            if runs:
                return True
        del self._follows[session_id]
        stream.unlisten(self)
        return True

    @property
    def quiet(self) -> bool:
        """Whether no run is at work, or waits, in any session that it follows."""
        return all(not stream.holders for stream, _ in self._follows.values())

    def follow_topics(self, topics: Sequence[Topic], user: str | None) -> None:
        """Hear topics: of one user, or of everybody's where ``user`` is None."""
        if self._ear is None:
            self._ear = _Ear(self)
        for topic in topics:
            if not self._closed:
                self._heard_topics.add(topic)
                self._topics.listen(topic, self._ear, user)

    def unfollow_topics(self, topics: Sequence[Topic]) -> int:
        """Hear topics no longer; how many were heard."""
        heard = self._heard_topics.intersection(topics)
        for topic in heard:
            if self._ear is not None:
                self._topics.unlisten(topic, self._ear)
        self._heard_topics -= heard
        return len(heard)

    def unfollow_all(self) -> int:
        """Hear nothing any more; how many subscriptions there were."""
        count = self.unfollow_topics(tuple(self._heard_topics))
        for session_id, (_, runs) in list(self._follows.items()):
            count += 1 if runs is None else len(runs)
            self._follows[session_id][0].unlisten(self)
        self._follows.clear()
        return count

    def _encode(self, event: Published) -> bytes:
        spelling = self._codec.spelling
        frame = event.frames.get(spelling)
        if frame is None:
            frame = self._codec.event(event.row.name, event.data, event.epoch, event.seq)
            if spelling:
                event.frames[spelling] = frame
        return frame

    # ---- the end ----

    def resumed(self) -> None:
        """The peer can take more."""
        self._outbox.resumed()

    def flush(self) -> None:
        """Write what is ready."""
        self._outbox.flush()

    def fell_behind(self) -> None:
        """The peer does not keep up: it is closed."""
        self.unfollow_all()
        self._cut()

    def close(self) -> None:
        """Let go of everything: calls are cancelled where they may be, streams heard no longer, what waits dropped."""
        self._closed = True
        self._outbox.close()
        self.unfollow_all()
        for task in tuple(self._calls):
            task.cancel()
