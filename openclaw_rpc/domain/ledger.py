"""What models used outside of runs, gathered and kept a few times a second: a commit a request would cost more
than carrying it."""

from __future__ import annotations

import anyio

from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.records import UsageRecord
from openclaw_rpc.protocol.errors import GatewayError

PAUSE = 0.05
"""Seconds between a request's end and its being kept: what a crash can cost, at most."""
HELD = 10_000
"""How many records wait for a disk that does not take them, at most."""


class Ledger:
    """Usage that belongs to no session."""

    def __init__(self, store: Store, log: Log) -> None:
        self._store = store
        self._log = log
        self._waiting: list[UsageRecord] = []
        self._wake = anyio.Event()
        self._keeping = anyio.Lock()

    def add(self, record: UsageRecord) -> None:
        """Keep a record soon."""
        if len(self._waiting) < HELD:
            self._waiting.append(record)
        self._wake.set()

    async def flush(self) -> None:
        """Keep all that waits; what the disk does not take goes on waiting."""
        try:
            await self._flush()
        except GatewayError as error:
            self._log.error("usage could not be kept", records=len(self._waiting), error=error.message)

    async def _flush(self) -> None:
        async with self._keeping:  # whoever asks finds what is being kept just now, too
            if not self._waiting:
                return
            records, self._waiting = self._waiting, []
            try:
                await self._store.commit(Change(usage=records))
            except BaseException:
                self._waiting = records + self._waiting
                self._wake.set()
                raise

    async def keep(self) -> None:
        """Keep what comes, until cancelled; what waits then is kept still.

        Raises:
            Unavailable: the disk did not take it; it goes on waiting.
        """
        try:
            while True:
                await self._wake.wait()
                self._wake = anyio.Event()
                await anyio.sleep(PAUSE)
                await self._flush()
        finally:
            with anyio.CancelScope(shield=True):
                await self.flush()
