"""Being one of several nodes: alive as long as the store says so, silent in time, and mindful of the dead."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import anyio

from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.domain.nodes.ports import NameTaken, NodeSeen, NodeState, NodeStore, NotMember
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import GatewayError

MARGIN_SECONDS: Final = 0.5
"""How long before its lease is over a node falls silent that could not renew it."""
BEATS: Final = 4
BEAT_SECONDS: Final = 1.0
"""How often in its lease a node beats, and how far apart its beats are at most."""
NAME_SECONDS: Final = 2.0
"""How much longer than a lease is waited for the last node of this name to be taken for dead."""
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_time() -> float:
    """Seconds that the machine has been on, also while it slept."""
    return time.clock_gettime(_CLOCK)


class Membership:
    """This process among the nodes of its gateway.

    ``name`` is its own, ``state`` answers what it says of itself. ``number`` is given out at each start, so that
    nothing of an earlier life counts.
    """

    def __init__(self, store: NodeStore, name: str, lease: float, state: Callable[[], NodeState], log: Log) -> None:
        self.name = name
        self.number = 0
        self.seen: list[NodeSeen] = []
        """All nodes, as of the last beat; those that are gone for an hour."""
        self.led = anyio.Event()
        """Set once this is the oldest node, which does what one of them has to do; that ends with its life alone."""
        self.renewed: Callable[[], None] = _nothing
        """Called with each beat that was kept."""
        self.posted: Callable[[], None] = _nothing
        """Called when others left something in the store for this node."""
        self.gone: Callable[[int], None] = _nobody
        """Called when a node left, or was taken for dead."""
        self.take_over: Callable[[], None] = _nothing
        """Called when there may be something that dead nodes left undone."""
        self.fenced: Callable[[], None] = _nothing
        """Called once the others took this node for dead."""
        self._store = store
        self._lease = lease
        self._state = state
        self._log = log
        self._renewed = 0.0
        self._uninterrupted: float | None = None

    @property
    def lapsed(self) -> bool:
        """Whether others may soon take this node for dead: until it is renewed, nothing may be told."""
        return boot_time() - self._renewed > self._lease - MARGIN_SECONDS

    @property
    def others(self) -> set[int]:
        """The other nodes that are alive, as of the last beat."""
        return {node.number for node in self.seen if node.living and node.number != self.number}

    @property
    def leader(self) -> int:
        """The node that does what one of them has to do, as of the last beat: the oldest."""
        return min(self.others | {self.number})

    def lives(self, number: int) -> bool:
        """Whether a node is alive, as far as is known; one that came since the last beat is."""
        if number > max((node.number for node in self.seen), default=0):
            return True
        return any(node.living and node.number == number for node in self.seen)

    async def join(self) -> None:
        """Become a node.

        Raises:
            StorageUnusable: a node of this name is alive.
        """
        with anyio.move_on_after(self._lease + NAME_SECONDS):
            while True:
                try:
                    began = boot_time()
                    self.number = await self._store.join(self.name, self._lease, self._state())
                    self._renewed = began
                    return
                except NameTaken:
                    await anyio.sleep(MARGIN_SECONDS)
        raise StorageUnusable(
            f"A node of this gateway is called {self.name!r} already. Give each of them a name of its own in "
            "`cluster.node`, or leave it out: then it is made of the host and the port."
        )

    async def beat(self) -> None:
        """Say that this node is alive, see the others, and take over from those that are not.

        Raises:
            NotMember: it was taken for dead. Unavailable: the store is away.
        """
        began = boot_time()
        try:
            seen = await self._store.beat(self._state())
        except GatewayError:
            self._uninterrupted = None
            raise
        self._renewed = began
        if self._uninterrupted is None:
            self._uninterrupted = began
        living = {node.number for node in seen if node.living}
        gone = [node.number for node in self.seen if node.living and node.number not in living]
        self.seen = seen
        if self.number == min(living, default=0):
            self.led.set()
        self.renewed()
        if any(node.letters for node in seen if node.number == self.number):
            self.posted()
        for number in gone:
            self.gone(number)
        # Whoever could not beat itself for a while can't tell who else could.
        if began - self._uninterrupted >= self._lease:
            for node in seen:
                if node.living and node.silent > node.lease and node.number != self.number:
                    await self._bury(node)
        if gone:
            self.take_over()

    async def _bury(self, node: NodeSeen) -> None:
        if await self._store.bury(node.number):
            self._log.warning("a node is dead: its work is taken over", node=node.name, silent=round(node.silent, 1))
            self.gone(node.number)
            self.take_over()

    async def serve(self) -> None:
        """Beat until cancelled, or until this node was taken for dead."""
        while True:
            try:
                await self.beat()
            except NotMember:
                self._log.error("the others took this node for dead: it begins anew", node=self.name)
                self.fenced()
                return
            except GatewayError as error:
                self._log.warning("this node could not say that it is alive", error=error.message)
            await anyio.sleep(min(self._lease / BEATS, BEAT_SECONDS))


def _nothing() -> None:
    """Nobody is told."""


def _nobody(_number: int) -> None:
    """Nobody is told."""
