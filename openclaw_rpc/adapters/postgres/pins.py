"""The PIN's hash and wrong guesses in PostgreSQL, where the command line finds them as well."""

from __future__ import annotations

from functools import partial
from typing import Final

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.domain.tools.pin import Guess, PinTries, counted
from openclaw_rpc.domain.tools.pin_hash import hashed, matches
from openclaw_rpc.threads import in_thread

_FIND: Final = "SELECT value FROM single_values WHERE name = 'pin'"
_SET: Final = "INSERT INTO single_values VALUES ('pin', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_TRY: Final = """INSERT INTO pin_tries VALUES ($1, $2, $3, $4) ON CONFLICT (user_name) DO UPDATE
    SET wrong = excluded.wrong, last = excluded.last, locked_until = excluded.locked_until"""


class PostgresPinStore:
    """See the port `PinStore`. A guess is kept before it is looked at, so that a crash gives nobody another one."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def is_set(self) -> bool:
        """See the port."""
        return await self._kept() is not None

    async def verify(self, pin: str) -> bool:
        """See the port; hashing it takes some 0.3 s of a worker thread."""
        kept = await self._kept()
        return kept is not None and await in_thread(matches, pin, kept)

    async def set(self, pin: str) -> None:
        """See the port."""
        kept = await in_thread(hashed, pin)
        await self._database.write(lambda db: db.change(_SET, kept))

    async def remove(self) -> bool:
        """See the port."""
        return await self._database.write(lambda db: db.change("DELETE FROM single_values WHERE name = 'pin'")) > 0

    async def count_guess(self, user: str, most: int, lock_seconds: float, now: float) -> Guess:
        """See the port."""
        return await self._database.write(partial(_count, user=user, most=most, lock_seconds=lock_seconds, now=now))

    async def forgive(self, user: str) -> None:
        """See the port."""
        await self._database.write(lambda db: db.change("DELETE FROM pin_tries WHERE user_name = $1", user))

    async def _kept(self) -> bytes | None:
        return await self._database.read(lambda db: db.value(_FIND), single=True)


async def _count(db: Transaction, user: str, most: int, lock_seconds: float, now: float) -> Guess:
    await db.alone(f"pin {user}")
    row = await db.one("SELECT wrong, last, locked_until FROM pin_tries WHERE user_name = $1", user)
    guess, tries = counted(PinTries(*row) if row else PinTries(), most, lock_seconds, now)
    await db.change(_TRY, user, *tries)
    return guess
