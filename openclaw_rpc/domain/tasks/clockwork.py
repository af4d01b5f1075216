"""The clock of tasks: finds what is due, claims each time once, does it, and writes down what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any, Final, Protocol

import anyio
import msgspec

from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.events.change import Change, Claim, Delivery
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.tasks.records import RUN, Task, TimeOfTask, moment, stamp
from openclaw_rpc.domain.tasks.service import KEPT_RUNS, Tasks
from openclaw_rpc.protocol.errors import AlreadyClaimed, Conflict, GatewayError
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.protocol.task import TaskEvent, TaskRun, TaskRunStatus, completed, failed, started

LATE: Final = timedelta(seconds=60)
"""A time that is later than this was missed: the gateway was off, or stood still."""
LOOK_SECONDS: Final = 3600.0
"""The longest sleep: the machine's clock may be put on meanwhile."""
MAX_OUTPUT: Final = 100_000


class Done(msgspec.Struct, kw_only=True, frozen=True):
    """What an action came to."""

    output: Any = None
    run_id: str | None = None
    error: str | None = None


class Actions(Protocol):
    """Does what tasks say."""

    async def act(self, task: Task, time: TimeOfTask, claim: Claim) -> Done:
        """Do it, as its creator. What is kept first is kept with ``claim`` and the record of ``time``.

        Raises:
            AlreadyClaimed: that time was taken by somebody else, and nothing was done.
            GatewayError: it failed.
        """
        ...

    async def resume(self, task: Task, time: TimeOfTask) -> Done:
        """Wait for what an earlier process began at ``time``.

        Raises:
            GatewayError: it failed, or ended with that process.
        """
        ...


Spawn = Callable[[Callable[[], Awaitable[None]]], None]
"""Begins something beside whoever calls."""
Caused = Callable[[str, TaskEvent, str], list[Delivery]]
"""What an event of that name causes to be delivered for a user."""


class Tell(Protocol):
    """Tells an event to whoever listens."""

    def __call__(self, row: Event[TaskEvent], data: TaskEvent, task: Task, *, kept: bool) -> None:
        """``kept``: what it causes to be delivered is kept already."""
        ...


class Clockwork:
    """Looks when the next task is due, and starts it."""

    def __init__(
        self,
        tasks: Tasks,
        store: Store,
        actions: Actions,
        caused: Caused,
        tell: Tell,
        spawn: Spawn,
        clock: Clock,
        log: Log,
    ) -> None:
        self._spawn = spawn
        self._tasks = tasks
        self._store = store
        self._documents = store.documents
        self._actions = actions
        self._caused = caused
        self._tell = tell
        self._clock = clock
        self._log = log
        self._running: dict[str, int] = {}
        self._seen: dict[str, str] = {}
        """Up to which time each task was looked at; more than what is kept, while something is under way."""
        self._wake = anyio.Event()
        tasks.changed = self.look_again

    def look_again(self) -> None:
        """Something changed: look for what is due."""
        self._wake.set()

    async def serve(self) -> None:
        """Run until cancelled."""
        await self._recover()
        while True:
            self._wake = anyio.Event()
            now = self._now()
            soonest: datetime | None = None
            for task in list(self._tasks.tasks.values()):
                due = await self._look(task, now)
                if due is not None and (soonest is None or due < soonest):
                    soonest = due
            pause = LOOK_SECONDS if soonest is None else (soonest - self._now()).total_seconds()
            with anyio.move_on_after(min(max(pause, 0.0), LOOK_SECONDS)):
                await self._wake.wait()

    async def _recover(self) -> None:
        """See to what was begun when the last process died."""
        for task in list(self._tasks.tasks.values()):
            for document in await self._documents.list(RUN, parent=task.id, limit=10):
                time = msgspec.json.decode(document.data, type=TimeOfTask)
                if time.status == "running":
                    self._do_beside(task, time)

    async def _look(self, task: Task, now: datetime) -> datetime | None:
        """Start what is due of a task; when it is due next."""
        seen = max(self._seen.get(task.id, ""), task.seen)
        try:
            due = task.next_at(seen)
        except GatewayError as error:
            # A time zone that the machine no longer knows, say.
            self._log.error("a task has no times", task=task.id, error=error.message)
            return None
        if due is None or due > now:
            return due
        times = list(takewhile(lambda each: each <= now, task.times().times(moment(seen))))
        late = [each for each in times if now - each > LATE]
        if late and task.missed == "once":
            self._begin(task, late[-1])
        elif late:
            await self._note(task, late[-1], "missed")
        for each in times[len(late) :]:
            if task.overlap == "skip" and self._running.get(task.id):
                await self._note(task, each, "skipped")
            else:
                self._begin(task, each)
        self._seen[task.id] = stamp(times[-1])
        return task.next_at(self._seen[task.id])

    def _begin(self, task: Task, at: datetime, key: str = "") -> TimeOfTask:
        """Do it beside the clock. That its time is dealt with is kept no sooner than its claim."""
        time = TimeOfTask(
            id=new_id("tr"), task_id=task.id, scheduled_at=stamp(at), status="running", started_at=self._stamp()
        )
        claim = Claim(name=f"task:{task.id}", key=key or time.scheduled_at, at=self._stamp())
        self._do_beside(task, time, claim)
        return time

    def _do_beside(self, task: Task, time: TimeOfTask, claim: Claim | None = None) -> None:
        self._running[task.id] = self._running.get(task.id, 0) + 1
        self._spawn(partial(self._do, task, time, claim))

    async def _note(self, task: Task, at: datetime, status: TaskRunStatus) -> None:
        """A time at which nothing was done."""
        time = TimeOfTask(id=new_id("tr"), task_id=task.id, scheduled_at=stamp(at), status=status)
        try:
            claim = Claim(name=f"task:{task.id}", key=time.scheduled_at, at=self._stamp())
            await self._store.commit(Change(claims=[claim], documents=[time.document()]))
        except AlreadyClaimed:
            self._log.debug("that time was dealt with before", task=task.id)
        await self._tasks.change(task.id, seen=time.scheduled_at)

    def run_now(self, task: Task) -> TaskRun:
        """Do it now, besides its times.

        Raises:
            Conflict: it is under way, and may not overlap.
        """
        if task.overlap == "skip" and self._running.get(task.id):
            raise Conflict("the task is under way", field="taskId", reason="running")
        return self._begin(task, self._now(), key=new_id("now")).shown()

    async def _do(self, task: Task, time: TimeOfTask, claim: Claim | None) -> None:
        """Do it with its claim, or without one wait for what an earlier process began; keep what came of it."""
        try:
            if claim is None:
                done = await self._actions.resume(task, time)
            else:
                self._tell(started, _event(task, time), task, kept=False)
                done = await self._actions.act(task, time, claim)
        except AlreadyClaimed:
            await self._tasks.change(task.id, seen=time.scheduled_at)
            return
        except GatewayError as error:
            done = Done(error=error.message)
        except Exception as error:
            self._log.error("a task failed", task=task.id, exc_info=True)
            done = Done(error=f"{type(error).__name__}: the log says more")
        finally:
            # Before it is told: whoever hears of the end may begin it anew.
            self._running[task.id] -= 1
        time.run_id, time.error, time.output = done.run_id, done.error, _bounded(done.output)
        time.status = "completed" if done.error is None else "error"
        try:
            await self._conclude(task, time)
        except GatewayError as error:
            # The store is away, or closed since the gateway stops: the next start finds the time under way.
            self._log.error("how a task ended could not be kept", task=task.id, error=error.message)

    async def _conclude(self, task: Task, time: TimeOfTask) -> None:
        """Keep how a time ended, with what that causes to be sent, unless another process did so first."""
        kept = await self._documents.get(RUN, time.id)
        if kept is not None and msgspec.json.decode(kept.data, type=TimeOfTask).status != "running":
            return
        time.finished_at = self._stamp()
        row, event = completed if time.error is None else failed, _event(task, time)
        deliveries = self._caused(row.name, event, task.creator.user)
        document = time.document(kept.version if kept is not None else 0)
        await self._store.commit(Change(documents=[document], deliveries=deliveries))
        await self._tasks.change(
            task.id, seen=max(time.scheduled_at, task.seen), last_run_at=time.started_at, last_status=time.status
        )
        self._tell(row, event, task, kept=True)
        await self._documents.drop(RUN, task.id, keep=KEPT_RUNS)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def _stamp(self) -> str:
        return iso(self._clock.now())


def _event(task: Task, time: TimeOfTask) -> TaskEvent:
    return TaskEvent(
        task_id=task.id,
        name=task.name,
        scheduled_at=time.scheduled_at,
        run_id=time.run_id,
        error=time.error,
        output=time.output,
    )


def _bounded(output: Any) -> Any:
    """What is kept of an action's output."""
    raw = msgspec.json.encode(output)
    return output if len(raw) <= MAX_OUTPUT else raw[:MAX_OUTPUT].decode("utf-8", "replace")
