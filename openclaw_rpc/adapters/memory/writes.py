"""What is done in the writing thread, each function a whole or nothing."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import NamedTuple

from openclaw_rpc.adapters.memory.schema import SHIFT
from openclaw_rpc.domain.memory.ports import Memory, Place
from openclaw_rpc.domain.memory.words import folded

REMOVED_AT_ONCE = 1_000
"""How many memories one transaction removes at most."""
MERGED_PAGES = 16
"""How much of the index of words one write merges: a little each time, so that few segments have to be searched.

FTS5 itself waits for 64 pages that were written, which are some hundred writes of few words.
"""
_INSERT = """INSERT INTO memories (id, user_no, key, folded, kind, session_key, category, created_at, words, size)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_no, key) DO NOTHING"""


class FileLine(NamedTuple):
    """A line of a file: whose, where it lies, and the file it came from, None for the log."""

    id: int
    place: int
    came_from: int | None


class KeptMemory(NamedTuple):
    """A memory as it is kept: as a line of JSON, found by the words of ``body``, which are ``length``."""

    memory: Memory
    line: bytes
    body: str
    length: int


def put_all(connection: sqlite3.Connection, entries: Sequence[KeptMemory]) -> bool:
    """Keep memories in the log, of one key the last; True where one of them replaced another."""
    of_users: dict[str, list[KeptMemory]] = {}
    for entry in entries:
        of_users.setdefault(entry.memory.user, []).append(entry)
    replaced = sum([_put(connection, user, own) for user, own in of_users.items()])
    connection.execute("INSERT INTO memory_words (memory_words, rank) VALUES ('merge', ?)", (MERGED_PAGES,))
    return replaced > 0


def _put(connection: sqlite3.Connection, user: str, entries: Sequence[KeptMemory]) -> int:
    """Keep memories of one user; how many replaced another."""
    # Without RETURNING: FTS5 would begin a new segment before it, as before all that could fail half-way.
    connection.execute(
        """INSERT INTO memory_users (name, last, entries, words) VALUES (?1, ?2, ?2, ?3) ON CONFLICT (name)
            DO UPDATE SET last = last + ?2, entries = entries + ?2, words = words + ?3""",
        (user, len(entries), sum([entry.length for entry in entries])),
    )
    no, last = connection.execute("SELECT no, last FROM memory_users WHERE name = ?", (user,)).fetchone()
    replaced = 0
    for number, entry in enumerate(entries, (no << SHIFT) + last - len(entries) + 1):
        row = _row(number, no, entry)
        if connection.execute(_INSERT, row).rowcount == 0:
            key = (no, entry.memory.key)
            earlier = connection.execute("SELECT id FROM memories WHERE user_no = ? AND key = ?", key).fetchone()
            _remove(connection, no, earlier)
            connection.execute(_INSERT, row)
            replaced += 1
        connection.execute("INSERT INTO memory_contents (id, line) VALUES (?, ?)", (number, entry.line))
        connection.execute("INSERT INTO memory_words (rowid, body) VALUES (?, ?)", (number, entry.body))
    return replaced


def _row(number: int, no: int, entry: KeptMemory) -> tuple[object, ...]:
    """What `_INSERT` takes."""
    memory = entry.memory
    return (
        number,
        no,
        memory.key,
        folded(memory.key),
        memory.kind,
        memory.session_key,
        memory.category,
        memory.created_at,
        entry.length,
        len(entry.line),
    )


def delete(connection: sqlite3.Connection, user: str, key: str) -> int:
    """Remove one memory; how many that were."""
    return _remove_where(connection, user, "key = ?", (key,))


def forget_session(connection: sqlite3.Connection, user: str, session_key: str) -> int:
    """Remove what belongs to a session, at most ``REMOVED_AT_ONCE``; how many that were."""
    return _remove_where(connection, user, "session_key = ?", (session_key,))


def prune(connection: sqlite3.Connection, user: str, before: str, place: Place | None) -> int:
    """Remove what is older than a time, at most ``REMOVED_AT_ONCE``; how many that were."""
    where = {None: "", "wal": " AND file_no IS NULL", "compacted": " AND file_no IS NOT NULL"}[place]
    return _remove_where(connection, user, f"created_at < ?{where}", (before,))


def _remove_where(connection: sqlite3.Connection, user: str, condition: str, values: tuple[str, ...]) -> int:
    found = connection.execute("SELECT no FROM memory_users WHERE name = ?", (user,)).fetchone()
    if found is None:
        return 0
    rows = connection.execute(
        f"SELECT id FROM memories WHERE user_no = ? AND {condition} LIMIT ?",  # noqa: S608 - conditions of this module
        (found[0], *values, REMOVED_AT_ONCE),
    ).fetchall()
    _remove(connection, found[0], [row[0] for row in rows])
    return len(rows)


def _remove(connection: sqlite3.Connection, no: int, ids: Sequence[int]) -> None:
    for number in ids:
        length, file_no = connection.execute(
            "DELETE FROM memories WHERE id = ? RETURNING words, file_no", (number,)
        ).fetchone()
        if file_no is None:
            connection.execute("DELETE FROM memory_contents WHERE id = ?", (number,))
        else:
            connection.execute("UPDATE memory_files SET dirty = 1 WHERE no = ?", (file_no,))
        connection.execute("DELETE FROM memory_words WHERE rowid = ?", (number,))
        connection.execute("DELETE FROM memory_signs WHERE id = ?", (number,))
        connection.execute("DELETE FROM memory_vectors WHERE id = ?", (number,))
        connection.execute(
            "UPDATE memory_users SET entries = entries - 1, words = words - ? WHERE no = ?", (length, no)
        )


def claim(connection: sqlite3.Connection, user_no: int, date: str, taken: Collection[int]) -> tuple[int, int]:
    """Enter a file that is about to be written: its number, and the first part of that day that is not ``taken``."""
    rows = connection.execute("SELECT part FROM memory_files WHERE user_no = ? AND date = ?", (user_no, date))
    used = {*taken, *(row[0] for row in rows)}
    part = next(number for number in range(1, len(used) + 2) if number not in used)
    no = connection.execute(
        "INSERT INTO memory_files (user_no, date, part, state) VALUES (?, ?, ?, 'writing') RETURNING no",
        (user_no, date, part),
    ).fetchone()[0]
    return no, part


def settle(
    connection: sqlite3.Connection,
    no: int,
    user_no: int,
    lines: Sequence[FileLine],
    size: int,
    old: int | None,
    now: str,
) -> int:
    """Let memories lie in a file that was written, in place of the log or of the file ``old``.

    What was removed or replaced meanwhile is left out, and the file is dirty then. Answers how many left the log.
    """
    alive = moved = 0
    for line in lines:
        done = connection.execute(
            "UPDATE memories SET file_no = ?, place = ? WHERE id = ? AND file_no IS ?",
            (no, line.place, line.id, line.came_from),
        ).rowcount
        alive += done
        if done and line.came_from is None:
            connection.execute("DELETE FROM memory_contents WHERE id = ?", (line.id,))
            moved += 1
    state = "kept" if alive else "gone"
    connection.execute(
        "UPDATE memory_files SET state = ?, bytes = ?, dirty = ? WHERE no = ?", (state, size, alive < len(lines), no)
    )
    if old is not None:
        drop_file(connection, old)
    if moved:
        connection.execute("UPDATE memory_users SET compacted_at = ? WHERE no = ?", (now, user_no))
    return moved


def drop_file(connection: sqlite3.Connection, no: int) -> None:
    """Mark a file as one that can go, if no memory lies in it."""
    connection.execute(
        """UPDATE memory_files SET state = 'gone' WHERE no = ?1
            AND NOT EXISTS (SELECT 1 FROM memories WHERE file_no = ?1)""",
        (no,),
    )


def clean(connection: sqlite3.Connection, no: int) -> None:
    """Say that nothing is to be done about a file."""
    connection.execute("UPDATE memory_files SET dirty = 0 WHERE no = ?", (no,))


def strike_out(connection: sqlite3.Connection, no: int) -> None:
    """Forget a file that is no longer there."""
    connection.execute("DELETE FROM memory_files WHERE no = ? AND state <> 'kept'", (no,))


def put_vectors(connection: sqlite3.Connection, model: str, vectors: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Keep vectors (number, signs, vector) of the memories that are still there."""
    for number, bits, vector in vectors:
        if connection.execute("SELECT 1 FROM memories WHERE id = ?", (number,)).fetchone():
            connection.execute(
                "INSERT OR REPLACE INTO memory_signs (id, model, bits) VALUES (?, ?, ?)", (number, model, bits)
            )
            connection.execute("INSERT OR REPLACE INTO memory_vectors (id, vector) VALUES (?, ?)", (number, vector))
