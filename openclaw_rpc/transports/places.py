"""How many connections and streams may stay open: of one principal, and of all but the owner, whichever the door."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.protocol.errors import RateLimited, Unavailable

RETRY_SECONDS: Final = 5
OWNERS_SHARE: Final = 10
"""One in so many connections is kept for the owner."""


class Places:
    """What is open. ``each`` is how many one principal may have, ``everybody`` how many there may be."""

    def __init__(self, each: Callable[[], int], everybody: Callable[[], int]) -> None:
        self._each = each
        self._everybody = everybody
        self._taken: Counter[str] = Counter()
        self._guests = 0
        self.changed: Callable[[str, int], None] | None = None
        """Hears how many a principal has here, where there are other processes."""
        self.elsewhere: Callable[[str], int] = _none
        """How many it has there."""

    @property
    def counts(self) -> dict[str, int]:
        """How many each principal has here."""
        return dict(self._taken)

    def check(self, principal: Principal, *, counts: bool = True) -> None:
        """Whether there is room for one more.

        Raises:
            RateLimited: the principal has as many as it may. Unavailable: what is left is kept for the owner.
        """
        most = self._each()
        if counts and self._taken[principal.limit_key] + self.elsewhere(principal.limit_key) >= most:
            raise RateLimited(f"this token has {most} connections open", reason="connections", retryAfter=RETRY_SECONDS)
        everybody = self._everybody()
        kept = -(-everybody // OWNERS_SHARE)
        if not principal.is_owner_admin and self._guests >= max(1, everybody - kept):
            raise Unavailable("the gateway has too many connections", reason="connections", retryAfter=RETRY_SECONDS)

    @contextmanager
    def taken(self, principal: Principal, *, counts: bool = True) -> Generator[None]:
        """Take a place while the block lasts. ``counts``: among what one principal may have.

        Raises:
            RateLimited, Unavailable: as `check`.
        """
        self.check(principal, counts=counts)
        key, guest = principal.limit_key, not principal.is_owner_admin
        self._count(key, counts)
        self._guests += guest
        try:
            yield
        finally:
            self._guests -= guest
            self._count(key, -counts)

    def _count(self, key: str, more: int) -> None:
        self._taken[key] += more
        if self.changed is not None and more:
            self.changed(key, self._taken[key])
        if not self._taken[key]:
            del self._taken[key]


def _none(_key: str) -> int:
    return 0
