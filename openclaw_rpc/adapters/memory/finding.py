"""Which memories match, and how well, within a time that does not grow with how many match.

Of each word the newest holders are gathered. Where that is not all, their density tells how many there are, and those
that have the rarest words together come in as well. Of the gathered, the most promising are ranked by BM25 with all
their words at hand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from openclaw_rpc.adapters.memory.rules import TOGETHER, best, enough, gathered, promising, telling
from openclaw_rpc.adapters.memory.schema import SHIFT
from openclaw_rpc.domain.memory.ports import MemoryQuery
from openclaw_rpc.domain.memory.ranking import EXACT_KEY, KEY_PREFIX, READ, rarity, scores, sought

LOOKED_AT: Final = 2_000
"""Of about how many holders of the rarest word it is seen whether they hold the others, too."""
ENDS: Final = 1_000
"""How many entries at either end of a stretch of time are looked at for its lowest and highest number."""
COMMON_KEPT: Final = 4_000
"""Of how many common words it is remembered that they are."""

_NUMBERS: Final = msgspec.json.Decoder(set[int])


class SqlCondition(NamedTuple):
    """A condition on ``memories m`` with its values."""

    sql: str
    values: tuple[Any, ...]


class Range(NamedTuple):
    """The numbers from ``first`` to ``last``."""

    first: int
    last: int

    def newest(self, count: int) -> Range:
        """The highest ``count`` of them."""
        return Range(max(self.first, self.last - count + 1), self.last)


class User(NamedTuple):
    """Whose memories: the user's number, the last number given to one, how many there are, with how many words."""

    no: int
    last: int
    entries: int
    words: int

    @property
    def span(self) -> Range:
        """The numbers of the memories."""
        return Range((self.no << SHIFT) + 1, (self.no << SHIFT) + self.last)


class Common:
    """Words that were common among a user's memories when counted last, and need not be counted each time."""

    def __init__(self) -> None:
        self._entries: dict[tuple[int, str, float], int] = {}

    def leave_out(self, user: User, query: MemoryQuery) -> list[str]:
        """The other words of a query. A word counts again when there are twice as many memories, or half."""
        kept, low, high = self._entries, user.entries // 2, user.entries * 2
        return [word for word in query.words if not low < kept.get((user.no, word, query.common), 0) < high]

    def note(self, user: User, query: MemoryQuery, words: Iterable[str]) -> None:
        """These are common."""
        if len(self._entries) > COMMON_KEPT:
            self._entries.clear()
        self._entries.update({(user.no, word, query.common): user.entries for word in words})


class WordHolders(NamedTuple):
    """The numbers of the newest memories that hold a word, and about how many there are in all."""

    numbers: set[int]
    holders: int


def find(connection: sqlite3.Connection, query: MemoryQuery, common: Common) -> list[tuple[float, int]]:
    """Scores and numbers of the best matches, the best first."""
    row = connection.execute(
        """SELECT no, last, entries, words,
            EXISTS (SELECT 1 FROM memories WHERE user_no = memory_users.no AND session_key = ?)
            FROM memory_users WHERE name = ?""",
        (query.without_session, query.user),
    ).fetchone()
    if row is None or not row[2]:
        return []
    user = User(*row[:4])
    if query.without_session is not None and not row[4]:
        # A conversation that begins: there is nothing to leave out, and nothing need be compared with it.
        query = msgspec.structs.replace(query, without_session=None)
    words = common.leave_out(user, query)
    found = _by_words(connection, query, words, user, common) if words else {}
    if query.prefix is not None:
        for number, value in _by_key(connection, user.no, query.prefix, condition(query), query.limit):
            found[number] = max(found.get(number, 0.0), value)
    return best(((value, number) for number, value in found.items()), query.limit)


def condition(query: MemoryQuery) -> SqlCondition:
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
    return SqlCondition("".join(f" AND {part}" for part in parts), tuple(values))


def _elsewhere(query: MemoryQuery, user: User) -> SqlCondition:
    """A condition on ``rowid``: not of the session that is left out, whose memories may well be all the newest."""
    if query.without_session is None:
        return SqlCondition("", ())
    sql = " AND rowid NOT IN (SELECT id FROM memories WHERE user_no = ? AND session_key = ?)"
    return SqlCondition(sql, (user.no, query.without_session))


def range_of(no: int) -> Range:
    """All numbers that a user's memories can have."""
    return Range(no << SHIFT, ((no + 1) << SHIFT) - 1)


def _by_words(
    connection: sqlite3.Connection, query: MemoryQuery, asked: Sequence[str], user: User, common: Common
) -> dict[int, float]:
    most = gathered(query, len(asked))
    span, elsewhere = user.span, _elsewhere(query, user)
    held = _held(connection, asked, span, elsewhere, most)
    words = telling({word: found.holders for word, found in held.items()}, user.entries, query.common)
    if len(words) < len(held):
        common.note(user, query, held.keys() - words)
    rarities = {word: rarity(held[word].holders, user.entries) for word in words}
    if (query.place or query.since or query.until) and any(held[word].holders > most for word in words):
        # Not all were gathered: begin among those that can be wanted.
        narrow = _narrowed(connection, user.no, query)
        if narrow is None:
            return {}
        span, held = narrow, _held(connection, words, narrow, elsewhere, most)
    having = {word: held[word].numbers for word in words if held[word].holders}
    settled = {word for word in words if held[word].holders <= most}
    if len(settled) < len(words):
        rarest = sorted(having, key=lambda word: held[word].holders)
        looked = (span.last - span.first + 1) * LOOKED_AT // held[rarest[0]].holders
        for together in (rarest[:some] for some in TOGETHER if some <= len(rarest)):
            known = [having[word] for word in together if word in settled]
            if len(known) == len(together) or (known and not known[0].intersection(*known)):
                # All that hold these words together were gathered, or nobody does.
                continue
            numbers = _together(connection, together, span.newest(looked), elsewhere, most)
            for word in together:
                having[word].update(numbers)
    return _ranked(connection, query, having, settled, rarities, user.words / user.entries)


def _held(
    connection: sqlite3.Connection, words: Sequence[str], span: Range, elsewhere: SqlCondition, most: int
) -> dict[str, WordHolders]:
    """The newest ``most`` holders of each word."""
    asked = ", ".join(["(?)"] * len(words))
    rows = connection.execute(
        f"""WITH asked (match) AS (VALUES {asked}) SELECT (
                SELECT json_group_array(rowid) FROM
                (SELECT rowid FROM memory_words WHERE memory_words MATCH asked.match
                AND rowid BETWEEN ? AND ?{elsewhere.sql} ORDER BY rowid DESC LIMIT ?)
            ) FROM asked""",  # noqa: S608 - question marks
        (*map(_quoted, words), *span, *elsewhere.values, most),
    )
    held: dict[str, WordHolders] = {}
    for word, (found,) in zip(words, rows, strict=True):
        numbers = _NUMBERS.decode(found)
        held[word] = WordHolders(numbers, _estimated(numbers, most, span))
    return held


def _estimated(numbers: Collection[int], most: int, span: Range) -> int:
    """How many hold a word of whose newest holders these were found: at most ``most``."""
    count = len(numbers)
    if count < most:
        return count
    return max(count + 1, count * (span.last - span.first + 1) // (span.last - min(numbers) + 1))


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


def _together(
    connection: sqlite3.Connection, words: Sequence[str], span: Range, elsewhere: SqlCondition, limit: int
) -> list[int]:
    rows = connection.execute(
        f"""SELECT rowid FROM memory_words WHERE memory_words MATCH ? AND rowid BETWEEN ? AND ?{elsewhere.sql}
            ORDER BY rowid DESC LIMIT ?""",  # noqa: S608 - question marks
        (" AND ".join(map(_quoted, words)), *span, *elsewhere.values, limit),
    )
    return [row[0] for row in rows]


def _ranked(
    connection: sqlite3.Connection,
    query: MemoryQuery,
    having: Mapping[str, set[int]],
    settled: Collection[str],
    rarities: Mapping[str, float],
    average: float,
) -> dict[int, float]:
    """The scores of the most promising that the filters let through; all holders of the ``settled`` are known."""
    wanted = condition(query)
    wanted_at_least = enough(query.limit)
    whole = sum(rarities.values())
    words = sought(rarities, having, settled)
    order = promising(having, rarities)
    ranked: dict[int, float] = {}
    at, step = 0, wanted_at_least
    while len(ranked) < wanted_at_least and (numbers := list(islice(order, step))):
        ranked.update(scores(_bodies(connection, numbers, wanted), average, words, whole))
        # Where a filter leaves most of them out, ever more are looked at.
        at, step = at + step, max(2 * (wanted_at_least - len(ranked)), at)
    return ranked


def _quoted(word: str) -> str:
    """A word as an FTS5 string, in which nothing has a meaning (https://www.sqlite.org/fts5.html, 3.1)."""
    return '"' + word.replace('"', '""') + '"'


def _bodies(connection: sqlite3.Connection, numbers: Sequence[int], wanted: SqlCondition) -> list[tuple[int, int, str]]:
    # Read from where FTS5 keeps its columns (https://www.sqlite.org/fts5.html, 9.4): it opens a cursor for each row.
    return connection.execute(
        f"""SELECT m.id, m.words, substr(w.c0, 1, {READ}) FROM json_each(?) AS asked
            CROSS JOIN memories m ON m.id = asked.value CROSS JOIN memory_words_content w ON w.id = m.id
            WHERE 1{wanted.sql}""",  # noqa: S608 - see condition
        (msgspec.json.encode(numbers).decode(), *wanted.values),
    ).fetchall()


def _by_key(
    connection: sqlite3.Connection, no: int, prefix: str, wanted: SqlCondition, limit: int
) -> list[tuple[int, float]]:
    rows = connection.execute(
        f"""SELECT m.id, m.folded FROM memories m WHERE m.user_no = ? AND m.folded >= ? AND m.folded < ?
            AND m.kind = 'note'{wanted.sql} ORDER BY m.folded LIMIT ?""",  # noqa: S608 - see condition
        (no, prefix, prefix + "\U0010ffff", *wanted.values, limit),
    )
    return [(number, EXACT_KEY if key == prefix else KEY_PREFIX) for number, key in rows]
