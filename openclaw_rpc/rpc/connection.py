"""One peer of any door that keeps a connection: its calls and their answers, besides what it follows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.sizes import LARGEST
from openclaw_rpc.protocol.errors import GatewayError, Unavailable
from openclaw_rpc.protocol.validation import mended
from openclaw_rpc.rpc.bind import AnyBound
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import Dispatcher, decode
from openclaw_rpc.rpc.frames import Answer, Ask, Dialect, Planned, Refused, Request
from openclaw_rpc.rpc.outbox import FrameSink
from openclaw_rpc.rpc.paging import page, sliced
from openclaw_rpc.rpc.subscriber import Subscriber


class Connection(Subscriber):
    """A client that is connected: the peer of its calls. Closing it cancels its calls, but for shielded ones."""

    def __init__(
        self,
        principal: Principal,
        dispatcher: Dispatcher,
        dialect: Dialect,
        sink: FrameSink,
        bus: Bus,
        *,
        max_in_flight: int,
        outbox_bytes: int,
        cut: Callable[[], None],
    ) -> None:
        super().__init__(dialect, dialect, sink, bus, outbox_bytes=outbox_bytes, cut=cut)
        self.principal = principal
        self._dispatcher = dispatcher
        self._dialect = dialect
        self._max_in_flight = max_in_flight
        self._calls: set[asyncio.Future[Any]] = set()
        self._in_flight = 0

    def receive(self, data: bytes) -> None:
        """Take a frame: answer what can be answered in place, begin what takes time. Nothing after `close`."""
        if self._closed:
            return
        frame = self._dialect.read(mended(data))
        if frame.batch:
            begun: list[Any] = []
            calls = [item for item in frame.calls if not isinstance(item, Planned)]
            self._spawn(self._answer_batch(calls, begun), begun, self._calls)
            return
        for call in frame.calls:
            self._receive_one(call)

    def _receive_one(self, item: Request | Planned | Refused) -> None:
        if not isinstance(item, Request):
            if isinstance(item, Refused):
                self._outbox.put(self._dialect.refuse(item.id, item.error))
            else:
                self.begin(item)
            return
        call = Call(self.principal, self)
        try:
            bound, outcome = self._begin(item, call, shield=False)
        except GatewayError as error:
            if not item.notify:
                self._outbox.put(self._dialect.refuse(item.id, error))
            call.answered()
            return
        if bound.is_async:
            # A shielded call goes on when this connection ends; the others are cancelled.
            tasks = self._dispatcher.carried if bound.shielded else self._calls
            self._spawn(self._finish(bound, item, call, outcome), [outcome], tasks)
            return
        if not item.notify:
            self._outbox.put(self._at_once(bound, item, call, outcome))
        call.answered()

    def _at_once(self, bound: AnyBound, item: Request, call: Call, result: Any) -> bytes:
        """The answer to a call that was answered in place."""
        frame = self._frame(item, result, call)
        if bound.method.pages and self._dialect.bounded and len(frame) > LARGEST:
            frame = self._frame(item, sliced(bound.method, decode(bound, item.params), result), call)
        return frame

    def _frame(self, item: Request | Planned, value: Any, call: Call) -> bytes:
        """The answer to a call: an error where its result cannot be written as JSON."""
        try:
            return self._dialect.answer(item, value)
        except Exception as error:
            return self._dialect.refuse(item.id, self._dispatcher.fault(item.method, error, call))

    async def _written(self, bound: AnyBound, item: Request, call: Call, outcome: Awaitable[Any]) -> bytes:
        """The answer to a call whose result is awaited; of a list that is too long for a message, the first page."""
        try:
            result = await outcome
            frame = self._frame(item, result, call)
            if bound.method.pages and self._dialect.bounded and len(frame) > LARGEST:
                frame = self._frame(item, await page(bound, decode(bound, item.params), call, result), call)
        except GatewayError as error:
            return self._dialect.refuse(item.id, error)
        return frame

    def _begin(self, item: Request, call: Call, *, shield: bool) -> tuple[AnyBound, Any]:
        """Begin a call: its row; and its result, or what is to be awaited for it where the row is async."""
        bound = self._dispatcher.row(item.method)
        if bound.is_async:
            self._bound_calls()
        outcome = self._dispatcher.call(bound, item.params, call, shield=shield)
        self._in_flight += bound.is_async
        return bound, outcome

    def _bound_calls(self) -> None:
        if self._in_flight >= self._max_in_flight:
            raise Unavailable(
                f"{self._max_in_flight} calls of this connection are under way", reason="in_flight", retryAfter=1
            )

    def begin(self, item: Planned) -> None:
        """Carry a plan out: in place where it needs no call, else as a task."""
        call = Call(self.principal, self)
        try:
            self._bound_calls()
            step = next(item.plan)
        except StopIteration as end:
            self._answer(item, end.value, call)
        except Exception as error:
            self._answer(item, error if isinstance(error, GatewayError) else self._fault(item, error, call), call)
        else:
            self._in_flight += 1
            self._spawn(self._drive(item, step, call), [item.plan], self._calls)

    async def _drive(self, item: Planned, step: Ask | Answer, call: Call) -> None:
        """Make a plan's calls, one after the other; only the first is counted, since the client asked once."""
        plan, counted = item.plan, not item.counted
        try:
            while True:
                if isinstance(step, Answer):
                    self._answer(item, step.value, call)
                    if step.rest:
                        await asyncio.sleep(step.rest)
                    call.answered()
                    call = Call(self.principal, self)
                    step = plan.send(None)
                    continue
                trusted = step.trusted
                try:
                    result = await self._dispatcher.ask(
                        step.method.name, step.params, call, count=not counted, trusted=trusted
                    )
                except GatewayError as error:
                    step = plan.throw(error)
                else:
                    step = plan.send(result)
                # What needs no scope of its own is no call of the client's either.
                counted = counted or not trusted
        except StopIteration as end:
            self._answer(item, end.value, call)
        except Exception as error:
            self._answer(item, error if isinstance(error, GatewayError) else self._fault(item, error, call), call)
        finally:
            call.answered()

    def _answer(self, item: Planned, value: Any, call: Call) -> None:
        if item.notify or self._closed:
            return
        if isinstance(value, GatewayError):
            self._outbox.put(self._dialect.refuse(item.id, value))
        else:
            self._outbox.put(self._frame(item, value, call))

    def _fault(self, item: Planned, error: Exception, call: Call) -> GatewayError:
        return self._dispatcher.fault(item.method, error, call)

    async def _finish(self, bound: AnyBound, request: Request, call: Call, outcome: Awaitable[Any]) -> None:
        """Await a call's result, answer it, then let happen what waits for the answer, even if nobody reads it."""
        try:
            frame = await self._written(bound, request, call, outcome)
            if not request.notify and not self._closed:
                self._outbox.put(frame)
        finally:
            call.answered()

    async def _answer_batch(self, items: Sequence[Request | Refused], begun: list[Any]) -> None:
        """Calls of a batch are begun in their order, run side by side, and are answered together."""
        calls: list[Call] = []
        answers: list[bytes] = []

        async def answer(bound: AnyBound, item: Request, call: Call, outcome: Awaitable[Any]) -> None:
            frame = await self._written(bound, item, call, outcome)
            if not item.notify:
                answers.append(frame)

        try:
            async with asyncio.TaskGroup() as group:
                for item in items:
                    if isinstance(item, Refused):
                        answers.append(self._dialect.refuse(item.id, item.error))
                        continue
                    calls.append(call := Call(self.principal, self))
                    try:
                        bound, outcome = self._begin(item, call, shield=True)
                    except GatewayError as error:
                        if not item.notify:
                            answers.append(self._dialect.refuse(item.id, error))
                        continue
                    if bound.is_async:
                        begun.append(outcome)
                        group.create_task(answer(bound, item, call, outcome))
                    elif not item.notify:
                        answers.append(self._at_once(bound, item, call, outcome))
            if answers:
                self._outbox.put(self._dialect.batch(answers))
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

    def close(self) -> None:
        """Let go of everything: calls are cancelled where they may be, streams heard no longer."""
        super().close()
        for task in tuple(self._calls):
            task.cancel()
