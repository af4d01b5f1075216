"""How a connection is made, and what every connection does to text."""

from __future__ import annotations

from typing import Final

from openclaw_rpc.adapters.postgres.driver import Connection, LockNotAvailable, connect
from openclaw_rpc.domain.kept import StorageUnusable

SECONDS: Final = 1.5
"""How long a connection, and each statement, is waited for: what is away is said to be away within 2 s."""
OLDEST: Final = 14
LOCK_MS: Final = 1_000
LOCK: Final = 0x0C1A_11DB
"""The advisory lock of the gateway that has the database for itself."""


async def connected(url: str, *, alone: bool = False) -> Connection:
    """A connection; ``alone``: the one of the gateway that nobody else may run beside, as long as it is open.

    Raises:
        StorageUnusable: the server is too old, or another gateway runs on the database.
        An exception of ``driver.AWAY``, or a PostgresError: the server can't be reached, or refuses.
    """
    connection = await connect(url, SECONDS)
    try:
        await prepared(connection)
        version = connection.get_server_version()
        if version.major < OLDEST:
            raise StorageUnusable(f"PostgreSQL {version.major} is too old: {OLDEST} is the oldest that does.")
        if alone:
            await _take_place(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _take_place(connection: Connection) -> None:
    """Be the one gateway on the database; one that has just gone may hold its place for another moment."""
    await connection.execute(f"SET lock_timeout = {LOCK_MS}")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    except LockNotAvailable:
        raise StorageUnusable(
            "Another gateway runs on this database. Several gateways can't share one: stop the other, or name another "
            "database in `storage.url`."
        ) from None
    await connection.execute("SET lock_timeout = 0")


async def prepared(connection: Connection) -> None:
    """Have text come through whole: PostgreSQL's can't hold U+0000, which is written as two characters."""
    await connection.set_type_codec("text", schema="pg_catalog", encoder=written, decoder=read, format="text")


def written(text: str) -> str:
    """Text as it is kept: U+0000 as U+0001 and 0, and U+0001 as U+0001 and 1."""
    if "\0" in text or "\1" in text:
        return text.replace("\1", "\1" + "1").replace("\0", "\1" + "0")
    return text


def read(kept: str) -> str:
    """The text that was kept."""
    if "\1" in kept:
        return kept.replace("\1" + "0", "\0").replace("\1" + "1", "\1")
    return kept
