"""Very many sessions, written straight into the tables: copies of the first that is kept there, with all it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from tests.support import postgres
from tests.support.gateway import TestGateway, gateway

_LOWER = "place & 4294967295"
_PLACE = f"(CAST(n AS bigint) << 32) + ({_LOWER})"
_PARTS = ("n / 86400 + 1", "n / 3600 % 24", "n / 60 % 60", "n % 60")
_TIME = "'2024-01-{}T{}:{}:{}.000Z'".format(*(f"' || substr(CAST(100 + {part} AS text), 2, 2) || '" for part in _PARTS))
_NUMBERS = """WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) """
_COPIES = {
    "sessions": {"number": "n", "id": "id || n", "key": "key || n", "updated_at": _TIME},
    "messages": {"place": _PLACE, "session": "n", "message_id": "message_id || n"},
    "runs": {"place": _PLACE, "id": "id || n"},
    "events": {"place": _PLACE},
}
"""Of each table, the columns that differ from the first session's."""


def statements(columns: dict[str, list[str]], count: int) -> list[str]:
    """What makes ``count`` sessions of the first one; each is a second older than the next, all in January 2024."""
    made: list[str] = []
    for table, changed in _COPIES.items():
        names = columns[table]
        of_the_first = "number = 1" if table == "sessions" else "place >> 32 = 1"
        chosen = ", ".join(changed.get(name, name) for name in names)
        made.append(
            f"{_NUMBERS.format(count=count)}INSERT INTO {table} ({', '.join(names)}) "
            f"SELECT {chosen} FROM numbers, {table} WHERE {of_the_first}"
        )
    return made


def fill_sqlite(path: Path, count: int) -> None:
    """Make ``count`` sessions of the one in a file that no gateway has open."""
    with closing(sqlite3.connect(path)) as db, db:
        columns = {table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")] for table in _COPIES}
        for statement in statements(columns, count):
            db.execute(statement)
        db.execute("ANALYZE")


async def fill_postgres(url: str, count: int) -> None:
    """Make ``count`` sessions of the one in a database that no gateway has open; then have its statistics taken."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
        columns = {table: [name for of, name in found if of == table] for table in _COPIES}
        for statement in statements(columns, count):
            await connection.execute(statement)
        await connection.execute("SELECT setval(pg_get_serial_sequence('sessions', 'number'), $1)", count)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


@asynccontextmanager
async def many_sessions(engine: str, config: dict[str, Any], home: Path, count: int) -> AsyncGenerator[TestGateway]:
    """A gateway whose owner has ``count`` sessions: `main`, in which `hello` was said, and copies `main2`, `main3` …"""
    home.mkdir()
    if engine == "sqlite":
        async with gateway(config, home) as running:
            await _one_session(running)
        fill_sqlite(home / "state" / "gateway.db", count)
        async with gateway(config, home) as running:
            yield running
        return
    async with postgres.database() as url:
        chosen = {**config, "storage": {"url": url}}
        async with gateway(chosen, home) as running:
            await _one_session(running)
        await fill_postgres(url, count)
        async with gateway(chosen, home) as running:
            yield running


async def _one_session(served: TestGateway) -> None:
    async with served.connect() as client:
        await client.chat("hello", sessionKey="main")
