"""The outbox: what is kept to be sent is claimed, sent, and settled, whatever becomes of the gateway meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup

from openclaw_rpc.domain.backoff import backoff
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.events.change import Delivery, DeliveryKind
from openclaw_rpc.domain.ports import Deliveries, Log
from openclaw_rpc.protocol.errors import GatewayError

AT_ONCE: Final = 64
"""How many deliveries of a kind are begun at a time; of a target there are ``per_target`` on their way at most."""
LONG_SECONDS: Final = 0.5
"""What is on its way for longer waits for the other side, and no longer takes a place from others."""
PAGE: Final = 500
LOOK_SECONDS: Final = 30.0
"""The longest sleep: another process may have kept something."""


class SendOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sending: ``later`` tries again after ``seconds``, holding back ``everything`` of its target."""

    status: Literal["delivered", "later", "dead", "unknown"]
    error: str | None = None
    seconds: float = 0.0
    everything: bool = False


DELIVERED: Final = SendOutcome(status="delivered")


class Sender(Protocol):
    """Sends deliveries of one kind. ``per_target``: how many of one target are on their way at a time."""

    kind: DeliveryKind
    per_target: int

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Send it. What it raises is logged, and counts as a failure to be tried again later."""
        ...

    def broken_off(self, delivery: Delivery) -> SendOutcome:
        """What becomes of one that was on its way when its process died."""
        ...


class DeliveryLoop:
    """Sends what is due of one kind: in order within a lane, lanes and targets side by side."""

    def __init__(self, deliveries: Deliveries, sender: Sender, clock: Clock, log: Log) -> None:
        self._deliveries = deliveries
        self._sender = sender
        self._clock = clock
        self._log = log
        self.dead = 0
        """How many failed for good since the start."""
        self._wake = anyio.Event()
        self._began: dict[str, float] = {}
        self._held: dict[str, float] = {}

    def wake(self) -> None:
        """Something was kept: look for it now."""
        self._wake.set()

    async def serve(self) -> None:
        """Send until cancelled."""
        await self.recover()
        pauses = backoff(0.5, LOOK_SECONDS)
        async with anyio.create_task_group() as group:
            while True:
                try:
                    await self._round(group)
                    pauses = backoff(0.5, LOOK_SECONDS)
                except GatewayError as error:
                    self._log.error("what is to be sent can't be read", kind=self._sender.kind, error=error.message)
                    await anyio.sleep(next(pauses))

    async def recover(self) -> None:
        """Settle what was on its way when its process died."""
        while True:
            found = await self._deliveries.broken_off(self._sender.kind, PAGE)
            for delivery in found:
                await self._settle(delivery, self._sender.broken_off(delivery))
            if len(found) < PAGE:
                return

    async def _round(self, group: TaskGroup) -> None:
        """Begin what is due, then wait for more."""
        self._wake = anyio.Event()
        since = self._clock.monotonic() - LONG_SECONDS
        room = AT_ONCE - sum(began > since for began in self._began.values())
        coming: str | None = None
        if room > 0:
            now = iso(self._clock.now())
            due, coming = await self._deliveries.claim(self._sender.kind, now, room, per_target=self._sender.per_target)
            for delivery in due:
                self._began[delivery.id] = self._clock.monotonic()
                group.start_soon(self._send, delivery)
            room -= len(due)
        pause = LOOK_SECONDS if room > 0 else LONG_SECONDS
        if coming is not None:
            pause = min(pause, max(0.0, seconds_of(coming) - self._clock.now()))
        with anyio.move_on_after(pause):
            await self._wake.wait()

    async def _send(self, delivery: Delivery) -> None:
        try:
            await self._settle(delivery, await self._outcome(delivery))
        finally:
            del self._began[delivery.id]
            self._wake.set()

    async def _outcome(self, delivery: Delivery) -> SendOutcome:
        held = self._held.get(delivery.target, 0.0) - self._clock.now()
        if held > 0:
            return SendOutcome(status="later", error=delivery.last_error, seconds=held)
        try:
            outcome = await self._sender.send(delivery)
        except Exception as error:
            self._log.error("sending failed", kind=delivery.kind, target=delivery.target, exc_info=True)
            outcome = SendOutcome(status="later", error=type(error).__name__, seconds=60.0)
        if outcome.everything:
            self._held[delivery.target] = self._clock.now() + outcome.seconds
        return outcome

    async def _settle(self, delivery: Delivery, outcome: SendOutcome) -> None:
        """Keep what came of it, however long the disk refuses: it was sent."""
        if outcome.status == "dead":
            self.dead += 1
            self._log.warning(
                "a delivery failed for good", kind=delivery.kind, target=delivery.target, error=outcome.error
            )
        next_at = iso(self._clock.now() + outcome.seconds) if outcome.status == "later" else None
        pauses = backoff(0.5, LOOK_SECONDS)
        while True:
            try:
                await self._deliveries.settle(
                    delivery.id,
                    "pending" if outcome.status == "later" else outcome.status,
                    next_at=next_at,
                    error=outcome.error,
                )
                return
            except GatewayError as error:
                self._log.error("what was sent can't be kept", kind=delivery.kind, error=error.message)
                await anyio.sleep(next(pauses))


def seconds_of(time: str) -> float:
    """A kept time in s since 1970."""
    return datetime.fromisoformat(time).timestamp()
