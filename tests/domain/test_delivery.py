"""The loop that sends what was kept to be sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from openclaw_rpc.domain.clock import SystemClock, iso
from openclaw_rpc.domain.delivery import AT_ONCE, DELIVERED, DeliveryLoop, SendOutcome
from openclaw_rpc.domain.events.change import Change, Delivery, DeliveryKind
from tests.support.logs import ListLog
from tests.support.volatile.store import VolatileStore


class Sender:
    """Sends to targets of which those called `hang…` never answer."""

    kind: DeliveryKind = "webhook"
    per_target = 2

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.sent: list[str] = []
        self.outcomes: list[SendOutcome] = []
        self.changed = anyio.Event()

    async def send(self, delivery: Delivery) -> SendOutcome:
        self.begun.append(delivery.id)
        if delivery.target.startswith("hang"):
            await anyio.sleep_forever()
        self.sent.append(delivery.id)
        self.changed.set()
        self.changed = anyio.Event()
        return self.outcomes.pop(0) if self.outcomes else DELIVERED

    def broken_off(self, delivery: Delivery) -> SendOutcome:
        return SendOutcome(status="unknown", error="broken off")

    async def until_sent(self, count: int) -> None:
        with anyio.fail_after(20):
            while len(self.sent) < count:
                await self.changed.wait()


@asynccontextmanager
async def sending(store: VolatileStore, sender: Sender) -> AsyncGenerator[DeliveryLoop]:
    outbox = DeliveryLoop(store.deliveries, sender, SystemClock(), ListLog())
    async with anyio.create_task_group() as group:
        group.start_soon(outbox.serve)
        yield outbox
        group.cancel_scope.cancel()


async def keep(store: VolatileStore, *names: str) -> None:
    """Keep deliveries, each named ``TARGET/LANE``."""
    now = iso(0)
    made = [
        Delivery(id=name, kind="webhook", target=target, lane=lane, body=b"", created_at=now, next_at=now)
        for name in names
        for target, _, lane in (name.partition("/"),)
    ]
    await store.commit(Change(deliveries=made))


async def test_however_many_hang_they_hold_up_no_other() -> None:
    store, sender = VolatileStore(), Sender()
    await keep(store, *(f"hang{n}/" for n in range(AT_ONCE + 10)))
    async with sending(store, sender) as outbox:
        await keep(store, "other/")
        outbox.wake()
        await sender.until_sent(1)
        await keep(store, "another/")
        outbox.wake()
        await sender.until_sent(2)
    assert sender.sent == ["other/", "another/"]


async def test_one_that_hangs_takes_no_more_than_its_places() -> None:
    store, sender = VolatileStore(), Sender()
    await keep(store, *(f"hang/{n}" for n in range(10)))
    async with sending(store, sender) as outbox:
        await keep(store, "other/")
        outbox.wake()
        await sender.until_sent(1)
    assert sum(name.startswith("hang") for name in sender.begun) == sender.per_target


async def test_a_target_that_asks_for_a_pause_for_everything_is_left_alone() -> None:
    store, sender = VolatileStore(), Sender()
    sender.outcomes = [SendOutcome(status="later", seconds=3600, everything=True)]
    await keep(store, "limited/a")
    async with sending(store, sender) as outbox:
        await sender.until_sent(1)
        await keep(store, "limited/b", "other/")
        outbox.wake()
        await sender.until_sent(2)
    assert sender.sent == ["limited/a", "other/"]


async def test_what_was_on_its_way_when_the_process_died_is_settled_first() -> None:
    store, sender = VolatileStore(), Sender()
    await keep(store, "target/a", "target/b")
    await store.deliveries.claim("webhook", iso(10), 1, per_target=1)
    async with sending(store, sender):
        await sender.until_sent(1)
    assert sender.sent == ["target/b"]
    broken = await store.deliveries.find("target/a")
    assert broken is not None
    assert (broken.status, broken.last_error) == ("unknown", "broken off")
