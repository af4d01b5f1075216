"""How a connection is made, and what every connection does to text."""

from __future__ import annotations

from typing import Final, Literal

from openclaw_rpc.adapters.postgres.driver import Connection, LockNotAvailable, connect
from openclaw_rpc.domain.kept import StorageUnusable

SECONDS: Final = 1.5
"""How long a connection, and each statement, is waited for: what is away is said to be away within 2 s."""
OLDEST: Final = 14
LOCK_MS: Final = 1_000
IDLE_MS: Final = 1_000
LOCK: Final = 0x0C1A_11DB
"""The advisory lock of a gateway: one process has it for itself, or the nodes of one gateway share it."""

Place = Literal["alone", "shared"]


async def connected(url: str, *, place: Place | None = None) -> Connection:
    """A connection; with a ``place``: a gateway's own, as long as it is open, or one that its nodes share.

    Raises:
        StorageUnusable: the server is too old, or another gateway runs on the database.
        An exception of ``driver.AWAY``, or a PostgresError: the server can't be reached, or refuses.
    """
    connection = await connect(url, SECONDS)
    try:
        await prepared(connection)
        version = connection.get_server_version()
        if version.major < OLDEST:
            raise StorageUnusable(f"PostgreSQL {version.major} is too old: {OLDEST} or later is needed.")
        if place is not None:
            await _take_place(connection, place)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _take_place(connection: Connection, place: Place) -> None:
    """Be the gateway on the database; one that has just gone may hold its place for another moment."""
    await connection.execute(f"SET lock_timeout = {LOCK_MS}")
    shared = "_shared" if place == "shared" else ""
    try:
        await connection.execute(f"SELECT pg_advisory_lock{shared}($1)", LOCK)
    except LockNotAvailable:
        raise StorageUnusable(
            "Another gateway runs on this database. Several processes are one gateway where each of them has `bus.url` "
            "set to the same Redis: set it, stop the other, or name another database in `storage.url`."
        ) from None
    await connection.execute("SET lock_timeout = 0")
    # A process that stands still must not keep others from what it had begun to write.
    await connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_MS}")


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
