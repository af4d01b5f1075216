"""Whoever sends is told where something to be sent is kept, in whichever store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager

from openclaw_rpc.domain.events.change import Change, DeliveryKind


class TellsKept:
    """The part of the port `Deliveries` that tells."""

    def __init__(self) -> None:
        self.kept: Callable[[Collection[DeliveryKind]], None] = _nobody

    @contextmanager
    def told(self, *changes: Change) -> Generator[None]:
        """Tell of what is to be sent, however the write ended for its caller: it may be kept though nobody waits."""
        try:
            yield
        finally:
            kinds: set[DeliveryKind] = {delivery.kind for change in changes for delivery in change.deliveries}
            if kinds:
                self.kept(kinds)


def _nobody(_kinds: Collection[DeliveryKind]) -> None:
    """Nobody is to be told."""
