"""The PIN's hash and wrong guesses in the gateway's file, which the command line opens as well."""

import sqlite3
from functools import partial
from typing import Final

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.domain.tools.pin import Guess, PinTries, counted
from openclaw_rpc.domain.tools.pin_hash import hashed, matches
from openclaw_rpc.threads import in_thread

_FIND: Final = "SELECT value FROM single_values WHERE name = 'pin'"


class SqlitePinStore:
    """See the port `PinStore`. A guess is on disk before it is looked at, so that a crash gives nobody another one."""

    def __init__(self, database: Database) -> None:
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
        await self._database.write(partial(_set, kept=kept))

    async def remove(self) -> bool:
        """See the port."""
        return await self._database.write(_remove)

    async def count_guess(self, user: str, most: int, lock_seconds: float, now: float) -> Guess:
        """See the port."""
        return await self._database.write(partial(_count, user=user, most=most, lock_seconds=lock_seconds, now=now))

    async def forgive(self, user: str) -> None:
        """See the port."""
        await self._database.write(partial(_forgive, user=user))

    async def _kept(self) -> bytes | None:
        return await self._database.read(find_pin, single=True)


def find_pin(db: sqlite3.Connection) -> bytes | None:
    """What is kept of the PIN; None where none is set."""
    row = db.execute(_FIND).fetchone()
    return row[0] if row else None


def _set(db: sqlite3.Connection, kept: bytes) -> None:
    db.execute("INSERT OR REPLACE INTO single_values VALUES ('pin', ?)", (kept,))


def _remove(db: sqlite3.Connection) -> bool:
    return db.execute("DELETE FROM single_values WHERE name = 'pin'").rowcount > 0


def _count(db: sqlite3.Connection, user: str, most: int, lock_seconds: float, now: float) -> Guess:
    row = db.execute("SELECT wrong, last, locked_until FROM pin_tries WHERE user = ?", (user,)).fetchone()
    guess, tries = counted(PinTries(*row) if row else PinTries(), most, lock_seconds, now)
    db.execute("INSERT OR REPLACE INTO pin_tries VALUES (?, ?, ?, ?)", (user, *tries))
    return guess


def _forgive(db: sqlite3.Connection, user: str) -> None:
    db.execute("DELETE FROM pin_tries WHERE user = ?", (user,))
