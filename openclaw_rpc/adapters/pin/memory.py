"""A PIN in memory: for tests."""

import hmac


class MemoryPinStore:
    """A `PinStore` that ends with its process."""

    def __init__(self, pin: str | None = None) -> None:
        self.pin = pin

    async def is_set(self) -> bool:
        """Whether there is a PIN."""
        return self.pin is not None

    async def verify(self, pin: str) -> bool:
        """Whether that is the PIN."""
        return self.pin is not None and hmac.compare_digest(pin.encode(), self.pin.encode())
