"""The PIN that a human gives before what is guarded happens."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, Protocol

from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.tools.audit import Actor, Auditor
from openclaw_rpc.domain.tools.pin_hash import MAX_PIN
from openclaw_rpc.domain.tools.policy import Policies
from openclaw_rpc.protocol.errors import Forbidden

SET_IT: Final = "no PIN is set; set one on the gateway's machine: openclaw pin set"


class Guess(NamedTuple):
    """Whether a guess is looked at: not for ``refused`` s where that is over 0. ``last`` one before a lock."""

    refused: float = 0.0
    last: bool = False


class PinTries(NamedTuple):
    """Guesses of a user in a row that were not right. ``last`` and ``locked_until`` in s since 1970."""

    wrong: int = 0
    last: float = 0.0
    locked_until: float = 0.0


def counted(tries: PinTries, most: int, lock_seconds: float, now: float) -> tuple[Guess, PinTries]:
    """One guess more: as `PinStore.count_guess`, for whatever keeps the tries."""
    if tries.locked_until > now:
        return Guess(refused=tries.locked_until - now), tries
    wrong = 1 if now - tries.last > lock_seconds else tries.wrong + 1
    if wrong >= most:
        return Guess(last=True), PinTries(0, now, now + lock_seconds)
    return Guess(), PinTries(wrong, now, 0.0)


class PinStore(Protocol):
    """Where the PIN's hash is kept, and who guessed; shared with the command line, so it may change at any time.

    Every method may raise ``Unavailable`` where the disk is full or fails.
    """

    async def is_set(self) -> bool:
        """Whether there is a PIN."""
        ...

    async def verify(self, pin: str) -> bool:
        """Whether that is the PIN, in a time that tells nothing; false where none is set."""
        ...

    async def set(self, pin: str) -> None:
        """Keep a PIN in place of the old one.

        Raises:
            InvalidRequest: it is too short or too long, or not text that can be printed.
        """
        ...

    async def remove(self) -> bool:
        """Forget the PIN; what is guarded is refused from now on. False where there was none."""
        ...

    async def count_guess(self, user: str, most: int, lock_seconds: float, now: float) -> Guess:
        """Count a guess before it is looked at, in one step: guesses that come together don't pass it together.

        The guess number ``most`` locks the user out for ``lock_seconds`` unless it is forgiven. Earlier ones don't
        count where none came for that long. ``now`` is in s since 1970.
        """
        ...

    async def forgive(self, user: str) -> None:
        """Forget a user's guesses: the last one was right."""
        ...


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

    def guards(self, tool: str) -> bool:
        """Whether the PIN is asked for before that tool is used."""
        return self._policies.needs_pin(tool)

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
        settings = self._policies.settings
        await self.require_set()
        if pin is None:
            reason = "pin_required"
            how = "`pin` in the params where the method takes it, else the header X-OpenClaw-Pin"
            raise Forbidden(f"{tool} needs the PIN: {how}", reason=reason)
        # Counted before it is looked at: a caller that goes away meanwhile had its guess.
        guess = await self._store.count_guess(
            principal.user, settings.pin_attempts, settings.pin_lock_seconds, self._clock.now()
        )
        if guess.refused > 0:
            raise _locked(guess.refused)
        if len(pin) <= MAX_PIN and await self._store.verify(pin):
            await self._store.forgive(principal.user)
            return
        await self._auditor.note("pin_locked" if guess.last else "pin_wrong", actor, tool)
        if guess.last:
            raise _locked(settings.pin_lock_seconds)
        raise Forbidden("that is not the PIN", reason="wrong_pin")


def _locked(seconds: float) -> Forbidden:
    wait = math.ceil(seconds)
    return Forbidden(f"too many wrong PINs; try again in {wait} s", reason="pin_locked", retryAfter=wait)
