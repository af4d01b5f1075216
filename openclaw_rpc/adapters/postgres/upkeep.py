"""The tables swept, and what is known of them for planning brought up to date."""

from __future__ import annotations

from openclaw_rpc.adapters.postgres.connecting import connected
from openclaw_rpc.adapters.postgres.driver import AWAY, PostgresError
from openclaw_rpc.domain.kept import StorageUnusable


async def vacuum(url: str) -> None:
    """Sweep every table; gateways go on meanwhile.

    Raises:
        StorageUnusable: the server can't be reached, or refuses.
    """
    try:
        connection = await connected(url)
        try:
            await connection.execute("VACUUM (ANALYZE)")
        finally:
            await connection.close()
    except (*AWAY, PostgresError) as error:
        raise StorageUnusable(f"The database can't be vacuumed: {error}") from None
