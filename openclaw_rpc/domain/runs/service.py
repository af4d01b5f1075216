"""Runs: admitted, queued, driven, stopped, waited for, and ended with exactly one final event."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import anyio

from openclaw_rpc.domain.auth import Principal
from openclaw_rpc.domain.events.change import Beside, Change
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import Log, Store, Tasks
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.drafts import Draft, Drafts, refuse_beyond
from openclaw_rpc.domain.runs.ending import Endings
from openclaw_rpc.domain.runs.live import Ending, LiveRun, state_of
from openclaw_rpc.domain.runs.order import Order
from openclaw_rpc.domain.runs.turn import Turn
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.protocol.chat import (
    ChatMessageEvent,
    ChatRunParams,
    ChatStartedEvent,
    FinishReason,
    RunAborted,
    RunAccepted,
    RunState,
    chat_message,
    chat_started,
)
from openclaw_rpc.protocol.errors import (
    Conflict,
    GatewayError,
    KeyReused,
    NotFound,
    SessionExists,
    Timeout,
    Unavailable,
)
from openclaw_rpc.protocol.session import LiveRun as LiveRunShown

KEEP_SECONDS = 0.5
"""How often what runs say is put on disk: what a crash can cost, at most."""
BUSY_SECONDS = 5


class RunSettings(Protocol):
    """How much may be under way: `runs` in `gateway.yaml`. Replaceable while the gateway runs."""

    @property
    def max_running(self) -> int:
        """Runs at a time."""
        ...

    @property
    def max_queued(self) -> int:
        """Runs that may wait; more are refused."""
        ...

    @property
    def timeout_seconds(self) -> float:
        """The longest a run may take."""
        ...


class Runs:
    """All runs that are in memory, and the way to those that ended."""

    def __init__(
        self,
        settings: RunSettings,
        *,
        store: Store,
        streams: Streams,
        sessions: Sessions,
        drafts: Drafts,
        turn: Turn,
        tasks: Tasks,
        log: Log,
    ) -> None:
        self.settings = settings
        self.running = 0
        self._store = store
        self._streams = streams
        self._sessions = sessions
        self._turn = turn
        self._log = log
        self._drafts = drafts
        self._endings = Endings(store, streams, sessions, log)
        self._live: dict[str, LiveRun] = {}
        self._lanes: dict[str, deque[LiveRun]] = {}
        self._order = Order()
        self._tasks = tasks
        self._serving = False
        self._closing = False

    @property
    def queued(self) -> int:
        """How many runs wait."""
        return len(self._live) - self.running

    def busy(self, session_id: str) -> bool:
        """Whether a run is at work, or waits, in a session."""
        return session_id in self._lanes

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Give runs a place to live in; first what the last process left behind is ended."""
        await self._endings.recover()
        async with self._tasks:
            self._tasks.start(self._keep_deltas())
            self._serving = True
            yield

    async def close(self, seconds: float) -> None:
        """Take no new runs, let the running ones end for so long, then interrupt them."""
        self._closing = True
        for live in list(self._live.values()):
            if not live.started:
                self._stop(live, "interrupted")
        with anyio.move_on_after(seconds):
            for live in list(self._live.values()):
                await live.wait()
        left = list(self._live.values())
        for live in left:
            self._stop(live, "interrupted")
        for live in left:
            await live.wait()

    async def start(
        self, principal: Principal, params: ChatRunParams, pin: str | None = None, *, beside: Beside | None = None
    ) -> tuple[RunAccepted, Callable[[], None]]:
        """Admit a run: its message is on disk. Answers what the caller is told, and what lets the run begin.

        Raises:
            AlreadyClaimed: what is kept beside it claims something that was taken before.
            NotFound: no such agent. Conflict: the session is busy. KeyReused: the key belongs to other params.
            Unavailable: too many runs wait, or the gateway is stopping. Forbidden: the token is for other sessions, or
            for less than the params ask for.
        """
        refuse_beyond(principal, params)
        self._refuse_when_full()
        if params.session_key is None:
            return await self._start(principal, params, pin, beside)
        # In the order they came, whatever has to be looked up for each.
        place = principal.user, params.session_key
        await self._order.enter(place)
        try:
            return await self._start(principal, params, pin, beside)
        finally:
            self._order.leave(place)

    async def _start(
        self, principal: Principal, params: ChatRunParams, pin: str | None, beside: Beside | None
    ) -> tuple[RunAccepted, Callable[[], None]]:
        draft = await self._drafts.draw_up(principal, params, pin)
        try:
            admitted = await self._admit(draft, beside)
        except SessionExists:
            # It was there, though not known to be, or another call made it meanwhile.
            self._streams.drop(draft.live.session.id)
            self._drafts.know(principal, params.session_key)
            return await self._admit(await self._drafts.draw_up(principal, params, pin), beside)
        self._drafts.know(principal, params.session_key)
        return admitted

    async def _admit(self, draft: Draft, beside: Beside | None = None) -> tuple[RunAccepted, Callable[[], None]]:
        """Take a place in the session's lane, then put the run on disk."""
        live = draft.live
        if_busy = live.params.options.if_busy
        key, others = live.record.idempotency_key, self._lanes.get(live.session.id, ())
        # With the key of one that is there it is no further run, and the store says which it is.
        behind = bool(others) and (key is None or all(other.record.idempotency_key != key for other in others))
        if behind and if_busy == "reject":
            raise Conflict("the session has a run already", field="options.ifBusy", reason="busy")
        self._refuse_when_full(behind=behind)
        lane = self._lanes.setdefault(live.session.id, deque())
        lane.append(live)
        self._live[live.record.id] = live
        live.stream.holders += 1
        try:
            change = Change(session=live.session, run=live.record, messages=draft.messages)
            if beside is not None:
                live.record.reply = beside.reply
                change.claims, change.documents = beside.claims, beside.documents
            kept = await self._store.admit(change, of_anybody=draft.of_anybody)
        except BaseException:
            self._forget(live)
            raise
        if kept.id != live.record.id:
            self._forget(live)
            return self._again(kept, live.record), _nothing
        if if_busy == "interrupt":
            for other in [other for other in lane if other is not live]:
                self._stop(other, "aborted")
        return live.accepted(self._waits(live)), lambda: self._release(draft)

    def _again(self, kept: RunRecord, asked: RunRecord) -> RunAccepted:
        """The run that an idempotency key stands for."""
        if kept.fingerprint != asked.fingerprint:
            raise KeyReused("the idempotency key was used with other params", field="idempotencyKey", reason="reused")
        live = self._live.get(kept.id)
        return RunAccepted(
            run_id=kept.id,
            session_key=kept.session_key,
            status="queued" if live is not None and not live.started else "accepted",
            epoch=kept.epoch,
            seq=kept.seq,
        )

    def _refuse_when_full(self, *, behind: bool = False) -> None:
        """Refuse where as many wait as may; ``behind``: the run would wait behind another of its session."""
        if self._closing or not self._serving:
            raise Unavailable("the gateway is stopping", reason="stopping", retryAfter=BUSY_SECONDS)
        settings, count = self.settings, len(self._live)
        full = count >= settings.max_running + settings.max_queued
        if full or (behind and count - len(self._lanes) >= settings.max_queued):
            raise Unavailable("too many runs are waiting", reason="busy", retryAfter=BUSY_SECONDS)

    def _waits(self, live: LiveRun) -> bool:
        lane = self._lanes.get(live.session.id)
        return self.running >= self.settings.max_running or (lane is not None and lane[0] is not live)

    def _release(self, draft: Draft) -> None:
        """The caller has its answer: the run may begin."""
        live, message = draft.live, draft.messages[-1]
        live.opening = ChatMessageEvent(session_key=live.session.key, message=message, run_id=live.record.id)
        try:
            if draft.named:
                self._sessions.announce(live.session)
        finally:
            self._go_on(live)

    def _go_on(self, live: LiveRun) -> None:
        live.released = True
        if live.ending is not None and live.record.id in self._live:
            self._tasks.start(self._end_unstarted(live))
        else:
            self._pump()

    def _pump(self) -> None:
        """Start what may start: the first run of each session, as many as may run, in the order they came."""
        for live in list(self._live.values()):
            if self.running >= self.settings.max_running:
                return
            if live.released and not live.started and live.ending is None and self._lanes[live.session.id][0] is live:
                live.started = True
                self.running += 1
                try:
                    self._open(live)
                finally:
                    self._tasks.start(self._drive(live))

    async def _drive(self, live: LiveRun) -> None:
        """A run from its first event to its last."""
        limit = self.settings.timeout_seconds
        if live.params.options.timeout_ms is not None:
            limit = min(limit, live.params.options.timeout_ms / 1000)
        # What the tasks' own end leaves here, when the gateway can wait no longer.
        finish: FinishReason = "interrupted"
        try:
            live.scope.deadline = anyio.current_time() + limit
            with live.scope:
                finish = await self._turn.run(live)
            if live.scope.cancelled_caught and live.ending is None:
                finish = "error"
                live.fail(Timeout.code, f"the run took longer than {limit:g} s")
        except GatewayError as error:
            finish = "error"
            live.fail(error.code, error.message, error.details)
        except Exception as error:
            finish = "error"
            self._log.error("a run failed", run_id=live.record.id, error=repr(error), exc_info=True)
            live.fail("internal_error", "the gateway failed; its log says why")
        finally:
            await self._end(live, live.ending or finish)
            self.running -= 1
            self._pump()

    def _open(self, live: LiveRun) -> None:
        if live.stream.kept_events:
            # Something was said to the session since the run was admitted.
            live.conversation = None
        live.record.status, live.record.started_at = "running", self._sessions.now()
        data = ChatStartedEvent(
            session_key=live.session.key,
            run_id=live.record.id,
            agent_id=live.agent.id,
            model=live.params.options.model or live.session.model or live.agent.model,
        )
        if live.opening is not None:
            live.stream.say_soon_kept(chat_message, live.opening, live.record.id)
        live.stream.say_soon_kept(chat_started, data, live.record.id)

    async def _end_unstarted(self, live: LiveRun) -> None:
        await self._end(live, live.ending or "interrupted")
        self._pump()

    async def _end(self, live: LiveRun, finish: FinishReason) -> None:
        """The last that a run does. It waits for the disk alone, which nothing cancels: see `Streams.keep`."""
        try:
            await self._endings.end(live, finish)
        finally:
            self._forget(live)
            live.end()

    def _forget(self, live: LiveRun) -> None:
        self._live.pop(live.record.id, None)
        live.stream.holders -= 1
        lane = self._lanes[live.session.id]
        if live in lane:
            lane.remove(live)
        if not lane:
            del self._lanes[live.session.id]

    def _stop(self, live: LiveRun, why: Ending) -> None:
        """End a run early. One that has not begun is ended here; one whose caller has no answer yet, when it has."""
        if live.ending is not None:
            return
        live.stop(why)
        if not live.started and live.released:
            self._tasks.start(self._end_unstarted(live))

    async def stop_session(self, session_id: str) -> None:
        """Abort all runs of a session and wait until they have ended.

        A run whose caller has no answer yet ends when it has: waiting for it would be waiting for ourselves, where
        both calls stand in one batch.
        """
        for live in list(self._lanes.get(session_id, ())):
            self._stop(live, "aborted")
            if live.released:
                await live.wait()

    async def _find(self, principal: Principal, run_id: str) -> LiveRun | RunRecord:
        live = self._live.get(run_id)
        record = live.record if live is not None else await self._store.find_run(run_id)
        if (
            record is None
            or (record.user != principal.user and not principal.is_owner_admin)
            or not principal.may_enter(record.session_key)
        ):
            raise NotFound(f"there is no run {run_id!r}", field="runId")
        return live or record

    async def abort(self, principal: Principal, run_id: str) -> RunAborted:
        """Stop a run and wait for its final event.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        found = await self._find(principal, run_id)
        if isinstance(found, RunRecord):
            return RunAborted(run_id=run_id, aborted=False, status=found.status)
        self._stop(found, "aborted")
        await found.wait()
        return RunAborted(run_id=run_id, aborted=found.record.status == "aborted", status=found.record.status)

    async def wait(self, principal: Principal, run_id: str, timeout_ms: int | None) -> RunState:
        """How a run stands when it has ended, or when the time is up.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        found = await self._find(principal, run_id)
        if isinstance(found, RunRecord):
            return state_of(found)
        with anyio.move_on_after(None if timeout_ms is None else timeout_ms / 1000):
            await found.wait()
        return state_of(found.record)

    async def place(self, principal: Principal, run_id: str) -> tuple[RunRecord, SessionRecord | None]:
        """A run and, while it is in memory, its session: where its events are told.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        found = await self._find(principal, run_id)
        return (found, None) if isinstance(found, RunRecord) else (found.record, found.session)

    def live(self, session_id: str) -> list[LiveRunShown]:
        """The runs of a session that have not ended, and what they have said."""
        return [
            LiveRunShown(run_id=live.record.id, status=live.record.status, text=live.answer())
            for live in self._lanes.get(session_id, ())
        ]

    async def _keep_deltas(self) -> None:
        while True:
            await anyio.sleep(KEEP_SECONDS)
            try:
                await self._streams.keep_owed()
            except GatewayError as error:
                self._log.error("what runs say could not be kept", error=error.message)
            except Exception:
                self._log.error("what runs say could not be kept", exc_info=True)


def _nothing() -> None:
    """A run that was admitted before is released already."""
