"""Moving all that is kept to another engine, and looking at what is kept, while no gateway runs on it."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.installing import install_command
from openclaw_rpc.threads import in_thread

if TYPE_CHECKING:
    from openclaw_rpc.adapters.moving.copying import Moved
    from openclaw_rpc.adapters.moving.tables import Side
    from openclaw_rpc.config.paths import Paths
    from openclaw_rpc.config.storage import StorageSettings


class Holdings(NamedTuple):
    """A database, and what is in it. ``version`` is that of its tables; ``nodes``: whose processes are alive on it."""

    storage: str
    engine: str
    version: int
    nodes: list[str]
    rows: dict[str, int]


async def migrate(
    source: StorageSettings,
    target: StorageSettings,
    paths: Paths,
    told: Callable[[str, int, int], None],
    *,
    only_compare: bool = False,
) -> list[Moved]:
    """Copy all that is kept to an empty target, or to one where that was interrupted; then look at every row of both.

    ``only_compare`` copies nothing. ``told`` is called with what is done, how many rows are done, and of how many.

    Raises:
        StorageUnusable: a gateway runs on one of them, or the target holds something else; the message says what.
    """
    from openclaw_rpc.adapters.moving.copying import compare, move

    async with _opened(source, paths) as old, _opened(target, paths) as new:
        if old.identity == new.identity:
            raise StorageUnusable(f"The source and the target are the same: {old.identity}.")
        return await compare(old, new, told) if only_compare else await move(old, new, told)


async def looked_at(settings: StorageSettings, paths: Paths) -> Holdings:
    """Which database it is, and what is in it; a gateway may run on it."""
    from openclaw_rpc.adapters.moving.tables import TABLES

    async with _opened(settings, paths, alone=False) as side:
        return Holdings(
            storage=side.identity,
            engine="sqlite" if settings.postgres is None else "postgres",
            version=await side.version(),
            nodes=await side.nodes(),
            rows={table.name: await side.count(table) for table in TABLES if table.name != "counters"},
        )


async def vacuum(settings: StorageSettings, paths: Paths) -> tuple[int, int] | None:
    """Have the database give back what it does not need: its bytes before and after, where it is a file.

    Raises:
        StorageUnusable: a gateway runs on the file, which would stand still meanwhile; or it can't be used.
    """
    if settings.postgres is not None:
        from openclaw_rpc.adapters.postgres.upkeep import vacuum as vacuum_postgres

        await vacuum_postgres(settings.postgres)
        return None
    from openclaw_rpc.adapters.sqlite.upkeep import vacuum as vacuum_sqlite

    if await in_thread(gateway_runs, paths):
        raise StorageUnusable("A gateway runs in this home, and would stand still meanwhile. Stop it first.")
    return await in_thread(vacuum_sqlite, _file(settings, paths))


@asynccontextmanager
async def _opened(settings: StorageSettings, paths: Paths, *, alone: bool = True) -> AsyncGenerator[Side]:
    if settings.postgres is not None:
        try:
            from openclaw_rpc.adapters.moving.postgres import PostgresSide
            from openclaw_rpc.adapters.postgres import Postgres
        except ModuleNotFoundError as error:
            if error.name != "asyncpg":
                raise
            raise StorageUnusable(f"PostgreSQL needs its library: {install_command('postgres')}") from None
        url = urlsplit(settings.postgres)
        async with Postgres.open(settings.postgres, place="alone" if alone else None) as database:
            where = f"{url.hostname or 'localhost'}:{url.port or 5432}"
            yield PostgresSide(database, f"postgresql://{where}{url.path}")
        return
    from openclaw_rpc.adapters.memory.files import Folder
    from openclaw_rpc.adapters.moving.sqlite import SqliteSide
    from openclaw_rpc.adapters.sqlite import Database

    if alone and await in_thread(gateway_runs, paths):
        raise StorageUnusable("A gateway runs in this home. Stop it first.")
    path = _file(settings, paths)
    async with Database.open(path, paths.state) as database:
        yield SqliteSide(database, Folder(paths.state / "memory"), f"sqlite:///{path}")


def _file(settings: StorageSettings, paths: Paths) -> Path:
    return paths.database(settings.file).absolute()


def gateway_runs(paths: Paths) -> bool:
    """Whether a gateway listens where the one with this home said that it does."""
    running = paths.announcement()
    if running is None:
        return False
    address = urlsplit(running.url)
    try:
        with socket.create_connection((address.hostname, address.port), 1):
            return True
    except OSError:
        return False
