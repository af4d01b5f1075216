"""Which memories match, and how well, within a time that does not grow with how many match.

First each word's number of holders, counted up to a bound. Then the holders are gathered, of the rarest word first and
the newest first, up to a bound; where that leaves some out, those that have the rarest words together come in before.
Of the gathered, the most promising are ranked by BM25 with all their words at hand.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from openclaw_rpc.adapters.memory.rules import best
from openclaw_rpc.adapters.memory.schema import SHIFT
from openclaw_rpc.domain.memory.ports import MemoryQuery
from openclaw_rpc.domain.memory.ranking import EXACT_KEY, KEY_PREFIX, READ, rarity, score

COUNTED: Final = 60_000
"""How many holders are counted, of all words together."""
GATHERED: Final = 4_000
TOGETHER: Final = 3
"""How many of the rarest words must come together where there are too many holders to gather."""
TOGETHER_GATHERED: Final = 1_000
ENDS: Final = 1_000
"""How many entries at either end of a stretch of time are looked at for its lowest and highest number."""
RANKED: Final = 100
RANKED_EACH: Final = 6
"""How many are ranked with all their words at hand: so many for each that is asked for, `RANKED` at the most."""


class Filter(NamedTuple):
    """A condition on ``memories m`` with its values."""

    sql: str
    values: tuple[Any, ...]


class Range(NamedTuple):
    """The numbers from ``first`` to ``last``."""

    first: int
    last: int


def find(connection: sqlite3.Connection, query: MemoryQuery) -> list[tuple[float, int]]:
    """Scores and numbers of the best matches, the best first."""
    user = connection.execute("SELECT no, entries, words FROM users WHERE name = ?", (query.user,)).fetchone()
    if user is None or not user[1]:
        return []
    no, entries, words = user
    found = _by_words(connection, query, no, entries, words / entries) if query.words else {}
    if query.prefix is not None:
        for number, value in _by_key(connection, no, query.prefix, condition(query), query.limit):
            found[number] = max(found.get(number, 0.0), value)
    return best(((value, number) for number, value in found.items()), query.limit)


def condition(query: MemoryQuery) -> Filter:
    """The filters of a query."""
    parts: list[str] = []
    values: list[Any] = []
    for sql, value in (
        ("m.created_at >= ?", query.since),
        ("m.created_at < ?", query.until),
        ("m.category = ?", query.category),
        ("m.session_key IS NOT ?", query.without_session),
    ):
        if value is not None:
            parts.append(sql)
            values.append(value)
    if query.place is not None:
        parts.append(f"m.file_no IS {'' if query.place == 'wal' else 'NOT '}NULL")
    return Filter("".join(f" AND {part}" for part in parts), tuple(values))


def range_of(no: int) -> Range:
    """All numbers of a user's memories."""
    return Range(no << SHIFT, ((no + 1) << SHIFT) - 1)


def _by_words(
    connection: sqlite3.Connection, query: MemoryQuery, no: int, entries: int, average: float
) -> dict[int, float]:
    span = range_of(no)
    most = COUNTED // len(query.words)
    holders = {word: _count(connection, word, span, most) for word in query.words}
    rarities = {word: rarity(count, entries) for word, count in holders.items()}
    if sum(holders.values()) > GATHERED and (query.place or query.since or query.until):
        # Not all will be gathered: begin among those that can be wanted.
        narrow = _narrowed(connection, no, query)
        if narrow is None:
            return {}
        span = narrow
        holders = {word: _count(connection, word, span, most) for word in query.words}
    rarest = sorted((word for word in query.words if holders[word]), key=holders.__getitem__)
    having = _gather(connection, rarest, holders, span)
    promising: dict[int, float] = {}
    for word, numbers in having.items():
        worth = rarities[word]
        for number in numbers:
            promising[number] = promising.get(number, 0.0) + worth
    order = sorted(((value, number) for number, value in promising.items()), reverse=True)
    return _ranked(connection, query, [number for _, number in order], having, rarities, average)


def _narrowed(connection: sqlite3.Connection, no: int, query: MemoryQuery) -> Range | None:
    """About the numbers that place and times allow; None where they allow none.

    Numbers grow with time as long as the clock does, so it is enough to look at both ends.
    """
    narrow = condition(MemoryQuery(user="", limit=0, place=query.place, since=query.since, until=query.until))
    sql = f"SELECT m.id, m.created_at FROM memories m WHERE m.user_no = ?{narrow.sql}"  # noqa: S608 - see condition
    first, last = connection.execute(
        f"""SELECT (SELECT min(id) FROM (SELECT id FROM ({sql}) ORDER BY created_at LIMIT {ENDS})),
            (SELECT max(id) FROM (SELECT id FROM ({sql}) ORDER BY created_at DESC LIMIT {ENDS}))""",  # noqa: S608
        (no, *narrow.values, no, *narrow.values),
    ).fetchone()
    return None if first is None else Range(first, last)


def _ranked(
    connection: sqlite3.Connection,
    query: MemoryQuery,
    order: Sequence[int],
    having: Mapping[str, set[int]],
    rarities: Mapping[str, float],
    average: float,
) -> dict[int, float]:
    """The scores of the most promising that the filters let through."""
    wanted = condition(query)
    enough = max(min(RANKED, query.limit * RANKED_EACH), query.limit)
    ranked: dict[int, float] = {}
    at, step = 0, enough
    while at < len(order) and len(ranked) < enough:
        for number, length, body in _bodies(connection, order[at : at + step], wanted):
            known = [word for word, numbers in having.items() if number in numbers]
            ranked[number] = score(rarities, body, length, average, known)
        at, step = at + step, step * 2
    return ranked


def _gather(
    connection: sqlite3.Connection, rarest: Sequence[str], holders: Mapping[str, int], span: Range
) -> dict[str, set[int]]:
    """The numbers of the memories that have each word, as far as they are gathered."""
    having: dict[str, set[int]] = {}
    if len(rarest) > 1 and sum(holders.values()) > GATHERED:
        together = rarest[:TOGETHER]
        numbers = _holders(connection, " AND ".join(map(_quoted, together)), span, TOGETHER_GATHERED)
        having = {word: set(numbers) for word in together}
    room = GATHERED
    for word in rarest:
        if room <= 0:
            break
        numbers = _holders(connection, _quoted(word), span, room)
        having.setdefault(word, set()).update(numbers)
        room -= len(numbers)
    return having


def _count(connection: sqlite3.Connection, word: str, span: Range, limit: int) -> int:
    sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?)"
    return connection.execute(sql, (_quoted(word), *span, limit)).fetchone()[0]


def _holders(connection: sqlite3.Connection, match: str, span: Range, limit: int) -> list[int]:
    sql = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?"
    return [row[0] for row in connection.execute(sql, (match, *span, limit))]


def _quoted(word: str) -> str:
    """A word as an FTS5 string, in which nothing has a meaning (https://www.sqlite.org/fts5.html, 3.1)."""
    return '"' + word.replace('"', '""') + '"'


def _bodies(connection: sqlite3.Connection, numbers: Sequence[int], wanted: Filter) -> list[tuple[int, int, str]]:
    return connection.execute(
        f"""SELECT m.id, m.words, substr(w.body, 1, {READ}) FROM json_each(?) AS asked
            CROSS JOIN memories m ON m.id = asked.value CROSS JOIN words w ON w.rowid = m.id
            WHERE 1{wanted.sql}""",  # noqa: S608 - see condition
        (json.dumps(numbers), *wanted.values),
    ).fetchall()


def _by_key(
    connection: sqlite3.Connection, no: int, prefix: str, wanted: Filter, limit: int
) -> list[tuple[int, float]]:
    rows = connection.execute(
        f"""SELECT m.id, m.folded FROM memories m WHERE m.user_no = ? AND m.folded >= ? AND m.folded < ?
            AND m.kind = 'note'{wanted.sql} ORDER BY m.folded LIMIT ?""",  # noqa: S608 - see condition
        (no, prefix, prefix + "\U0010ffff", *wanted.values, limit),
    )
    return [(number, EXACT_KEY if key == prefix else KEY_PREFIX) for number, key in rows]
