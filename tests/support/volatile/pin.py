"""A PIN in memory: for tests."""

import hmac

from openclaw_rpc.domain.tools.pin import Guess, PinTries, counted
from openclaw_rpc.domain.tools.pin_hash import hashed


class MemoryPinStore:
    """A `PinStore` that ends with its process."""

    def __init__(self, pin: str | None = None) -> None:
        self.pin = pin
        self._tries: dict[str, PinTries] = {}

    async def is_set(self) -> bool:
        """See the port."""
        return self.pin is not None

    async def verify(self, pin: str) -> bool:
        """See the port."""
        return self.pin is not None and hmac.compare_digest(pin.encode(), self.pin.encode())

    async def set(self, pin: str) -> None:
        """See the port."""
        hashed(pin)  # refuses what no PIN may be
        self.pin = pin

    async def remove(self) -> bool:
        """See the port."""
        was, self.pin = self.pin, None
        return was is not None

    async def count_guess(self, user: str, most: int, lock_seconds: float, now: float) -> Guess:
        """See the port."""
        guess, self._tries[user] = counted(self._tries.get(user, PinTries()), most, lock_seconds, now)
        return guess

    async def forgive(self, user: str) -> None:
        """See the port."""
        self._tries.pop(user, None)
