"""Rate limits that hold for all nodes together: each tells the others what was drawn, before it is much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

import anyio

from openclaw_rpc.domain.limits import RateLimiter
from openclaw_rpc.domain.nodes.wire import LimitUse, Wire
from openclaw_rpc.protocol.base import Rate

TELL_SECONDS: Final = 0.2
"""How long what was drawn is kept to oneself at most."""
PART: Final = 50
"""What is one part of so many of a limit is told at once."""


class SharedLimits:
    """A limiter among those of other nodes; ``nodes`` answers how many there are.

    While they can't hear each other, each of them grants its share.
    """

    def __init__(self, limiter: RateLimiter, wire: Wire, nodes: Callable[[], int]) -> None:
        self._limiter = limiter
        self._wire = wire
        self._nodes = nodes
        self._drawn: Counter[tuple[str, Rate]] = Counter()
        limiter.told = self._take
        wire.on(LimitUse, self._charge)

    def _take(self, key: str, rate: Rate, limit: int) -> None:
        self._drawn[key, rate] += 1
        if self._drawn[key, rate] >= limit / PART:
            self._tell()

    def _tell(self) -> None:
        drawn, self._drawn = self._drawn, Counter()
        if drawn and self._nodes() > 1:
            told = [(key, rate, times) for (key, rate), times in drawn.items()]
            self._wire.send(None, LimitUse(self._wire.node, told))

    def _charge(self, message: LimitUse) -> None:
        for key, rate, times in message.told:
            self._limiter.charge(key, rate, times)

    async def serve(self) -> None:
        """Tell what was drawn, until cancelled."""
        while True:
            await anyio.sleep(TELL_SECONDS)
            self._tell()
            self._limiter.share(1 if self._wire.answers else max(1, self._nodes()))
