"""Who guesses tokens and passwords: failed sign-ins are counted by address and kind, and too many lock both."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.protocol.errors import RateLimited

Kind = Literal["token", "password"]
KINDS: Final[tuple[Kind, ...]] = ("token", "password")

ATTEMPTS: Final = 10
"""How many may fail within a minute."""
WINDOW_SECONDS: Final = 60.0
FIRST_LOCK: Final = 60.0
LONGEST_LOCK: Final = 900.0
"""Locks double from the first to this, as long as the next comes within an hour."""
MEMORY_SECONDS: Final = 3600.0
MOST_TOLD: Final = 60
"""Seconds that a client is told to wait: some give up at once where it is more."""
MOST_KEPT: Final = 10_000
_IPV6_NETWORK: Final = 64


class _WrongTries(msgspec.Struct):
    failed: list[float] = []
    locked_until: float = 0.0
    locks: int = 0


class Guesses:
    """Counts. A right credential from another address is unaffected; a right one of a locked address has to wait.

    On this machine tokens are not counted: whoever can connect from here could lock its owner out, and a token is too
    long to be guessed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[str, Kind], _WrongTries] = OrderedDict()
        self.told: Callable[[str, Kind], None] | None = None
        """Hears of each that failed here, where there are other processes."""
        self.locks = 0
        """How many locks there were since the start."""

    def check(self, address: str, kind: Kind) -> None:
        """Refuse an address that is locked, before anything that it showed is looked at.

        Raises:
            RateLimited: it is; ``retryAfter`` says how long, at most ``MOST_TOLD`` seconds at a time.
        """
        key = _key(address, kind)
        tries = self._tries.get(key) if key is not None else None
        left = tries.locked_until - self._clock.monotonic() if tries is not None else 0.0
        if left > 0:
            wait = min(MOST_TOLD, int(left) + 1)
            raise RateLimited("too many failed sign-ins from this address", reason="sign_ins", retryAfter=wait)

    def failed(self, address: str, kind: Kind) -> None:
        """Count one that failed; the last that is allowed locks."""
        if self.told is not None:
            self.told(address, kind)
        self.count(address, kind)

    def count(self, address: str, kind: Kind) -> None:
        """The same of one that failed in another process."""
        key = _key(address, kind)
        if key is None:
            return
        now = self._clock.monotonic()
        tries = self._tries.setdefault(key, _WrongTries(failed=[]))
        self._tries.move_to_end(key)
        tries.failed = [at for at in tries.failed if now - at < WINDOW_SECONDS] + [now]
        if len(tries.failed) >= ATTEMPTS:
            if tries.locks and now - tries.locked_until > MEMORY_SECONDS:
                tries.locks = 0
            tries.locked_until = now + min(LONGEST_LOCK, FIRST_LOCK * 2 ** min(tries.locks, 10))
            tries.locks += 1
            tries.failed = []
            self.locks += 1
        while len(self._tries) > MOST_KEPT:
            # Of the oldest few one that is not locked, so that nobody washes a lock away by many addresses.
            oldest = [key for key, _ in zip(self._tries, range(64), strict=False)]
            free = next((key for key in oldest if self._tries[key].locked_until <= now), oldest[0])
            del self._tries[free]


def _key(address: str, kind: Kind) -> tuple[str, Kind] | None:
    """By what is counted: an address, of IPv6 its network; None where nothing is."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return (address, kind) if address else None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if known.is_loopback and kind == "token":
        return None
    if known.version == 6:
        return str(ipaddress.ip_network((int(known), _IPV6_NETWORK), strict=False)), kind
    return str(known), kind
