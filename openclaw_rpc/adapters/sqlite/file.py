"""The file: how it is opened, made private and brought up to date."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from openclaw_rpc.adapters.sqlite.migrations import MIGRATIONS, Statements
from openclaw_rpc.domain.kept import StorageUnusable

APPLICATION_ID = 0x0C1A_11DB
"""Marks the file as ours (`PRAGMA application_id`, https://www.sqlite.org/pragma.html#pragma_application_id)."""

BUSY_SECONDS = 5.0
WAL_BYTES = 64 * 1024 * 1024
CHECKPOINT_PAGES = 4_000
"""After how many pages the WAL is folded into the file: a page that is written again and again is folded once."""


class StoreUnusable(StorageUnusable):
    """The store's file can't be used. The message names ``path`` and says what to do."""

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(f"The store {path} can't be used: {problem}. {advice}")
        self.path = path


def open_writer(path: Path, migrations: Sequence[Statements] = MIGRATIONS) -> sqlite3.Connection:
    """Open the file for writing, at the newest version; it and its folder are made where they are missing.

    The file is readable by its owner alone (0600), a folder that is made as well (0700). The connection is in
    autocommit mode and may be used from any one thread at a time.

    Raises:
        StoreUnusable: it can't be made or opened, is damaged, is no store of ours, or is newer than this program.
    """
    _make_private(path)
    _bind_as_they_are()
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        _check_version(connection, path, len(migrations))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        _migrate(connection, path, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise unusable(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that only reads; :func:`open_writer` must have opened the file before.

    Raises:
        StoreUnusable: it can't be opened.
    """
    try:
        return sqlite3.connect(
            path.absolute().as_uri() + "?mode=ro",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
    except sqlite3.Error as error:
        raise unusable(path, error) from error


def _bind_as_they_are() -> None:
    """Have NULL and bytes bound without a search for something that adapts them, which costs half of binding a row.

    `sqlite3` spares that search for other types, and for these where an adapter is registered.
    """
    sqlite3.register_adapter(type(None), {None: None}.get)
    sqlite3.register_adapter(bytes, bytes)


def _make_private(path: Path) -> None:
    """Make the folder and the file, so that SQLite finds it with its mode set; -wal and -shm take the file's mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        advice = "Set `storage.path` to a file in a folder that the gateway's user can write to."
        raise StoreUnusable(path, error.strerror or str(error), advice) from error


def _check_version(connection: sqlite3.Connection, path: Path, newest: int) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    owner: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION_ID and (owner or tables):
        raise StoreUnusable(path, "it is another program's database", "Set `storage.path` to another file.")
    if version > newest:
        problem = f"its version is {version}, and this program knows versions up to {newest}"
        raise StoreUnusable(path, problem, "Start the newer program that wrote it, or name another file.")
    return version


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Statements]) -> None:
    """Bring the file to the newest version, all steps or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again under the lock: another process may just have done the same.
        version = _check_version(connection, path, len(migrations))
        if version < len(migrations):
            for statements in migrations[version:]:
                for statement in statements:
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def unusable(path: Path, error: sqlite3.Error) -> StoreUnusable:
    """What is said of a file that SQLite refuses."""
    if isinstance(error, sqlite3.OperationalError):
        advice = "Check that no other program has it open, that its folder is writable, and that the disk is not full."
        return StoreUnusable(path, str(error), advice)
    advice = f"Move it away to start anew, or put back a copy; `sqlite3 {path} .recover` shows what can be saved."
    return StoreUnusable(path, f"it is damaged, or not a database ({error})", advice)
