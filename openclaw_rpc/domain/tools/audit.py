"""The audit log: who used which dangerous tool, how it ended, and who allowed it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, cast

import anyio
import msgspec

from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.protocol.audit import AuditOutcome, AuditRecord, AuditVerdict
from openclaw_rpc.protocol.errors import GatewayError

MAX_TEXT: Final = 500
MAX_ITEMS: Final = 50
MAX_DEPTH: Final = 6
ENDING_SECONDS: Final = 5.0
"""How long the record of an act that was cancelled may take."""


class AuditQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which records, the newest first. ``before`` is a ``seq``; ``since`` <= at < ``until``."""

    limit: int
    before: int | None = None
    since: str | None = None
    until: str | None = None
    tool: str | None = None
    user: str | None = None
    outcome: AuditOutcome | None = None

    def wants(self, record: AuditRecord) -> bool:
        """Whether a record matches, its ``seq`` aside."""
        return (
            (self.since is None or record.at >= self.since)
            and (self.until is None or record.at < self.until)
            and (self.tool is None or record.tool == self.tool)
            and (self.user is None or record.user == self.user)
            and (self.outcome is None or record.outcome == self.outcome)
        )


class AuditLog(Protocol):
    """Records, each chained to the one before by its hash. Nothing is ever changed; only the oldest may be pruned."""

    async def append(self, record: AuditRecord) -> None:
        """Keep a record; it is on disk when this returns. ``seq`` and ``previous`` are given by the log.

        Raises:
            Unavailable: it could not be kept.
        """
        ...

    async def query(self, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
        """Records that match, the newest first, and the ``before`` of the next page where there is more.

        Raises:
            Unavailable: the log can't be read.
        """
        ...

    async def prune(self, before: str, limit: int) -> int:
        """Take away up to so many of the oldest records, those from before a time; how many.

        A signed head says where they ended, so that the others verify.

        Raises:
            Unavailable: those records are not as they were written, or the log can't be used; all are still there.
        """
        ...

    async def verify(self) -> AuditVerdict:
        """Whether every record is as it was written, and none is missing but those that were pruned.

        Raises:
            Unavailable: the log can't be read.
        """
        ...


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and within what."""

    user: str
    token: str = ""
    run_id: str = ""
    session_key: str = ""
    agent_id: str = ""
    call_id: str = ""
    approval_id: str = ""

    @classmethod
    def of_run(cls, context: RunContext, call_id: str = "", approval_id: str = "") -> Actor:
        """The agent of a run."""
        return cls(
            user=context.user,
            token=context.token,
            run_id=context.run_id,
            session_key=context.session_key,
            agent_id=context.agent_id,
            call_id=call_id,
            approval_id=approval_id,
        )

    @classmethod
    def of_principal(cls, principal: Principal) -> Actor:
        """Somebody who calls directly."""
        return cls(user=principal.user, token=principal.name)


class Auditor:
    """Writes down acts. ``redact`` takes secrets out of a tree of plain values, or of a text."""

    def __init__(self, log: AuditLog, clock: Clock, redact: Callable[[Any], Any], problems: Log) -> None:
        self._log = log
        self._clock = clock
        self._redact = redact
        self._problems = problems

    async def record(
        self,
        outcome: AuditOutcome,
        actor: Actor,
        tool: str = "",
        params: Any = None,
        *,
        reason: str = "",
        duration_ms: int | None = None,
    ) -> None:
        """Write down what happened.

        Raises:
            Unavailable: it could not be kept.
        """
        await self._log.append(
            AuditRecord(
                at=iso(self._clock.now()),
                outcome=outcome,
                tool=tool,
                params=None if params is None else self._redact(shortened(params)),
                params_digest="" if params is None else digest(params),
                reason=self._redact(reason[: 4 * MAX_TEXT])[:MAX_TEXT],
                duration_ms=duration_ms,
                **msgspec.structs.asdict(actor),
            )
        )

    async def note(self, outcome: AuditOutcome, actor: Actor, tool: str = "", params: Any = None, **more: Any) -> None:
        """As `record`, for what has happened already: bounded in time, also when cancelled; a failure is logged."""
        with anyio.move_on_after(ENDING_SECONDS, shield=True) as scope:
            try:
                await self.record(outcome, actor, tool, params, **more)
            except GatewayError as error:
                self._problems.error("an act could not be recorded", tool=tool, outcome=outcome, error=error.message)
        if scope.cancelled_caught:
            self._problems.error("an act could not be recorded", tool=tool, outcome=outcome, error="the disk is slow")

    @asynccontextmanager
    async def act(self, actor: Actor, tool: str, params: Any) -> AsyncGenerator[None]:
        """Around an act: it is on disk that it begins before it does, and how it ended afterwards.

        Raises:
            Unavailable: it could not be recorded that it begins; it must not.
        """
        await self.record("begun", actor, tool, params)
        began = time.monotonic()
        outcome: AuditOutcome = "cancelled"
        reason = ""
        try:
            yield
            outcome = "done"
        except GatewayError as error:
            outcome, reason = "failed", error.message
            raise
        except Exception as error:
            outcome, reason = "failed", type(error).__name__
            raise
        finally:
            passed = round((time.monotonic() - began) * 1000)
            await self.note(outcome, actor, tool, params, reason=reason, duration_ms=passed)


def canonical(params: Any) -> bytes:
    """Params as JSON that is the same for the same params, whatever the order of their fields."""
    return msgspec.json.encode(params, order="deterministic")


def digest(params: Any) -> str:
    """The SHA-256 of params, in hex."""
    return hashlib.sha256(canonical(params)).hexdigest()


def shortened(value: Any, depth: int = 0) -> Any:
    """A copy of plain values of bounded size: long texts and lists cut, what lies too deep left out."""
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else f"{value[:MAX_TEXT]}… ({len(value)} characters)"
    if isinstance(value, Mapping):
        if depth >= MAX_DEPTH:
            return "…"
        pairs = list(cast("Mapping[Any, Any]", value).items())[:MAX_ITEMS]
        return {str(key)[:MAX_TEXT]: shortened(item, depth + 1) for key, item in pairs}
    if isinstance(value, list | tuple):
        if depth >= MAX_DEPTH:
            return "…"
        return [shortened(item, depth + 1) for item in cast("Sequence[Any]", value)[:MAX_ITEMS]]
    return value
