"""Calls that wait until a human agrees: each bound to the exact call, usable once, for a limited time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol, cast

import anyio
import msgspec

from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.tools import schema
from openclaw_rpc.domain.tools.audit import Actor, Auditor, canonical, digest
from openclaw_rpc.domain.tools.pin import PinGuard
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InvalidRequest, NotFound, Unavailable
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.protocol.tool import (
    ApprovalInfo,
    ApprovalOutcome,
    ToolDecidedEvent,
    tool_approval,
    tool_decided,
)

MAX_WAITING: Final = 100
"""How many calls of one user may wait at a time."""


class Grant:
    """A human's yes to one call. ``params`` are those that were shown; nothing can have changed them since.

    ``content`` is what was answered besides, to a question.
    """

    def __init__(self, run_id: str, tool: str, params: bytes, content: JsonObject) -> None:
        self.content = content
        self._bound = run_id, tool, digest(msgspec.json.decode(params))
        self._params = params
        self._spent = False

    def redeem(self, run_id: str, tool: str, params: JsonObject) -> JsonObject:
        """Use it up: the params to act with, for exactly the call that was agreed to.

        Raises:
            Forbidden: it is another call (``other_call``), or was used before (``used``).
        """
        if (run_id, tool, digest(params)) != self._bound:
            raise Forbidden("another call was approved, not this one", reason="other_call")
        if self._spent:
            raise Forbidden("the approval was used already", reason="used")
        self._spent = True
        return msgspec.json.decode(self._params)


class WaitingCall(msgspec.Struct, kw_only=True, frozen=True):
    """A call that waits, as it is kept: a crash must not make it disappear without a word."""

    info: ApprovalInfo
    session_id: str
    actor: Actor


class ApprovalStore(Protocol):
    """The calls that wait.

    Every method may raise ``Unavailable`` where the disk is full or fails.
    """

    async def put(self, call: WaitingCall) -> None:
        """Keep a call."""
        ...

    async def remove(self, approval_id: str) -> None:
        """It does not wait any more."""
        ...

    async def all(self) -> list[WaitingCall]:
        """Those that wait: at start, what the last process left behind, the oldest first."""
        ...


class _Waiting:
    """A call that waits. ``outcome`` is there once it was decided."""

    def __init__(self, info: ApprovalInfo, session_id: str, actor: Actor) -> None:
        self.info = info
        self.session_id = session_id
        self.actor = actor
        self.outcome: ApprovalOutcome | None = None
        self.reason: str | None = None
        self.content: JsonObject = {}
        self.decided = anyio.Event()

    def kept(self) -> WaitingCall:
        return WaitingCall(info=self.info, session_id=self.session_id, actor=self.actor)

    def decide(self, outcome: ApprovalOutcome, reason: str | None = None) -> None:
        self.outcome, self.reason = outcome, reason
        self.decided.set()


class Approvals:
    """Asks humans, and hears their answers. ``seconds`` answers how long a call may wait."""

    def __init__(
        self,
        store: ApprovalStore,
        streams: Streams,
        bus: Bus,
        pins: PinGuard,
        auditor: Auditor,
        clock: Clock,
        seconds: Callable[[], float],
    ) -> None:
        self._store = store
        self._streams = streams
        self._bus = bus
        self._pins = pins
        self._auditor = auditor
        self._clock = clock
        self._seconds = seconds
        self._waiting: dict[str, _Waiting] = {}
        self.shared = False
        """Whether other processes of the gateway have calls that wait, too: the store knows of them."""

    async def ask(
        self,
        context: RunContext,
        call_id: str,
        tool: str,
        params: JsonObject,
        *,
        needs_pin: bool,
        read: Sequence[str] = (),
        asks: JsonObject | None = None,
    ) -> Grant:
        """Wait until somebody agrees to a call. ``read`` is what its run read from outside, ``asks`` a schema of what
        is to be answered besides.

        Raises:
            Forbidden: somebody refused it (``denied``), nobody answered in time (``approval_expired``), nobody could
                agree (``pin_not_set``), or too many calls wait already (``too_many``).
            Unavailable: it can't be told or recorded that the call waits.
        """
        if needs_pin:
            await self._pins.require_set()
        if sum(one.info.user == context.user for one in self._waiting.values()) >= MAX_WAITING:
            raise Forbidden("too many calls wait for approval already", reason="too_many")
        shown, seconds = canonical(params), self._seconds()
        waiting = self._register(context, call_id, tool, msgspec.json.decode(shown), needs_pin, seconds, read, asks)
        try:
            with anyio.move_on_after(seconds):
                await self._auditor.record("asked", waiting.actor, tool, waiting.info.params)
                await self._store.put(waiting.kept())
                await self._tell(waiting, tool_approval, waiting.info)
                await waiting.decided.wait()
            if self._waiting.pop(waiting.info.approval_id, None) is not None:
                waiting.decide("expired")
                await self._auditor.note("expired", waiting.actor, tool, waiting.info.params)
            # Somebody took it up in the last moment: their answer counts.
            await waiting.decided.wait()
        finally:
            await self._conclude(waiting)
        if waiting.outcome == "approved":
            return Grant(context.run_id, tool, shown, waiting.content)
        if waiting.outcome == "expired":
            raise Forbidden(f"{tool}: not approved in time", reason="approval_expired")
        why = f": {waiting.reason}" if waiting.reason else ""
        raise Forbidden(f"{tool}: a human refused the call{why}", reason="denied")

    def _register(
        self,
        context: RunContext,
        call_id: str,
        tool: str,
        params: JsonObject,
        needs_pin: bool,
        seconds: float,
        read: Sequence[str],
        asks: JsonObject | None,
    ) -> _Waiting:
        now = self._clock.now()
        info = ApprovalInfo(
            approval_id=new_id("apr"),
            run_id=context.run_id,
            session_key=context.session_key,
            agent_id=context.agent_id,
            user=context.user,
            call_id=call_id,
            read=list(read),
            asks=asks,
            tool=tool,
            params=params,
            needs_pin=needs_pin,
            created_at=iso(now),
            expires_at=iso(now + seconds),
        )
        waiting = _Waiting(info, context.session_id, Actor.of_run(context, call_id, info.approval_id))
        self._waiting[info.approval_id] = waiting
        return waiting

    async def _conclude(self, waiting: _Waiting) -> None:
        """Tell how it ended; a run that ends while it waits takes its call along."""
        info = waiting.info
        withdrawn = waiting.outcome is None
        if withdrawn:
            self._waiting.pop(info.approval_id, None)
            waiting.decide("cancelled")
        with anyio.CancelScope(shield=True):
            if withdrawn:
                await self._auditor.note("withdrawn", waiting.actor, info.tool, info.params)
            with suppress(GatewayError):  # a restart removes it as well
                await self._store.remove(info.approval_id)
            data = ToolDecidedEvent(
                approval_id=info.approval_id,
                run_id=info.run_id,
                session_key=info.session_key,
                tool=info.tool,
                outcome=waiting.outcome or "cancelled",
                reason=waiting.reason,
            )
            try:
                await self._tell(waiting, tool_decided, data)
            except GatewayError:
                # The decision stands, and `tool.pending` shows it; that it could not be told changes nothing.
                return

    async def recover(self, run_id: str | None = None) -> None:
        """Withdraw the calls that waited when the last process ended, and their runs with it; or those of one run."""
        for call in await self._store.all():
            if run_id is not None and call.info.run_id != run_id:
                continue
            waiting = _Waiting(call.info, call.session_id, call.actor)
            waiting.reason = "the gateway stopped"
            await self._conclude(waiting)

    async def _tell(self, waiting: _Waiting, row: Event[Any], data: msgspec.Struct) -> None:
        stream = self._streams.find(waiting.session_id)
        if stream is None:
            # Its session is not in memory: it is told, but is no part of the session's numbered history.
            info = waiting.info
            self._bus.publish(Published(row, data, info.user, waiting.session_id, info.run_id))
            return
        await self._streams.keep(stream, ((row, data),), run_id=waiting.info.run_id)

    async def pending(self, principal: Principal) -> list[ApprovalInfo]:
        """The calls that wait and that the principal may decide about, the oldest first."""
        waiting = [call.info for call in await self._store.all()] if self.shared else self._own()
        return [info for info in waiting if _sees(principal, info)]

    def _own(self) -> list[ApprovalInfo]:
        return [one.info for one in self._waiting.values()]

    async def elsewhere(self, principal: Principal, approval_id: str) -> ApprovalInfo | None:
        """A call that waits, but in another process."""
        if approval_id in self._waiting:
            return None
        found = (call.info for call in await self._store.all() if call.info.approval_id == approval_id)
        return next((info for info in found if _sees(principal, info)), None)

    async def approve(
        self, principal: Principal, approval_id: str, pin: str | None, content: JsonObject | None = None
    ) -> None:
        """Agree to a call, or answer a question with ``content``. It begins once that is recorded.

        Raises:
            InvalidRequest: the answer is not what was asked for; it goes on waiting.
            NotFound: no such call waits any more, or it is another user's.
            Forbidden: it needs the PIN, as `PinGuard.require` says; it goes on waiting.
            Unavailable: the yes could not be recorded; the call is refused.
        """
        waiting = self._find(principal, approval_id)
        answer = _answer(waiting.info, content)
        actor = msgspec.structs.replace(waiting.actor, token=principal.name)
        if waiting.info.needs_pin:
            await self._pins.check(principal, pin, waiting.info.tool, actor)
        waiting.content = answer
        await self._decide(principal, approval_id, actor, "approved")

    async def deny(self, principal: Principal, approval_id: str, reason: str | None) -> None:
        """Refuse a call.

        Raises:
            NotFound: no such call waits any more, or it is another user's.
        """
        waiting = self._find(principal, approval_id)
        actor = msgspec.structs.replace(waiting.actor, token=principal.name)
        await self._decide(principal, approval_id, actor, "denied", reason)

    async def _decide(
        self,
        principal: Principal,
        approval_id: str,
        actor: Actor,
        outcome: ApprovalOutcome,
        reason: str | None = None,
    ) -> None:
        # Looked for again: checking a PIN takes time, in which somebody else may have decided.
        info = self._find(principal, approval_id).info
        waiting = self._waiting.pop(approval_id)
        decision = "approved" if outcome == "approved" else "denied"
        # Whoever took a call up decides about it, even if they go away: it must not wait for ever.
        with anyio.CancelScope(shield=True):
            try:
                await self._auditor.record(decision, actor, info.tool, info.params, reason=reason or "")
            except Unavailable:
                waiting.decide("denied", "it could not be recorded")
                raise
            waiting.decide(outcome, reason)

    def _find(self, principal: Principal, approval_id: str) -> _Waiting:
        waiting = self._waiting.get(approval_id)
        if waiting is None or not _sees(principal, waiting.info):
            raise NotFound("no such call waits for approval", field="approvalId")
        return waiting


def _answer(info: ApprovalInfo, content: JsonObject | None) -> JsonObject:
    """What is answered to a question, with the defaults that it names.

    Raises:
        InvalidRequest: it is not what was asked for, or nothing was.
    """
    if info.asks is None:
        if content is not None:
            raise InvalidRequest("nothing was asked that content could answer", field="content")
        return {}
    answer: JsonObject = {}
    fields = info.asks.get("properties")
    for name, rule in cast("JsonObject", fields).items() if isinstance(fields, dict) else ():
        if isinstance(rule, dict) and "default" in rule:
            answer[name] = rule["default"]
    answer |= content or {}
    try:
        schema.check("the answer", info.asks, answer)
    except InvalidRequest as error:
        error.field = f"content.{error.field}" if error.field else "content"
        raise
    return answer


def _sees(principal: Principal, info: ApprovalInfo) -> bool:
    return principal.is_owner_admin or principal.user == info.user
