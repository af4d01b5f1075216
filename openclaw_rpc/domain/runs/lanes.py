"""Who waits for whom: the runs of one session go one after another, and only so many run at a time."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Literal, Protocol

from openclaw_rpc.domain.runs.live import LiveRun
from openclaw_rpc.protocol.errors import Conflict, Unavailable

BUSY_SECONDS = 5
"""When whoever was refused may come again."""


class RunLimits(Protocol):
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

    @property
    def on_crash(self) -> Literal["interrupt", "retry"]:
        """What becomes of a run that has used no tool when its process dies."""
        ...


class Lanes:
    """All runs that are in memory: a lane for each session, and those that are first in theirs and wait for a place.

    What one run does costs the same however many others there are. A session whose run ended waits behind the others.
    """

    def __init__(self, settings: RunLimits) -> None:
        self.settings = settings
        self.open = False
        """Whether more may come in."""
        self.running = 0
        self._runs: dict[str, LiveRun] = {}
        self._lanes: dict[str, deque[LiveRun]] = {}
        self._ready: OrderedDict[str, LiveRun] = OrderedDict()

    def __len__(self) -> int:
        return len(self._runs)

    def find(self, run_id: str) -> LiveRun | None:
        """A run that is in memory."""
        return self._runs.get(run_id)

    def every(self) -> list[LiveRun]:
        """All of them, in the order they came."""
        return list(self._runs.values())

    def of(self, session_id: str) -> Sequence[LiveRun]:
        """The runs of a session, the first one first."""
        return self._lanes.get(session_id, ())

    def refuse_when_full(self, live: LiveRun | None = None) -> None:
        """Refuse a run where as many wait as may, or where its session is busy and it does not want to wait.

        Raises:
            Unavailable: too many runs wait, or the gateway is stopping. Conflict: the session is busy.
        """
        if not self.open:
            raise stopping()
        settings, count = self.settings, len(self._runs)
        full = count >= settings.max_running + settings.max_queued
        if not full and live is not None and live.session.id in self._lanes:
            reject = live.params.options.if_busy == "reject"
            full = count - len(self._lanes) >= settings.max_queued
            if (full or reject) and self._has_key_of(live):
                return
            if reject:
                raise Conflict("the session has a run already", field="options.ifBusy", reason="busy")
        if full:
            raise Unavailable("too many runs are waiting", reason="busy", retryAfter=BUSY_SECONDS)

    def _has_key_of(self, live: LiveRun) -> bool:
        """Whether a run has the idempotency key of one in its lane: then the store says that it is no further run."""
        key = live.record.idempotency_key
        return key is not None and any(other.record.idempotency_key == key for other in self.of(live.session.id))

    def enter(self, live: LiveRun) -> None:
        """Put a run behind those of its session."""
        self._runs[live.record.id] = live
        lane = self._lanes.get(live.session.id)
        if lane is None:
            lane = self._lanes[live.session.id] = deque()
        lane.append(live)
        live.stream.holders += 1

    def waits(self, live: LiveRun) -> bool:
        """Whether it can't begin now."""
        return self.running >= self.settings.max_running or self._lanes[live.session.id][0] is not live

    def release(self, live: LiveRun) -> None:
        """Let a run begin when it is its turn."""
        live.released = True
        if self._lanes[live.session.id][0] is live:
            self._ready[live.record.id] = live

    def next(self) -> LiveRun | None:
        """A run that is to begin now, and counts as running."""
        while self._ready and self.running < self.settings.max_running:
            _, live = self._ready.popitem(last=False)
            if live.ending is None:
                live.started = True
                self.running += 1
                return live
        return None

    def leave(self, live: LiveRun) -> None:
        """Take a run out, which makes way for the next of its session."""
        del self._runs[live.record.id]
        self._ready.pop(live.record.id, None)
        self.running -= live.started
        live.stream.holders -= 1
        lane = self._lanes[live.session.id]
        lane.remove(live)
        if not lane:
            del self._lanes[live.session.id]
        elif lane[0].released and not lane[0].started:
            self._ready[lane[0].record.id] = lane[0]


def stopping() -> Unavailable:
    """This process begins nothing more."""
    return Unavailable("the gateway is stopping", reason="stopping", retryAfter=BUSY_SECONDS)
