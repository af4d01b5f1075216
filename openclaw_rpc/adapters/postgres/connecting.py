"""How a connection is made, and what every connection does to text."""

from __future__ import annotations

from typing import Final

from openclaw_rpc.adapters.postgres.driver import Connection, connect
from openclaw_rpc.adapters.postgres.faults import DatabaseUnusable

SECONDS: Final = 1.5
"""How long a connection, and each statement, is waited for: what is away is said to be away within 2 s."""
OLDEST: Final = 14
LOCK: Final = 0x0C1A_11DB
"""The advisory lock of the gateway that has the database for itself."""


async def connected(url: str, *, alone: bool = False) -> Connection:
    """A connection; ``alone``: the one of the gateway that nobody else may run beside, as long as it is open.

    Raises:
        DatabaseUnusable: the server is too old, or another gateway runs on the database.
        An exception of ``driver.AWAY``, or a PostgresError: the server can't be reached, or refuses.
    """
    connection = await connect(url, SECONDS)
    try:
        await prepared(connection)
        version = connection.get_server_version()
        if version.major < OLDEST:
            raise DatabaseUnusable(f"PostgreSQL {version.major} is too old: {OLDEST} is the oldest that does.")
        if alone and not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            raise DatabaseUnusable(
                "Another gateway runs on this database. Several gateways can't share one: stop the other, or name "
                "another database in `storage.url`."
            )
    except BaseException:
        connection.terminate()
        raise
    return connection


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
