"""The file made as small as it can be."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from openclaw_rpc.adapters.sqlite.file import StoreUnusable, open_writer, unusable


def vacuum(path: Path) -> tuple[int, int]:
    """Write the file anew without what is empty in it: its bytes before and after. Blocks.

    Raises:
        StoreUnusable: it is missing, another program holds it, or the disk has no room for two of it.
    """
    if not path.exists():
        raise StoreUnusable(path, "it is missing", "A gateway makes it when it starts.")
    before = path.stat().st_size
    if shutil.disk_usage(path.parent).free < 2 * before:
        raise StoreUnusable(path, "the disk is too full", f"Make room for twice its {before:,} bytes.")
    with closing(open_writer(path)) as db:
        try:
            db.execute("INSERT INTO memory_words (memory_words) VALUES ('optimize')")
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise unusable(path, error) from error
    return before, path.stat().st_size
