"""The SQLite file in a backup: copied while others write to it, and looked at."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from openclaw_rpc.adapters.audit import rows as audit
from openclaw_rpc.adapters.backup.sealing import BackupDamaged
from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.memory.reads import load
from openclaw_rpc.adapters.sqlite.file import open_reader
from openclaw_rpc.domain.kept import StorageUnusable

PAGES: Final = 2_000
"""How much is copied between two words of how far it is."""
TRIES: Final = 5
_MEMORIES: Final = 1_000


def copy(source: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """Copy the file as it is at one moment. ``told``: how many of how many pages are there.

    Raises:
        StorageUnusable: there is none, or it can't be read.
        sqlite3.Error: the copy can't be written.
    """
    if not source.exists():
        raise StorageUnusable(f"There is nothing to copy: {source} is missing.")
    with closing(open_reader(source)) as db, closing(sqlite3.connect(target)) as made:
        # The transaction keeps to one moment; without it, each write of others would begin the copy anew.
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        db.backup(made, pages=PAGES, progress=lambda _, left, whole: told(whole - left, whole))
        # One file, without a log of its own beside it.
        made.execute("PRAGMA journal_mode = DELETE")


def counted(path: Path) -> dict[str, int]:
    """How many rows each table of a copy has."""
    with closing(_opened(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        plain = [name for name in names if not name.startswith(("sqlite_", "memory_words"))]
        return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in plain}  # noqa: S608


def memory_files(path: Path, folder: Folder) -> list[Path]:
    """The dated files that a copy's memories lie in."""
    with closing(_opened(path)) as db:
        rows = db.execute(
            """SELECT u.name, f.date, f.part FROM memory_files f JOIN memory_users u ON u.no = f.user_no
                WHERE f.state = 'kept'"""
        )
        return [folder.path(*row) for row in rows]


def unreadable_memories(path: Path, folder: Folder) -> Iterator[int]:
    """The memories of a copy that their dated files do not hold."""
    with closing(_opened(path)) as db:
        last = -1
        sql = "SELECT id FROM memories WHERE file_no IS NOT NULL AND id > ? ORDER BY id LIMIT ?"
        while found := [row[0] for row in db.execute(sql, (last, _MEMORIES))]:
            there = load(db, folder, found).memories
            yield from (number for number in found if number not in there)
            last = found[-1]


def check(path: Path, memories: Folder) -> None:
    """Look at a whole copy: its pages, its memories, its audit log.

    Raises:
        BackupDamaged: something of it is not as it was written.
    """
    try:
        with closing(_opened(path)) as db:
            said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise BackupDamaged(f"The database in the backup is damaged: {said}.")
            verdict = audit.verify(db)
            if not verdict.intact:
                raise BackupDamaged(f"The audit log in the backup does not verify: {verdict.fault}.")
        for number in unreadable_memories(path, memories):
            raise BackupDamaged(f"The memory {number} is missing from the backup's dated files.")
    except sqlite3.Error as error:
        raise BackupDamaged(f"The database in the backup is damaged: {error}.") from None


def begin_anew(path: Path) -> None:
    """Give every session a new epoch: a client that saw more than the copy holds must not resume over the hole."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE sessions SET epoch = 'e_' || lower(hex(randomblob(12)))")


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)
