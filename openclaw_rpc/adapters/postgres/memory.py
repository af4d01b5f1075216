"""Memories in PostgreSQL: all in one table, where a compaction only marks those that it has folded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final, NamedTuple

from openclaw_rpc.adapters.memory import vectors
from openclaw_rpc.adapters.memory.rules import best, line_of, memory_of
from openclaw_rpc.adapters.memory.schema import SHIFT
from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.finding import find, narrowed
from openclaw_rpc.adapters.postgres.reads import Where
from openclaw_rpc.adapters.postgres.transaction import Row, Transaction
from openclaw_rpc.domain.memory.ports import Folded, Memory, MemoryCounts, MemoryHit, MemoryQuery, Place, Unembedded
from openclaw_rpc.domain.memory.words import folded

_USER: Final = """INSERT INTO memory_users (name, last, entries, words) VALUES ($1, $2, $2, $3) ON CONFLICT (name)
    DO UPDATE SET last = memory_users.last + $2, entries = memory_users.entries + $2, words = memory_users.words + $3
    RETURNING no, last"""
_INSERT: Final = """INSERT INTO memories VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, false, $10, $11,
    string_to_array($12, ' '))"""
_REMOVED: Final = """WITH gone AS (DELETE FROM memories WHERE id = ANY($1) RETURNING id, user_no, length),
    signs AS (DELETE FROM memory_signs WHERE id = ANY($1)), vectors AS (DELETE FROM memory_vectors WHERE id = ANY($1))
    UPDATE memory_users SET entries = entries - of_user.count, words = memory_users.words - of_user.words
    FROM (SELECT user_no, count(*) AS count, sum(length)::bigint AS words FROM gone GROUP BY user_no) AS of_user
    WHERE no = of_user.user_no"""
_NO: Final = "(SELECT no FROM memory_users WHERE name = ?)"
_LOAD: Final = """SELECT m.id, u.name, m.line, m.compacted FROM memories m JOIN memory_users u ON u.no = m.user_no
    WHERE m.id = ANY($1)"""


class _Entry(NamedTuple):
    """A memory as it is kept."""

    memory: Memory
    line: bytes
    words: Sequence[str]


class PostgresMemoryStore:
    """The port :class:`~openclaw_rpc.domain.memory.ports.MemoryStore`."""

    def __init__(self, database: Postgres) -> None:
        self._database = database

    async def put(self, memory: Memory, words: Sequence[str]) -> bool:
        """See the port."""
        return await self._put([memory], [words]) > 0

    async def put_all(self, memories: Sequence[Memory], words: Sequence[Sequence[str]]) -> None:
        """See the port."""
        await self._put(memories, words)

    async def _put(self, memories: Sequence[Memory], words: Sequence[Sequence[str]]) -> int:
        of_users: dict[str, dict[str, _Entry]] = {}
        for memory, of_it in zip(memories, words, strict=True):
            # Of one key the last.
            of_users.setdefault(memory.user, {}).pop(memory.key, None)
            of_users[memory.user][memory.key] = _Entry(memory, line_of(memory), of_it)
        return await self._database.write(partial(_put_all, of_users=of_users))

    async def search(self, query: MemoryQuery) -> list[MemoryHit]:
        """See the port."""
        return await self._database.read(partial(_search, query=query))

    async def delete(self, user: str, key: str) -> bool:
        """See the port."""
        return await self._remove(user, "key = ?", key) > 0

    async def forget_session(self, user: str, session_key: str) -> int:
        """See the port."""
        return await self._remove(user, "session_key = ?", session_key)

    async def prune(self, user: str, before: str, place: Place | None) -> int:
        """See the port."""
        where = {None: "", "wal": " AND NOT compacted", "compacted": " AND compacted"}[place]
        return await self._remove(user, "created_at < ?" + where, before)

    async def _remove(self, user: str, condition: str, value: str) -> int:
        return await self._database.write(partial(_remove_where, user=user, condition=condition, value=value))

    async def counts(self, user: str | None) -> MemoryCounts:
        """See the port. A file is a user's folded entries of a day."""
        return await self._database.read(partial(_counts, user=user), single=True)

    async def compact(self, user: str | None, before: str, now: str, limit: int | None = None) -> Folded:
        """See the port."""
        return await self._database.write(partial(_compact, user=user, before=before, now=now, limit=limit))

    async def unembedded(self, model: str, limit: int, without: Collection[str] = ()) -> list[Unembedded]:
        """See the port."""
        return await self._database.read(partial(_unembedded, model=model, limit=limit, without=without))

    async def put_vectors(self, model: str, vectors: Sequence[tuple[int, Sequence[float]]]) -> None:
        """See the port."""
        await self._database.write(partial(_put_vectors, model=model, given=vectors))

    async def near(self, query: MemoryQuery, model: str, vector: Sequence[float]) -> list[MemoryHit]:
        """See the port."""
        return await self._database.read(partial(_near, query=query, model=model, vector=vector))


async def _put_all(db: Transaction, of_users: dict[str, dict[str, _Entry]]) -> int:
    return sum([await _put(db, user, list(entries.values())) for user, entries in of_users.items()])


async def _put(db: Transaction, user: str, entries: Sequence[_Entry]) -> int:
    """Keep memories of one user; how many replaced another."""
    total = sum(len(entry.words) for entry in entries)
    ((no, last),) = await db.changing(_USER, user, len(entries), total)
    keys = [entry.memory.key for entry in entries]
    earlier = await db.all("SELECT id FROM memories WHERE user_no = $1 AND key = ANY($2)", no, keys)
    if earlier:
        await db.change(_REMOVED, [row[0] for row in earlier])
    first = (no << SHIFT) + last - len(entries) + 1
    await db.change_each(_INSERT, [_row(number, no, entry) for number, entry in enumerate(entries, first)])
    return len(earlier)


def _row(number: int, no: int, entry: _Entry) -> Row:
    """What `_INSERT` takes."""
    memory, words = entry.memory, entry.words
    return (
        number,
        no,
        memory.key,
        folded(memory.key),
        memory.kind,
        memory.session_key,
        memory.category,
        memory.created_at,
        len(words),
        entry.line,
        " ".join(words),
        " ".join(dict.fromkeys(words)),
    )


async def _remove_where(db: Transaction, user: str, condition: str, value: str) -> int:
    where = Where()
    where.add(f"user_no = {_NO}", user)
    where.add(condition, value)
    ids = [row[0] for row in await db.all(f"SELECT id FROM memories{where}", *where.values)]  # noqa: S608
    if ids:
        await db.change(_REMOVED, ids)
    return len(ids)


async def _search(db: Transaction, query: MemoryQuery) -> list[MemoryHit]:
    return await _hits(db, await find(db, query))


async def _hits(db: Transaction, found: Sequence[tuple[float, int]]) -> list[MemoryHit]:
    rows = {row[0]: row for row in await db.all(_LOAD, [number for _, number in found])} if found else {}
    hits: list[MemoryHit] = []
    for score, number in found:
        _, user, line, compacted = rows[number]
        hits.append(MemoryHit(memory=memory_of(user, line), score=score, place="compacted" if compacted else "wal"))
    return hits


async def _counts(db: Transaction, user: str | None) -> MemoryCounts:
    whose, values = ("", ()) if user is None else ("WHERE u.name = $1", (user,))
    row = await db.one(
        f"""SELECT count(m.id) FILTER (WHERE NOT m.compacted),
            coalesce(sum(length(m.line)) FILTER (WHERE NOT m.compacted), 0)::bigint,
            min(m.created_at) FILTER (WHERE NOT m.compacted),
            count(DISTINCT (m.user_no, left(m.created_at, 10))) FILTER (WHERE m.compacted),
            coalesce(sum(length(m.line) + 1) FILTER (WHERE m.compacted), 0)::bigint, max(u.compacted_at)
            FROM memory_users u LEFT JOIN memories m ON m.user_no = u.no {whose}""",  # noqa: S608
        *values,
    )
    if row is None:
        return MemoryCounts()
    return MemoryCounts(
        log_entries=row[0],
        log_bytes=row[1],
        log_oldest=row[2],
        files=row[3],
        file_bytes=row[4],
        last_compaction=row[5],
    )


async def _compact(db: Transaction, user: str | None, before: str, now: str, limit: int | None) -> Folded:
    rows = await db.changing(
        f"""UPDATE memories SET compacted = true WHERE id IN (
            SELECT id FROM memories WHERE NOT compacted AND created_at < $1
            AND ($2::text IS NULL OR user_no = {_NO.replace("?", "$2")}) ORDER BY created_at, id LIMIT $3)
            RETURNING user_no, left(created_at, 10)""",  # noqa: S608
        before,
        user,
        limit,
    )
    if rows:
        users = list({row[0] for row in rows})
        await db.change("UPDATE memory_users SET compacted_at = $1 WHERE no = ANY($2)", now, users)
    return Folded(files=len(set(rows)), entries=len(rows))


async def _unembedded(db: Transaction, model: str, limit: int, without: Collection[str]) -> list[Unembedded]:
    rows = await db.all(
        """SELECT m.id, u.name, m.line FROM memories m JOIN memory_users u ON u.no = m.user_no
            WHERE NOT EXISTS (SELECT 1 FROM memory_signs s WHERE s.id = m.id AND s.model = $1)
                AND u.name <> ALL($3)
            ORDER BY m.id DESC LIMIT $2""",
        model,
        limit,
        list(without),
    )
    return [Unembedded(number=number, memory=memory_of(user, line)) for number, user, line in rows]


async def _put_vectors(db: Transaction, model: str, given: Sequence[tuple[int, Sequence[float]]]) -> None:
    known = {row[0] for row in await db.all("SELECT id FROM memories WHERE id = ANY($1)", [one[0] for one in given])}
    kept = [(number, vector) for number, vector in given if number in known]
    await db.change_each(
        """INSERT INTO memory_signs VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET model = excluded.model, bits = excluded.bits""",
        [(number, model, vectors.signs(vector)) for number, vector in kept],
    )
    await db.change_each(
        "INSERT INTO memory_vectors VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET vector = excluded.vector",
        [(number, vectors.packed(vector)) for number, vector in kept],
    )


async def _near(db: Transaction, query: MemoryQuery, model: str, vector: Sequence[float]) -> list[MemoryHit]:
    where = Where()
    where.add(f"m.user_no = {_NO}", query.user)
    where.add("s.model = ?", model)
    narrowed(where, query)
    sql = f"""SELECT s.id, s.bits FROM memory_signs s JOIN memories m ON m.id = s.id{where}
        ORDER BY s.id DESC LIMIT {where.value(vectors.LOOKED_AT)}"""  # noqa: S608
    rows = await db.all(sql, *where.values)
    asked = vectors.unpacked(vectors.packed(vector))
    numbers = vectors.likest(vectors.signs(asked), [(row[0], row[1]) for row in rows])
    scored: list[tuple[float, int]] = []
    for number, data in await db.all("SELECT id, vector FROM memory_vectors WHERE id = ANY($1)", numbers):
        value = vectors.cosine(asked, vectors.unpacked(data))
        if value > 0:
            scored.append((min(value, 1.0), number))
    return await _hits(db, best(scored, query.limit))
