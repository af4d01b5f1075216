"""What is kept for a time only: looked through once in a while, and forgotten a little at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

import anyio
import msgspec
from msgspec import Meta

from openclaw_rpc.domain.clock import Clock, iso, parse_duration
from openclaw_rpc.domain.events.change import Change, Claim
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.audit import AuditLog
from openclaw_rpc.protocol.audit import AuditRecord
from openclaw_rpc.protocol.errors import AlreadyClaimed, GatewayError

AT_ONCE: Final = 200
"""How many sessions, or rows of usage, are forgotten in one write: others' writes come in between."""
PRUNED: Final = "retention.audit"
"""What the audit log calls its own pruning."""

Duration = Annotated[
    str,
    Meta(
        pattern="^[1-9][0-9]{0,8}[smhdw]$",
        max_length=10,
        description="A number and s, m, h, d or w",
        examples=["90d"],
    ),
]


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section `retention` of `gateway.yaml`: how long things are kept, like `90d`; what is not set is kept."""

    sessions: Annotated[Duration, Meta(description="A session, with all that is in it, after its last use.")] | None = (
        None
    )
    events: (
        Annotated[
            Duration, Meta(description="A session's events after its last use; its messages stay, streams begin anew.")
        ]
        | None
    ) = None
    usage: Annotated[Duration, Meta(description="What each request to a model used.")] | None = None
    logs: Annotated[Duration, Meta(description="The lines of the log's files.")] | None = None
    audit: (
        Annotated[Duration, Meta(description="The audit log's records; a signed head has the others verify.")] | None
    ) = None
    check_every: Annotated[Duration, Meta(description="How often to look for what was kept long enough.")] = "1h"

    def limits(self) -> dict[str, int]:
        """How many seconds each kind is kept, of those that are not kept for good."""
        chosen = {kind: getattr(self, kind) for kind in ("sessions", "events", "usage", "logs", "audit")}
        return {kind: parse_duration(text, f"retention.{kind}") for kind, text in chosen.items() if text is not None}


class RetentionStore(Protocol):
    """What forgets. Every write is durable when it returns."""

    async def quiet_sessions(self, before: str, limit: int) -> list[SessionRecord]:
        """Sessions that were last used before a time, the first made first."""
        ...

    async def delete_quiet(self, session_id: str, before: str) -> bool:
        """Delete a session as ``Store.delete_session`` does, unless it was used since."""
        ...

    async def drop_events(self, before: str, limit: int) -> int:
        """Remove the events of up to so many sessions that were last used before a time; of how many there were."""
        ...

    async def drop_usage(self, before: str, limit: int) -> int:
        """Remove up to so many rows of usage from before a time; how many there were."""
        ...


@dataclass(frozen=True, kw_only=True)
class Forgettable:
    """Where things lie that are forgotten.

    ``audit``: how much of it goes is written there as well. ``prune_logs`` takes the lines from before a time out of
    the log's files, and answers how many.
    """

    store: Store
    kept: RetentionStore
    audit: AuditLog
    prune_logs: Callable[[str], Awaitable[int]]


class Retention:
    """Forgets what is over.

    Args:
        places: Where things lie.
        sessions: Tells of those that go.
        busy: Whether a session has runs.
    """

    def __init__(
        self,
        settings: RetentionSettings,
        places: Forgettable,
        sessions: Sessions,
        busy: Callable[[str], bool],
        clock: Clock,
        log: Log,
    ) -> None:
        self._settings = settings
        self._places = places
        self._sessions = sessions
        self._busy = busy
        self._clock = clock
        self._log = log
        self._changed = anyio.Event()

    def apply(self, settings: RetentionSettings) -> None:
        """Take what changed in the configuration; it holds at once."""
        if settings != self._settings:
            self._settings = settings
            self._changed.set()

    async def serve(self) -> None:
        """Look through everything, again and again."""
        while True:
            self._changed = anyio.Event()
            await self.look()
            with anyio.move_on_after(parse_duration(self._settings.check_every)):
                await self._changed.wait()

    async def look(self) -> dict[str, int]:
        """Forget what is over now; of several gateways with one database, one does. Answers how much of each kind."""
        limits = self._settings.limits()
        if not limits:
            return {}
        forgotten: dict[str, int] = {}
        # A log's files are each node's own.
        if (seconds := limits.pop("logs", None)) is not None:
            forgotten["logs"] = await self._places.prune_logs(self._ago(seconds))
        if limits and await self._mine():
            for kind, seconds in limits.items():
                try:
                    forgotten[kind] = await self._forget(kind, self._ago(seconds))
                except GatewayError as error:
                    # The others go on; this one is tried again the next time.
                    self._log.error("what was kept long enough could not be removed", kind=kind, error=error.message)
        if any(forgotten.values()):
            self._log.info("removed what was kept long enough", **forgotten)
        return forgotten

    async def _mine(self) -> bool:
        """Whether nobody else looked since, with the same settings."""
        slot = int(self._clock.now() / parse_duration(self._settings.check_every))
        settings = hashlib.sha256(msgspec.json.encode(self._settings)).hexdigest()[:16]
        claim = Claim(name="retention", key=f"{slot}:{settings}", at=iso(self._clock.now()))
        try:
            await self._places.store.commit(Change(claims=[claim]))
        except AlreadyClaimed:
            return False
        return True

    def _ago(self, seconds: int) -> str:
        # Nothing that is kept is older than 1970.
        return iso(max(0.0, self._clock.now() - seconds))

    async def _forget(self, kind: str, before: str) -> int:
        match kind:
            case "sessions":
                return await self._forget_sessions(before)
            case "events":
                return await _all(self._places.kept.drop_events, before)
            case "usage":
                return await _all(self._places.kept.drop_usage, before)
            case _:
                return await self._forget_audit(before)

    async def _forget_sessions(self, before: str) -> int:
        forgotten = 0
        while True:
            gone = 0
            for record in await self._places.kept.quiet_sessions(before, AT_ONCE):
                if not self._busy(record.id) and await self._places.kept.delete_quiet(record.id, before):
                    self._sessions.forgotten(record)
                    gone += 1
            forgotten += gone
            if not gone:
                return forgotten

    async def _forget_audit(self, before: str) -> int:
        pruned = await _all(self._places.audit.prune, before)
        if pruned:
            params = {"before": before, "records": pruned}
            record = AuditRecord(at=iso(self._clock.now()), user="", outcome="done", tool=PRUNED, params=params)
            await self._places.audit.append(record)
        return pruned


async def _all(drop: Callable[[str, int], Awaitable[int]], before: str) -> int:
    dropped = 0
    while done := await drop(before, AT_ONCE):
        dropped += done
    return dropped
