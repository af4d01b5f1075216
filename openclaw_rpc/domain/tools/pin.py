"""The PIN that a human gives before what is guarded happens."""

from __future__ import annotations

import math
from typing import Final, Protocol

import anyio

from openclaw_rpc.domain.auth import Principal
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.tools.audit import Actor, Auditor
from openclaw_rpc.domain.tools.policy import Policies
from openclaw_rpc.protocol.errors import Forbidden

SET_IT: Final = "no PIN is set; set one on the gateway's machine: openclaw pin set"
MAX_PIN: Final = 200


class PinStore(Protocol):
    """Where the PIN's hash is kept; shared with the command line, so it may change at any time."""

    async def is_set(self) -> bool:
        """Whether there is a PIN.

        Raises:
            Unavailable: it can't be told.
        """
        ...

    async def verify(self, pin: str) -> bool:
        """Whether that is the PIN, in a time that tells nothing; false where none is set.

        Raises:
            Unavailable: it can't be told.
        """
        ...


class _Tries:
    """Wrong PINs of one user in a row. ``last`` and ``locked_until`` in monotonic s."""

    __slots__ = ("last", "locked_until", "wrong")

    def __init__(self) -> None:
        self.wrong = 0
        self.last = 0.0
        self.locked_until = 0.0


class PinGuard:
    """Asks for the PIN, and stops those who guess.

    A user who gave ``pin_attempts`` wrong ones is locked out for ``pin_lock_seconds``, from the right one too. Wrong
    ones are forgotten after the right one, and when none came for that long.
    """

    def __init__(self, store: PinStore, policies: Policies, auditor: Auditor, clock: Clock) -> None:
        self._store = store
        self._policies = policies
        self._auditor = auditor
        self._clock = clock
        self._tries: dict[str, _Tries] = {}
        # One at a time: guesses that come together must not pass the count together.
        self._turn = anyio.Lock()

    async def require_set(self) -> None:
        """Refuse what nobody could allow.

        Raises:
            Forbidden: no PIN is set.
        """
        if not await self._store.is_set():
            raise Forbidden(SET_IT, reason="pin_not_set")

    async def require(self, principal: Principal, tool: str, pin: str | None) -> None:
        """Let a direct call of a tool pass, or of a method that does the same.

        Raises:
            Forbidden: the tool is guarded, and the PIN missing (``pin_required``), wrong (``wrong_pin``), not set
                (``pin_not_set``), or its giver locked out (``pin_locked``, ``retryAfter`` in s).
            Unavailable: the PIN can't be read.
        """
        if self._policies.needs_pin(tool):
            await self.check(principal, pin, tool)

    async def check(self, principal: Principal, pin: str | None, tool: str, actor: Actor | None = None) -> None:
        """Check a PIN that is needed for ``tool``; ``actor`` is who is written down.

        Raises:
            Forbidden, Unavailable: as `require`.
        """
        actor = actor or Actor.of_principal(principal)
        async with self._turn:
            self._refuse_locked(principal.user)
            await self.require_set()
            if pin is None:
                reason = "pin_required"
                raise Forbidden(f"{tool} needs the PIN: X-OpenClaw-Pin, or `pin` in the params", reason=reason)
            # Counted before it is looked at: a caller that goes away meanwhile had its guess.
            tries = self._count(principal.user)
            if len(pin) <= MAX_PIN and await self._store.verify(pin):
                self._tries.pop(principal.user, None)
                return
            locked = tries.wrong >= self._policies.settings.pin_attempts
            if locked:
                tries.wrong = 0
                tries.locked_until = self._clock.monotonic() + self._policies.settings.pin_lock_seconds
        await self._auditor.note("pin_locked" if locked else "pin_wrong", actor, tool)
        if locked:
            self._refuse_locked(principal.user)
        raise Forbidden("that is not the PIN", reason="wrong_pin")

    def _refuse_locked(self, user: str) -> None:
        tries = self._tries.get(user)
        left = tries.locked_until - self._clock.monotonic() if tries is not None else 0
        if left > 0:
            wait = math.ceil(left)
            raise Forbidden(f"too many wrong PINs; try again in {wait} s", reason="pin_locked", retryAfter=wait)

    def _count(self, user: str) -> _Tries:
        now = self._clock.monotonic()
        tries = self._tries.setdefault(user, _Tries())
        if now - tries.last > self._policies.settings.pin_lock_seconds:
            tries.wrong = 0
        tries.wrong += 1
        tries.last = now
        return tries
