"""Buses of several nodes that hear each other through Redis, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.redis.bus import RedisBus
from openclaw_rpc.adapters.redis.link import RedisLink
from openclaw_rpc.domain.events.bus import Filter, Unsubscribe
from openclaw_rpc.domain.events.published import EventListener, Published
from openclaw_rpc.domain.nodes.wire import CallRequest, Wire
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.method import Event
from tests.support.gateway import Client, settings
from tests.support.redis import Server
from tests.support.upstream import Upstream


@asynccontextmanager
async def linked(server: Server, prefix: str, node: str, *, port: int | None = None) -> AsyncGenerator[RedisLink]:
    """A link that is served; by another port where the line to the server is one of ours."""
    link = RedisLink(f"redis://127.0.0.1:{port or server.port}/0", prefix, node)
    task = asyncio.create_task(link.serve())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.wait([task])
        await link.close()


async def until_linked(*links: RedisLink) -> None:
    """Wait until links work."""
    with anyio.fail_after(10):
        while not all(link.answers for link in links):  # noqa: ASYNC110
            await anyio.sleep(0.005)


class Node:
    """A node of which there is a bus and nothing else."""

    def __init__(self, link: RedisLink) -> None:
        self.wire = Wire(link, link.node)
        self.bus = RedisBus(MemoryBus(), self.wire, table.events())


class Across:
    """A bus that is spoken to on one node, and listened to on another."""

    def __init__(self, speaker: Node, hearer: Node) -> None:
        self._speaker = speaker
        self._hearer = hearer
        self._waiting: list[Published] = []
        self._task: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()
        speaker.wire.on(CallRequest, lambda _: self._heard.set())

    def publish(self, event: Published) -> None:
        """Once the speaker knows what the hearer wants."""
        self._waiting.append(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._publish())

    async def _publish(self) -> None:
        # Messages keep their order: when this one has come, so has whatever the hearer said before.
        self._heard.clear()
        self._hearer.wire.send(self._speaker.wire.node, CallRequest("hearer", "1", "settled", b""))
        with anyio.fail_after(10):
            await self._heard.wait()
        while self._waiting:
            self._speaker.bus.publish(self._waiting.pop(0))

    def subscribe(self, which: Filter, listener: EventListener) -> Unsubscribe:
        """On the hearer's node."""
        return self._hearer.bus.everywhere.subscribe(which, listener)

    def wanted(self, row: Event[Any], session_id: str = "") -> bool:
        """By anybody on the hearer's node."""
        return self._hearer.bus.everywhere.wanted(row, session_id)


def config(upstream: Upstream, shared: dict[str, Any], node: str, lease: float = 20) -> dict[str, Any]:
    """A node's. All of them share this process: one that is late must not be taken for dead by the others."""
    return {**settings(upstream.url), **shared, "cluster": {"node": node, "lease_seconds": lease}}


async def seen(client: Client, nodes: set[str]) -> Any:
    """The status, once a node knows of all others: it looks with each of its beats."""
    with anyio.fail_after(30):
        while True:
            status = await client.result("system.status")
            if {each["node"] for each in status["nodes"]} == nodes:
                return status
            await anyio.sleep(0.05)
