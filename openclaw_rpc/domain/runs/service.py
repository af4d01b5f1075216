"""Runs: admitted, queued, driven, stopped, waited for, and ended with exactly one final event."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import anyio

from openclaw_rpc.domain.events.change import Beside
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import BackgroundTasks, Log, Store
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.refusals import told_to
from openclaw_rpc.domain.runs.admission import Admission
from openclaw_rpc.domain.runs.drafts import Draft, Drafts
from openclaw_rpc.domain.runs.elsewhere import Elsewhere, HeldElsewhere
from openclaw_rpc.domain.runs.ending import Endings
from openclaw_rpc.domain.runs.lanes import Lanes, RunLimits, stopping
from openclaw_rpc.domain.runs.live import Ending, LiveRun, state_of
from openclaw_rpc.domain.runs.recovery import Recovery
from openclaw_rpc.domain.runs.turn import Turn, held
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tracing import INCOMING
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
from openclaw_rpc.protocol.errors import GatewayError, NotFound, Timeout
from openclaw_rpc.protocol.session import LiveRun as LiveRunShown

KEEP_SECONDS = 0.5
"""How often what runs say is put on disk: what a crash can cost, at most."""


class Runs:
    """All runs that are in memory, and the way to those that ended."""

    def __init__(
        self,
        settings: RunLimits,
        *,
        store: Store,
        streams: Streams,
        sessions: Sessions,
        drafts: Drafts,
        turn: Turn,
        tasks: BackgroundTasks,
        log: Log,
    ) -> None:
        self._elsewhere: Elsewhere | None = None
        self._store = store
        self._streams = streams
        self._sessions = sessions
        self._turn = turn
        self._log = log
        self._endings = Endings(streams, sessions, log)
        self._recovery = Recovery(store, streams, drafts, self._endings, log)
        self._lanes = Lanes(settings)
        self._admission = Admission(store, streams, sessions, drafts, self._lanes, turn.check, self._unsure_of)
        self._tasks = tasks
        self._unsure: dict[str, LiveRun] = {}
        """Those of which the store could not say yet whether they are on disk."""

    def join(self, elsewhere: Elsewhere) -> None:
        """Be one of several processes, each of which runs agents in sessions of its own. Before anything is served."""
        self._elsewhere = self._admission.elsewhere = elsewhere

    def apply(self, settings: RunLimits) -> None:
        """Take other limits: what may begin now, begins."""
        self._lanes.settings = settings
        self._begin_next()

    def is_live(self, run_id: str) -> bool:
        """Whether a run is in this process's memory: it has not ended."""
        return self._lanes.find(run_id) is not None

    @property
    def running(self) -> int:
        """How many runs are at work."""
        return self._lanes.running

    @property
    def queued(self) -> int:
        """How many runs wait."""
        return len(self._lanes) - self._lanes.running

    def busy(self, session_id: str) -> bool:
        """Whether a run is at work, or waits, in a session."""
        return bool(self._lanes.of(session_id))

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Give runs a place to live in; first what the last process left behind is settled."""
        if self._elsewhere is None:
            await self._recover_all()
        async with self._tasks:
            self._tasks.start(self._keep_deltas())
            self._lanes.open = True
            yield

    async def _recover_all(self) -> None:
        """Settle what the last process left behind; what is to begin again does so with `resume`."""
        found: dict[str, tuple[SessionRecord, list[RunRecord]]] = {}
        for record in await self._store.unfinished_runs():
            session = await self._store.find_session(record.user, record.session_key)
            if session is not None and session.id == record.session_id:
                found.setdefault(session.id, (session, []))[1].append(record)
        for session, left in found.values():
            await self.recover(session, left)

    async def recover(self, session: SessionRecord, left: Sequence[RunRecord]) -> None:
        """Settle the runs of a session that a dead process left behind, the oldest first.

        Raises:
            Unavailable: the store is away: to be tried again.
        """
        for live in await self._recovery.recover(session, left, retry=self._lanes.settings.on_crash == "retry"):
            self._lanes.enter(live)
            self._lanes.release(live)

    async def resume(self) -> None:
        """Begin what is to begin again."""
        if len(self._lanes):
            await self._turn.settle()
            self._begin_next()

    async def close(self, seconds: float) -> None:
        """Take no new runs, let the running ones end for so long, then interrupt them.

        Those that have not begun are left to other processes, where there are some.
        """
        self._lanes.open = False
        while self._unsure:
            # Whoever comes next finds them, or not.
            _, live = self._unsure.popitem()
            self._lanes.leave(live)
            live.end()
        for live in self._lanes.every():
            if not live.started and live.released and live.record.asked is not None and self._elsewhere is not None:
                self._lanes.leave(live)
                live.left = True
                live.end()
            elif not live.started:
                self._stop(live, "interrupted")
        with anyio.move_on_after(seconds):
            for live in self._lanes.every():
                await live.wait()
        left = self._lanes.every()
        for live in left:
            self._stop(live, "interrupted")
        for live in left:
            await live.wait()

    async def start(
        self, principal: Principal, params: ChatRunParams, pin: str | None = None, *, beside: Beside | None = None
    ) -> tuple[RunAccepted, Callable[[], None]]:
        """Admit a run: its message is on disk. Answers what the caller is told, and what lets the run begin.

        Raises:
            GatewayError: it is not let in; see `Admission.admit`.
        """
        await self._turn.settle()
        try:
            admitted = await self._admission.admit(principal, params, pin, beside)
        except HeldElsewhere as there:
            assert self._elsewhere is not None  # noqa: S101 - who else would have it
            return await self._elsewhere.start(there.session, principal, params, pin, beside)
        if isinstance(admitted, RunRecord):
            return self._again(admitted), _nothing
        live = admitted.live
        live.traceparent = INCOMING.get()
        if params.options.if_busy == "interrupt":
            for other in [other for other in self._lanes.of(live.session.id) if other is not live]:
                self._stop(other, "aborted")
        return live.accepted(self._lanes.waits(live)), lambda: self._release(admitted)

    def _unsure_of(self, draft: Draft, outcome: Awaitable[RunRecord | None]) -> None:
        """The caller was told that the store is away. Once it is back, a run that is on disk all the same begins."""
        self._unsure[draft.live.record.id] = draft.live
        self._tasks.start(self._find_out(draft, outcome))

    async def _find_out(self, draft: Draft, outcome: Awaitable[RunRecord | None]) -> None:
        live = draft.live
        try:
            ours = (await outcome or live.record).id == live.record.id
        except GatewayError:
            ours = False
        if self._unsure.pop(live.record.id, None) is None:
            return
        if not ours:
            self._lanes.leave(live)
            self._begin_next()
            return
        if self._elsewhere is not None:
            self._elsewhere.made(live.session.id)
        self._release(draft)

    def _again(self, kept: RunRecord) -> RunAccepted:
        """The run that an idempotency key stands for."""
        live = self._lanes.find(kept.id)
        return RunAccepted(
            run_id=kept.id,
            session_key=kept.session_key,
            status="queued" if live is not None and not live.started else "accepted",
            epoch=kept.epoch,
            seq=kept.seq,
            repeated=True,
        )

    def _release(self, draft: Draft) -> None:
        """The caller has its answer: the run may begin."""
        live, message = draft.live, draft.messages[-1]
        live.opening = ChatMessageEvent(session_key=live.session.key, message=message, run_id=live.record.id)
        try:
            if draft.named:
                self._sessions.announce(live.session)
        finally:
            self._lanes.release(live)
            if live.ending is not None:
                self._tasks.start(self._end(live, live.ending))
            else:
                self._begin_next()

    def _begin_next(self) -> None:
        """Begin what may begin."""
        while (live := self._lanes.next()) is not None:
            self._tasks.start(self._drive(live))
            try:
                # Now, not in its task: what it tells first goes out together with the answer to its call.
                self._open(live)
            except Exception:
                self._log.error("a run's beginning failed", run_id=live.record.id, exc_info=True)

    async def _drive(self, live: LiveRun) -> None:
        """A run from its first event to its last."""
        limit = self._lanes.settings.timeout_seconds
        if live.params.options.timeout_ms is not None:
            limit = min(limit, live.params.options.timeout_ms / 1000)
        # What the tasks' own end leaves here, when the gateway can wait no longer.
        finish: FinishReason = "interrupted"
        try:
            live.scope.deadline = anyio.current_time() + limit
            with live.scope:
                if live.record.asked is not None and self._lanes.settings.on_crash == "interrupt":
                    # It waited: that it does no longer is on disk before it says anything.
                    await held(lambda: self._streams.keep_one(live.stream))
                finish = await self._turn.run(live)
            if live.scope.cancelled_caught and live.ending is None:
                finish = "error"
                live.fail(Timeout.code, f"the run took longer than {limit:g} s")
        except GatewayError as error:
            finish = "error"
            told_to(error, end_user=live.of_end_user)
            about = {name: said for name in ("field", "reason") if (said := getattr(error, name)) is not None}
            live.fail(error.code, error.message, about | error.details)
        except Exception as error:
            finish = "error"
            self._log.error("a run failed", run_id=live.record.id, error=repr(error), exc_info=True)
            live.fail("internal_error", "the gateway failed; its log says why")
        finally:
            await self._end(live, live.ending or finish)

    def _open(self, live: LiveRun) -> None:
        if live.stream.kept_events:
            # Something was said to the session since the run was admitted.
            live.conversation = None
        live.record.status, live.record.started_at = "running", self._sessions.now()
        live.record.model = self._turn.model_of(live)
        data = ChatStartedEvent(
            session_key=live.session.key,
            run_id=live.record.id,
            agent_id=live.agent.id,
            model=live.record.model,
        )
        if live.opening is not None:
            live.stream.say_soon_kept(chat_message, live.opening, live.record.id)
        live.stream.say_soon_kept(chat_started, data, live.record.id)

    async def _end(self, live: LiveRun, finish: FinishReason) -> None:
        """The last that a run does. It waits for the disk alone, which nothing cancels: see `Streams.keep`."""
        try:
            await self._endings.end(live, finish)
        except Exception:
            self._log.error("a run's end failed", run_id=live.record.id, exc_info=True)
        finally:
            self._lanes.leave(live)
            live.end()
            self._begin_next()

    def _stop(self, live: LiveRun, why: Ending) -> None:
        """End a run early. One that has not begun is ended here; one whose caller has no answer yet, when it has."""
        if live.ending is not None:
            return
        live.stop(why)
        if not live.started and live.released:
            self._tasks.start(self._end(live, why))

    async def stop_session(self, session_id: str) -> None:
        """Abort all runs of a session and wait until they have ended.

        A run whose caller has no answer yet ends when it has: waiting for it would be waiting for ourselves, where
        both calls stand in one batch.
        """
        for live in list(self._lanes.of(session_id)):
            self._stop(live, "aborted")
            if live.released:
                await live.wait()

    async def _find(self, principal: Principal, run_id: str) -> LiveRun | RunRecord:
        live = self._lanes.find(run_id)
        record = live.record if live is not None else await self._store.find_run(run_id)
        if (
            record is None
            or (record.user != principal.user and not principal.is_owner_admin)
            or not principal.may_enter(record.session_key)
        ):
            raise NotFound(f"there is no run {run_id!r}", field="runId")
        return live or record

    async def _find_again(self, principal: Principal, run_id: str) -> LiveRun | RunRecord:
        """A run that is this process's, or has ended."""
        found = await self._find(principal, run_id)
        if isinstance(found, RunRecord) and found.finished_at is None and not self._lanes.open:
            raise stopping()
        return found

    async def abort(self, principal: Principal, run_id: str) -> RunAborted:
        """Stop a run and wait for its final event.

        Raises:
            NotFound: there is none, or it is another user's. Unavailable: another process is to do it.
        """
        found = await self._find(principal, run_id)
        if isinstance(found, RunRecord) and found.finished_at is None and self._elsewhere is not None:
            if (aborted := await self._elsewhere.abort(principal, found)) is not None:
                return aborted
            found = await self._find_again(principal, run_id)
        if isinstance(found, RunRecord):
            return RunAborted(run_id=run_id, aborted=False, status=found.status)
        self._stop(found, "aborted")
        await found.wait()
        return RunAborted(run_id=run_id, aborted=found.record.status == "aborted", status=found.record.status)

    async def wait(self, principal: Principal, run_id: str, timeout_ms: int | None) -> RunState:
        """How a run stands when it has ended, or when the time is up.

        Raises:
            NotFound: there is none, or it is another user's. Unavailable: another process is to do it.
        """
        found = await self._find(principal, run_id)
        if isinstance(found, RunRecord) and found.finished_at is None and self._elsewhere is not None:
            if (state := await self._elsewhere.wait(principal, found, timeout_ms)) is not None:
                return state
            found = await self._find_again(principal, run_id)
        if isinstance(found, RunRecord):
            return state_of(found)
        with anyio.move_on_after(None if timeout_ms is None else timeout_ms / 1000):
            await found.wait()
        if found.left:
            raise stopping()
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
            LiveRunShown(run_id=live.record.id, status=live.record.status, text=live.told())
            for live in self._lanes.of(session_id)
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
