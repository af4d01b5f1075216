"""Notices a peer that does not read: what is written to it has a deadline, whoever writes."""

import asyncio
from collections.abc import Callable

STALL_SECONDS = 30.0
"""How long a peer may take to read on while more waits for it than the transport likes to hold."""
LEAST_BYTES = 16 * 1024
"""What it has to read of that meanwhile."""


class StallWatch:
    """Calls ``stalled`` once when a peer stops reading. A protocol tells it when the transport is full and when not.

    A peer that reads, however slowly, has its time: only who takes less than ``LEAST_BYTES`` of what waits in
    ``STALL_SECONDS`` has stalled.
    """

    __slots__ = ("_stalled", "_timer", "_waiting", "transport")

    def __init__(self, transport: asyncio.WriteTransport, stalled: Callable[[], None]) -> None:
        self.transport = transport
        self._stalled = stalled
        self._timer: asyncio.TimerHandle | None = None
        self._waiting = 0

    def full(self) -> None:
        """The transport holds more than it likes to."""
        self._waiting = self.transport.get_write_buffer_size()
        self._timer = asyncio.get_running_loop().call_later(STALL_SECONDS, self._look)

    def free(self) -> None:
        """The peer has read enough, or is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        waiting, self._timer = self.transport.get_write_buffer_size(), None
        if self._waiting - waiting < LEAST_BYTES:
            self._stalled()
        else:
            self.full()
