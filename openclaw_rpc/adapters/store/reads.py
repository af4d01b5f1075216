"""Each read of the store as a function of a reader's connection, called inside one read transaction."""

import sqlite3
from typing import Any

from openclaw_rpc.adapters.store.rows import (
    FIND_PLACE,
    NUMBER_OF,
    SELECT_EVENT,
    SELECT_MESSAGE,
    SELECT_RUN,
    SELECT_SESSION,
    Row,
    event_of,
    first_place,
    message_of,
    run_of,
    session_of,
)
from openclaw_rpc.adapters.store.rules import cursor_after, key_expiry, no_such_message, read_cursor, whole
from openclaw_rpc.domain.records import (
    EventRecord,
    RunRecord,
    SessionQuery,
    SessionRecord,
    Spent,
    UsageQuery,
    UsageSum,
)
from openclaw_rpc.protocol.chat import ChatMessage

_SUMS = """count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),
    coalesce(sum(latency_ms), 0), sum(cost), coalesce(sum(cached_tokens), 0),
    coalesce(sum(reasoning_tokens), 0) FROM usage"""
_USERS = """WITH RECURSIVE everybody (user) AS (SELECT min(user) FROM {table} UNION ALL
    SELECT (SELECT min(user) FROM {table} WHERE user > everybody.user) FROM everybody WHERE user IS NOT NULL) """
"""The users that a table has, each by one look into its index by user."""
_NEWEST_OF_EACH = """WHERE number IN (
    SELECT value FROM everybody, json_each((SELECT json_group_array(number) FROM (
        SELECT number FROM sessions{where} ORDER BY updated_at DESC, id DESC LIMIT ?))))"""
_OF_SESSION = "place >= (sessions.number << 32) AND place < ((sessions.number + 1) << 32)"
FIND_BY_KEY = (
    SELECT_RUN + "WHERE user = ? AND idempotency_key = ? AND created_at > ? ORDER BY created_at DESC, rowid LIMIT 1"
)
_USAGE_KEYS = {
    "day": "substr(at, 1, 10)",
    "session": "session_key",
    "agent": "agent_id",
    "user": "user",
    "token": "token",
    "provider": "provider",
    "model": "model",
}


class Where:
    """A WHERE clause and its values, put together from conditions that are wanted."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._conditions: list[str] = []

    def add(self, condition: str, *values: object) -> None:
        """One more condition that must hold."""
        self._conditions.append(condition)
        self.values.extend(values)

    def given(self, condition: str, value: object) -> None:
        """A condition that must hold where its value is not None."""
        if value is not None:
            self.add(condition, value)

    def __str__(self) -> str:
        return " WHERE " + " AND ".join(self._conditions) if self._conditions else ""


def find_session(db: sqlite3.Connection, user: str, key: str, of_anybody: bool) -> SessionRecord | None:
    """See ``Store.find_session``."""
    if of_anybody:
        sql = SELECT_SESSION + "WHERE key = ? ORDER BY user <> ?, updated_at DESC, id DESC LIMIT 1"
    else:
        sql = SELECT_SESSION + "WHERE key = ? AND user = ?"
    row = db.execute(sql, (key, user)).fetchone()
    return session_of(row) if row else None


def list_sessions(db: sqlite3.Connection, query: SessionQuery) -> tuple[list[SessionRecord], int, str | None]:
    """See ``Store.list_sessions``. A cursor is where the last page ended, so new sessions don't shift the next."""
    where = Where()
    where.given("user = ?", query.user)
    where.given("channel = ?", query.channel)
    where.given("agent_id = ?", query.agent_id)
    where.given("updated_at >= ?", query.since)
    where.given("updated_at < ?", query.until)
    if query.text is not None:
        says, pattern = _containing(query.text)
        inside = f"EXISTS (SELECT 1 FROM messages WHERE {_OF_SESSION} AND content {says})"  # noqa: S608
        where.add(f"(title {says} OR key {says} OR summary {says} OR {inside})", *(pattern,) * 4)
    offset = query.offset
    after = read_cursor(query.cursor) if query.cursor is not None else None
    count = f"SELECT count(*) FROM (SELECT 1 FROM sessions{where} LIMIT ?)"  # noqa: S608
    counted = (*where.values, query.count_to + 1)
    if after is not None:
        where.add("(updated_at, id) < (?, ?)", *after)
        offset = 0
    if query.user is None:
        # Everybody's, without an index for them, which would be written for every message: the newest of each user.
        where.add("user = everybody.user")
        sql = _USERS.format(table="sessions") + SELECT_SESSION + _NEWEST_OF_EACH.format(where=where)
        where.values.append(offset + query.limit + 1)
    else:
        sql = f"{SELECT_SESSION}{where}"
    sql += " ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?"
    rows: list[Row] = db.execute(sql, (*where.values, query.limit + 1, offset)).fetchall()
    page = [session_of(row) for row in rows[: query.limit]]
    total = whole(query, len(rows))
    if total is None:
        total = db.execute(count, counted).fetchone()[0]
    return page, total, cursor_after(page[-1]) if page and len(rows) > len(page) else None


def messages(
    db: sqlite3.Connection, session_id: str, limit: int, before: str | None, *, with_it: bool = False
) -> tuple[list[ChatMessage], bool]:
    """See ``Store.messages``."""
    number = _number(db, session_id)
    beyond = first_place(number + 1)
    if before is not None:
        row = db.execute(FIND_PLACE, (before, session_id)).fetchone()
        if row is None:
            raise no_such_message(before)
        beyond = row[0] + with_it
    sql = SELECT_MESSAGE + "WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT ?"
    rows: list[Row] = db.execute(sql, (first_place(number), beyond, limit + 1)).fetchall()
    return [message_of(row) for row in reversed(rows[:limit])], len(rows) > limit


def find_run(db: sqlite3.Connection, run_id: str) -> RunRecord | None:
    """See ``Store.find_run``."""
    row = db.execute(SELECT_RUN + "WHERE id = ?", (run_id,)).fetchone()
    return run_of(row) if row else None


def unfinished_runs(db: sqlite3.Connection) -> list[RunRecord]:
    """See ``Store.unfinished_runs``. The oldest first."""
    rows = db.execute(SELECT_RUN + "WHERE status IN ('queued', 'running') ORDER BY created_at, rowid")
    return [run_of(row) for row in rows]


def events(db: sqlite3.Connection, session_id: str, after: int, limit: int) -> list[EventRecord]:
    """See ``Store.events``."""
    number = _number(db, session_id)
    begin, beyond = first_place(number), first_place(number + 1)
    sql = SELECT_EVENT + "WHERE place >= ? AND place < ? ORDER BY place LIMIT ?"
    rows = db.execute(sql, (min(begin + max(after + 1, 0), beyond), beyond, limit))
    return [event_of(row, session_id) for row in rows]


def usage(db: sqlite3.Connection, query: UsageQuery) -> tuple[list[UsageSum], UsageSum]:
    """See ``Store.usage``. The largest are those with the most tokens."""
    where = Where()
    if query.user is None:
        where.add("user IN (SELECT user FROM everybody)")
    else:
        where.add("user = ?", query.user)
    where.given("session_key = ?", query.session_key)
    where.given("agent_id = ?", query.agent_id)
    where.given("model = ?", query.model)
    where.given("at >= ?", query.since)
    where.given("at < ?", query.until)
    order = "1 DESC" if query.by == "day" else "sum(prompt_tokens) + sum(completion_tokens) DESC, 1"
    everybody = _USERS.format(table="usage") if query.user is None else ""
    by = f"{everybody}SELECT {_USAGE_KEYS[query.by]}, {_SUMS}{where} GROUP BY 1 ORDER BY {order} LIMIT ?"
    sums = [_sum_of(row) for row in db.execute(by, (*where.values, query.limit))]
    total = _sum_of(db.execute(f"{everybody}SELECT 'total', {_SUMS}{where}", where.values).fetchone())
    return sums, total


def spent(db: sqlite3.Connection, since: str, until: str) -> list[Spent]:
    """See ``Store.spent``."""
    everybody = _USERS.format(table="usage")
    sql = f"""{everybody}SELECT user, token, agent_id, sum(prompt_tokens + completion_tokens), total(cost) FROM usage
        WHERE user IN (SELECT user FROM everybody) AND at >= ? AND at < ? GROUP BY 1, 2, 3"""  # noqa: S608
    return [Spent(*row) for row in db.execute(sql, (since, until))]


def find_repeated(db: sqlite3.Connection, user: str, key: str, at: str) -> RunRecord | None:
    """See ``Store.find_repeated``."""
    row = db.execute(FIND_BY_KEY, (user, key, key_expiry(at))).fetchone()
    return run_of(row) if row else None


def _number(db: sqlite3.Connection, session_id: str) -> int:
    """A session's number; 0, which no session has, where there is none."""
    number: int | None = db.execute("SELECT " + NUMBER_OF, (session_id,)).fetchone()[0]
    return number or 0


def _sum_of(row: Row) -> UsageSum:
    return UsageSum(**dict(zip(UsageSum.__struct_fields__, row, strict=True)))


def _containing(text: str) -> tuple[str, str]:
    """A condition that a text contains ``text``, whatever the case, and its pattern.

    LIKE folds the case of ASCII letters alone. For others GLOB with both cases of each letter does it, slower. Both
    find any substring, so Chinese words of two characters as well.
    """
    if any(c.lower() != c.upper() for c in text if not c.isascii()):
        return "GLOB ?", "*" + "".join(_either_case(c) for c in text) + "*"
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return "LIKE ? ESCAPE '\\'", f"%{escaped}%"


def _either_case(character: str) -> str:
    if character in "*?[":
        return f"[{character}]"
    cases = {character, character.lower(), character.upper()}
    single = sorted(case for case in cases if len(case) == 1)
    return f"[{''.join(single)}]" if len(single) > 1 else character
