"""What is done in the reading threads, besides finding: loading, counting, and planning a compaction."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec

from openclaw_rpc.adapters.memory import vectors
from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.memory.finding import Common, condition, find, range_of
from openclaw_rpc.adapters.memory.rules import best, memory_of
from openclaw_rpc.domain.memory.ports import Memory, MemoryCounts, MemoryHit, MemoryQuery, Place, Unembedded

STEP_ENTRIES = 2_000
STEP_BYTES = 8 * 1024 * 1024
"""How much of the log one step of a compaction takes."""
MERGED_BYTES = 4 * 1024 * 1024
"""A file smaller than this is written anew together with what comes to its day."""


class Loaded(NamedTuple):
    """Memories by number with where they lie, and whether some could not be read."""

    memories: dict[int, tuple[Memory, Place]]
    torn: bool


class FoundMemories(NamedTuple):
    """Hits, and whether some could not be read."""

    hits: list[MemoryHit]
    torn: bool


class Item(NamedTuple):
    """A line for a new file; ``came_from`` is the file it lies in, None for the log."""

    id: int
    line: bytes
    came_from: int | None


class Plan(NamedTuple):
    """A step of a compaction: these lines into one file, which takes the place of the file ``old``."""

    user_no: int
    user: str
    date: str
    items: list[Item]
    old: int | None


def search(connection: sqlite3.Connection, folder: Folder, query: MemoryQuery, common: Common) -> FoundMemories:
    """The best matches, the best first."""
    return _hits(connection, folder, find(connection, query, common))


def near(
    connection: sqlite3.Connection, folder: Folder, query: MemoryQuery, model: str, vector: Sequence[float]
) -> FoundMemories:
    """The nearest in meaning, the nearest first."""
    user = connection.execute("SELECT no FROM memory_users WHERE name = ?", (query.user,)).fetchone()
    if user is None:
        return FoundMemories([], False)
    wanted = condition(query)
    rows = connection.execute(
        f"""SELECT s.id, s.bits FROM memory_signs s CROSS JOIN memories m ON m.id = s.id
            WHERE s.id BETWEEN ? AND ? AND s.model = ?{wanted.sql} ORDER BY s.id DESC LIMIT ?""",  # noqa: S608
        (*range_of(user[0]), model, *wanted.values, vectors.LOOKED_AT),
    ).fetchall()
    asked = vectors.unpacked(vectors.packed(vector))
    numbers = vectors.likest(vectors.signs(asked), rows)
    scored: list[tuple[float, int]] = []
    for number, data in connection.execute(
        "SELECT v.id, v.vector FROM json_each(?) AS asked CROSS JOIN memory_vectors v ON v.id = asked.value",
        (msgspec.json.encode(numbers).decode(),),
    ):
        value = vectors.cosine(asked, vectors.unpacked(data))
        if value > 0:
            scored.append((min(value, 1.0), number))
    return _hits(connection, folder, best(scored, query.limit))


def unembedded(
    connection: sqlite3.Connection, folder: Folder, model: str, limit: int, without: Collection[str]
) -> list[Unembedded]:
    """The newest memories without a vector of that model, but for those of some users."""
    rows = connection.execute(
        """SELECT id FROM memories
            WHERE NOT EXISTS (SELECT 1 FROM memory_signs s WHERE s.id = memories.id AND s.model = ?)
                AND user_no NOT IN (SELECT no FROM memory_users WHERE name IN (SELECT value FROM json_each(?)))
            ORDER BY id DESC LIMIT ?""",
        (model, msgspec.json.encode(list(without)).decode(), limit),
    ).fetchall()
    memories = load(connection, folder, [row[0] for row in rows]).memories
    return [Unembedded(number=number, memory=memory) for number, (memory, _) in memories.items()]


def load(connection: sqlite3.Connection, folder: Folder, numbers: Sequence[int]) -> Loaded:
    """The memories of these numbers, from the log and from the files."""
    rows = connection.execute(
        """SELECT m.id, u.name, m.key, c.line, f.no, f.date, f.part, m.place, m.size FROM json_each(?) AS asked
            CROSS JOIN memories m ON m.id = asked.value JOIN memory_users u ON u.no = m.user_no
            LEFT JOIN memory_contents c ON c.id = m.id LEFT JOIN memory_files f ON f.no = m.file_no""",
        (msgspec.json.encode(numbers).decode(),),
    ).fetchall()
    filed: dict[int, list[Any]] = {}
    for row in rows:
        if row[3] is None and row[4] is not None:
            filed.setdefault(row[4], []).append(row)
    lines: dict[int, bytes] = {row[0]: row[3] for row in rows if row[3] is not None}
    for of_file in filed.values():
        _, user, _, _, _, date, part, _, _ = of_file[0]
        try:
            pieces = folder.read(folder.path(user, date, part), [(row[7], row[8]) for row in of_file])
        except OSError:
            continue
        lines.update((row[0], piece) for row, piece in zip(of_file, pieces, strict=True))
    memories: dict[int, tuple[Memory, Place]] = {}
    for number, user, key, line, *_ in rows:
        memory = _read(user, key, lines.get(number))
        if memory is not None:
            memories[number] = memory, "wal" if line is not None else "compacted"
    return Loaded(memories, len(memories) < len(rows))


def counts(connection: sqlite3.Connection, user: str | None) -> MemoryCounts:
    """How much a user has, or everybody."""
    whose, values = (
        ("", ()) if user is None else ("AND user_no = (SELECT no FROM memory_users WHERE name = ?)", (user,))
    )
    log = connection.execute(
        f"SELECT count(*), total(size), min(created_at) FROM memories WHERE file_no IS NULL {whose}",  # noqa: S608
        values,
    ).fetchone()
    files = connection.execute(
        f"SELECT count(*), total(bytes) FROM memory_files WHERE state = 'kept' {whose}",  # noqa: S608
        values,
    ).fetchone()
    last = connection.execute("SELECT max(compacted_at) FROM memory_users WHERE ?1 IS NULL OR name = ?1", (user,))
    return MemoryCounts(
        log_entries=log[0],
        log_bytes=int(log[1]),
        log_oldest=log[2],
        files=files[0],
        file_bytes=int(files[1]),
        last_compaction=last.fetchone()[0],
    )


def plan(connection: sqlite3.Connection, folder: Folder, user: str | None, before: str, limit: int) -> Plan | None:
    """The next step: the oldest day of the log that is due, with that day's file where that is small."""
    oldest: tuple[str, int, str] | None = None
    for no, name in connection.execute(
        "SELECT no, name FROM memory_users WHERE ?1 IS NULL OR name = ?1", (user,)
    ).fetchall():
        found = connection.execute(
            "SELECT min(created_at) FROM memories WHERE user_no = ? AND file_no IS NULL AND created_at < ?",
            (no, before),
        ).fetchone()[0]
        if found is not None and (oldest is None or found < oldest[0]):
            oldest = found, no, name
    if oldest is None:
        return None
    date, no, name = oldest[0][:10], oldest[1], oldest[2]
    items: list[Item] = []
    size = 0
    for number, line in connection.execute(
        """SELECT m.id, c.line FROM memories m JOIN memory_contents c ON c.id = m.id WHERE m.user_no = ?
            AND m.file_no IS NULL AND m.created_at >= ? AND m.created_at < ? ORDER BY m.created_at, m.id LIMIT ?""",
        (no, date, min(before, date + "U"), min(limit, STEP_ENTRIES)),
    ):
        items.append(Item(number, line, None))
        size += len(line)
        if size >= STEP_BYTES:
            break
    row = connection.execute(
        """SELECT no, part FROM memory_files WHERE user_no = ? AND date = ? AND state = 'kept' AND bytes < ?
            ORDER BY bytes""",
        (no, date, MERGED_BYTES),
    ).fetchone()
    if row is not None:
        earlier = _items(connection, folder, row[0], name, date, row[1])
        if earlier is not None:
            return Plan(no, name, date, earlier + items, row[0])
    return Plan(no, name, date, items, None)


def dirty(connection: sqlite3.Connection, folder: Folder) -> tuple[int, Plan | None] | None:
    """A file that holds removed lines, and the step that writes it without them; None for one that can't be read."""
    row = connection.execute(
        """SELECT f.no, f.user_no, u.name, f.date, f.part FROM memory_files f JOIN memory_users u ON u.no = f.user_no
            WHERE f.dirty AND f.state = 'kept' LIMIT 1"""
    ).fetchone()
    if row is None:
        return None
    no, user_no, user, date, part = row
    items = _items(connection, folder, no, user, date, part)
    return no, None if items is None else Plan(user_no, user, date, items, no)


def leftovers(connection: sqlite3.Connection) -> list[tuple[int, str, str, int]]:
    """Files that a crash left half-written, or did not let go: number, user, date, part."""
    return connection.execute(
        """SELECT f.no, u.name, f.date, f.part FROM memory_files f JOIN memory_users u ON u.no = f.user_no
            WHERE f.state <> 'kept'"""
    ).fetchall()


def _items(
    connection: sqlite3.Connection, folder: Folder, no: int, user: str, date: str, part: int
) -> list[Item] | None:
    """The lines of a file that are still wanted; None where one of them can't be read."""
    rows = connection.execute(
        "SELECT id, key, place, size FROM memories WHERE file_no = ? ORDER BY place", (no,)
    ).fetchall()
    if not rows:
        return []
    try:
        lines = folder.read(folder.path(user, date, part), [(place, size) for _, _, place, size in rows])
    except OSError:
        return None
    if any(_read(user, row[1], line) is None for row, line in zip(rows, lines, strict=True)):
        return None
    return [Item(row[0], line, no) for row, line in zip(rows, lines, strict=True)]


def _hits(connection: sqlite3.Connection, folder: Folder, found: Sequence[tuple[float, int]]) -> FoundMemories:
    if not found:
        return FoundMemories([], False)
    memories, torn = load(connection, folder, [number for _, number in found])
    return FoundMemories(
        [
            MemoryHit(memory=memories[number][0], score=value, place=memories[number][1])
            for value, number in found
            if number in memories
        ],
        torn,
    )


def _read(user: str, key: str, line: bytes | None) -> Memory | None:
    """The memory of a line; None where it is another's, or damaged."""
    if line is None:
        return None
    try:
        memory = memory_of(user, line)
    except msgspec.DecodeError:
        return None
    return memory if memory.key == key else None
