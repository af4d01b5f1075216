"""Which memories match, and how well: the rules of `adapters/memory/finding.py`, asked of PostgreSQL's index.

Of each word the newest holders are gathered and all are counted, up to a bound. Where some word has more holders than
are gathered, those that have the rarest words together come in as well. Of the gathered, the most promising are ranked
by BM25 with all their words at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from openclaw_rpc.adapters.memory.rules import TOGETHER, best, enough, gathered, promising, telling
from openclaw_rpc.adapters.postgres.reads import Where, containing
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.domain.memory.ports import MemoryQuery
from openclaw_rpc.domain.memory.ranking import EXACT_KEY, KEY_PREFIX, READ, rarity, scores, sought

COUNTED: Final = 50_000
"""Up to how many holders of a word are counted."""


class _User(NamedTuple):
    """Whose memories: the user's number, how many there are, with how many words."""

    no: int
    entries: int
    words: int


async def find(db: Transaction, query: MemoryQuery) -> list[tuple[float, int]]:
    """Scores and numbers of the best matches, the best first."""
    row = await db.one("SELECT no, entries, words FROM memory_users WHERE name = $1", query.user)
    if row is None or not row[1]:
        return []
    user = _User(*row)
    found = await _by_words(db, query, user) if query.words else {}
    if query.prefix is not None:
        for number, value in await _by_key(db, query, user, query.prefix):
            found[number] = max(found.get(number, 0.0), value)
    return best(((value, number) for number, value in found.items()), query.limit)


def narrowed(where: Where, query: MemoryQuery) -> None:
    """The filters of a query, on ``memories m``."""
    where.given("m.created_at >= ?", query.since)
    where.given("m.created_at < ?", query.until)
    where.given("m.category = ?", query.category)
    where.given("m.session_key IS DISTINCT FROM ?", query.without_session)
    if query.place is not None:
        where.add("NOT m.compacted" if query.place == "wal" else "m.compacted")


async def _by_words(db: Transaction, query: MemoryQuery, user: _User) -> dict[int, float]:
    counts = await _counted(db, query, user)
    words = telling(counts, user.entries, query.common)
    rarities = {word: rarity(counts[word], user.entries) for word in words}
    held = [word for word in words if counts[word]]
    if not held:
        return {}
    most = gathered(query, len(query.words))
    having = {word: await _holders(db, query, user, [word], most) for word in held}
    settled = {word for word in words if len(having.get(word, ())) < most}
    if len(settled) < len(words):
        rarest = sorted(having, key=lambda word: counts[word])
        for together in (rarest[:some] for some in TOGETHER if some <= len(rarest)):
            for number in await _holders(db, query, user, together, most):
                for word in together:
                    having[word].add(number)
    return await _ranked(db, query, having, settled, rarities, user.words / user.entries)


async def _counted(db: Transaction, query: MemoryQuery, user: _User) -> dict[str, int]:
    """How many of the user's memories hold each word, those of the session that is left out aside."""
    elsewhere = "" if query.without_session is None else "AND session_key IS DISTINCT FROM $4"
    values = () if query.without_session is None else (query.without_session,)
    rows = await db.all(
        f"""SELECT word, (SELECT count(*) FROM (SELECT 1 FROM memories
                WHERE user_no = $1 AND words @> ARRAY[word] {elsewhere} LIMIT $3) AS holders)
            FROM unnest($2::text[]) AS word""",  # noqa: S608 - conditions of this module
        user.no,
        list(query.words),
        COUNTED,
        *values,
    )
    return {row[0]: row[1] for row in rows}


async def _holders(db: Transaction, query: MemoryQuery, user: _User, words: Sequence[str], most: int) -> set[int]:
    """The newest memories that hold all of some words and that the filters let through."""
    where = Where()
    where.add("m.user_no = ?", user.no)
    where.add("m.words @> ?::text[]", list(words))
    narrowed(where, query)
    # By an expression, so that it is the index of words that is looked into.
    sql = f"SELECT m.id FROM memories m{where} ORDER BY m.id + 0 DESC LIMIT {where.value(most)}"  # noqa: S608
    return {row[0] for row in await db.all(sql, *where.values)}


async def _ranked(
    db: Transaction,
    query: MemoryQuery,
    having: Mapping[str, set[int]],
    settled: set[str],
    rarities: Mapping[str, float],
    average: float,
) -> dict[int, float]:
    """The scores of the most promising; all holders of the ``settled`` are known."""
    whole = sum(rarities.values())
    words = sought(rarities, having, settled)
    numbers = list(islice(promising(having, rarities), enough(query.limit)))
    sql = "SELECT id, length, left(body, $2) FROM memories WHERE id = ANY($1)"
    bodies = [(row[0], row[1], row[2]) for row in await db.all(sql, numbers, READ)]
    return scores(bodies, average, words, whole)


async def _by_key(db: Transaction, query: MemoryQuery, user: _User, prefix: str) -> list[tuple[int, float]]:
    where = Where()
    where.add("m.user_no = ?", user.no)
    where.add("m.folded LIKE ?", containing(prefix)[1:])
    where.add("m.kind = 'note'")
    narrowed(where, query)
    sql = f"SELECT m.id, m.folded FROM memories m{where} ORDER BY m.folded LIMIT {where.value(query.limit)}"  # noqa: S608
    return [(row[0], EXACT_KEY if row[1] == prefix else KEY_PREFIX) for row in await db.all(sql, *where.values)]
