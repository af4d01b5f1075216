"""A PostgreSQL database in a backup: PostgreSQL's own programs write and read it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import anyio

from openclaw_rpc.adapters.backup.sealing import BackupDamaged
from openclaw_rpc.domain.kept import StorageUnusable

_DEBIAN: Final = Path("/usr/lib/postgresql")
_NEW_EPOCHS: Final = "UPDATE sessions SET epoch = 'e_' || md5(random()::text || id)"


async def dump(url: str, target: Path) -> None:
    """Write the database, as it is at one moment, to a file.

    Raises:
        StorageUnusable: the server, or the program, refuses or is missing.
    """
    plain, env = _without_password(url)
    await _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}", plain], env)


async def check(dumped: Path) -> None:
    """Look whether a dump can be read to its end.

    Raises:
        BackupDamaged: it can't be.
        StorageUnusable: the program is missing.
    """
    program = _program("pg_restore")
    # As a script, which reads all of it and changes nothing.
    done = await anyio.run_process([program, f"--file={os.devnull}", str(dumped)], check=False)
    if done.returncode:
        raise BackupDamaged(f"The database in the backup is damaged: {_last_line(done.stderr)}")


async def is_empty(url: str) -> bool:
    """Whether the database holds none of our tables.

    Raises:
        StorageUnusable: it can't be reached, or a gateway runs on it.
    """
    from openclaw_rpc.adapters.postgres.connecting import connected
    from openclaw_rpc.adapters.postgres.driver import AWAY, PostgresError

    try:
        connection = await connected(url, place="alone")
    except (*AWAY, PostgresError) as error:
        raise StorageUnusable(f"The database can't be reached: {error}") from None
    try:
        return await connection.fetchval("SELECT to_regclass('schema_version') IS NULL")
    finally:
        await connection.close()


async def load(dumped: Path, url: str) -> None:
    """Put a dump in the place of what the database holds, all or nothing, and give each session a new epoch.

    Raises:
        StorageUnusable: the server, or the program, refuses or is missing.
    """
    from openclaw_rpc.adapters.postgres.connecting import connected

    plain, env = _without_password(url)
    how = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    await _run("pg_restore", [*how, f"--dbname={plain}", str(dumped)], env)
    connection = await connected(url)
    try:
        await connection.execute(_NEW_EPOCHS)
    finally:
        await connection.close()


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """The URL as others may see it among the processes, and the variable that holds the password."""
    parts = urlsplit(url)
    who, at, where = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    asked = dict(parse_qsl(parts.query))
    password = asked.pop("password", unquote(password))
    plain = urlunsplit(("postgresql", f"{user}{at}{where}", parts.path, urlencode(asked), ""))
    return plain, {"PGPASSWORD": password} if password else {}


async def _run(name: str, arguments: list[str], env: dict[str, str]) -> None:
    done = await anyio.run_process([_program(name), *arguments], check=False, env={**os.environ, **env})
    if done.returncode:
        raise StorageUnusable(f"{name} failed: {_last_line(done.stderr)}")


def _program(name: str) -> str:
    """The newest one that is installed: an older one refuses a newer server."""
    debian = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parent.parent.name), reverse=True)
    found = str(debian[0]) if debian else shutil.which(name)
    if found is None:
        raise StorageUnusable(f"{name} is not installed: it comes with PostgreSQL's client programs.")
    return found


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "it said nothing")
