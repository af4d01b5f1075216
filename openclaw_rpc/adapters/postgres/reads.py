"""Each read of the store as a function of a transaction."""

from __future__ import annotations

from typing import Any, Final

from openclaw_rpc.adapters.postgres.transaction import Row, Transaction
from openclaw_rpc.adapters.store.rows import event_of, first_place, message_of, run_of, session_of
from openclaw_rpc.adapters.store.rules import cursor_after, key_expiry, no_such_message, read_cursor, whole
from openclaw_rpc.domain.records import EventRecord, RunRecord, SessionQuery, SessionRecord, Spent, UsageQuery, UsageSum
from openclaw_rpc.protocol.chat import ChatMessage

SELECT_SESSION: Final = """SELECT id, user_name, key, agent_id, channel, created_at, updated_at, epoch, seq,
    message_count, title, summary, model, labels, context FROM sessions """
SELECT_MESSAGE: Final = "SELECT message_id, role, content, created_at, status, run_id, model, extra FROM messages "
SELECT_RUN: Final = "SELECT data FROM runs "
NUMBER_OF: Final = "SELECT number FROM sessions WHERE id = $1"
FIND_PLACE: Final = f"SELECT place FROM messages WHERE message_id = $2 AND session = ({NUMBER_OF})"  # noqa: S608
FIND_BY_KEY: Final = (
    SELECT_RUN + "WHERE user_name = $1 AND idempotency_key = $2 AND created_at > $3 ORDER BY created_at DESC LIMIT 1"
)
_SUMS: Final = """count(*), coalesce(sum(prompt_tokens), 0)::bigint, coalesce(sum(completion_tokens), 0)::bigint,
    coalesce(sum(latency_ms), 0)::bigint, sum(cost), coalesce(sum(cached_tokens), 0)::bigint,
    coalesce(sum(reasoning_tokens), 0)::bigint FROM usage"""
_USAGE_KEYS: Final = {
    "day": "substr(at, 1, 10)",
    "session": "session_key",
    "agent": "agent_id",
    "user": "user_name",
    "token": "token",
    "provider": "provider",
    "model": "model",
}


class Where:
    """A WHERE clause and its values, put together from conditions that are wanted, with a `?` for each value."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._conditions: list[str] = []

    def add(self, condition: str, *values: object) -> None:
        """One more condition that must hold."""
        for value in values:
            condition = condition.replace("?", self.value(value), 1)
        self._conditions.append(condition)

    def given(self, condition: str, value: object) -> None:
        """A condition that must hold where its value is not None."""
        if value is not None:
            self.add(condition, value)

    def value(self, value: object) -> str:
        """The place of one more value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def __str__(self) -> str:
        return " WHERE " + " AND ".join(self._conditions) if self._conditions else ""


async def find_session(db: Transaction, user: str, key: str, of_anybody: bool) -> SessionRecord | None:
    """See ``Store.find_session``."""
    narrowed = (
        "WHERE key = $1 ORDER BY user_name <> $2, updated_at DESC, id DESC LIMIT 1"
        if of_anybody
        else "WHERE key = $1 AND user_name = $2"
    )
    row = await db.one(SELECT_SESSION + narrowed, key, user)
    return session_of(row) if row else None


async def list_sessions(db: Transaction, query: SessionQuery) -> tuple[list[SessionRecord], int, str | None]:
    """See ``Store.list_sessions``. A cursor is where the last page ended, so new sessions don't shift the next."""
    where = Where()
    where.given("user_name = ?", query.user)
    where.given("channel = ?", query.channel)
    where.given("agent_id = ?", query.agent_id)
    where.given("updated_at >= ?", query.since)
    where.given("updated_at < ?", query.until)
    if query.text is not None:
        pattern = where.value(containing(query.text))
        says = f'COLLATE "und-x-icu" ILIKE {pattern}'
        inside = f"""EXISTS (SELECT 1 FROM messages WHERE place >= sessions.number << 32
            AND place < (sessions.number + 1) << 32 AND content {says})"""  # noqa: S608
        where.add(f"(title {says} OR key {says} OR summary {says} OR {inside})")
    offset = query.offset
    after = read_cursor(query.cursor) if query.cursor is not None else None
    # A number in the text, so that the statement can be prepared once.
    count = f"SELECT count(*) FROM (SELECT 1 FROM sessions{where} LIMIT {query.count_to + 1}) AS counted"  # noqa: S608
    counted = list(where.values)
    if after is not None:
        where.add("(updated_at, id) < (?, ?)", *after)
        offset = 0
    sql = f"""{SELECT_SESSION}{where} ORDER BY updated_at DESC, id DESC
        LIMIT {where.value(query.limit + 1)} OFFSET {where.value(offset)}"""
    rows = await db.all(sql, *where.values)
    page = [session_of(row) for row in rows[: query.limit]]
    total = whole(query, len(rows))
    if total is None:
        total = await db.value(count, *counted)
    return page, total, cursor_after(page[-1]) if page and len(rows) > len(page) else None


async def messages(
    db: Transaction, session_id: str, limit: int, before: str | None, *, with_it: bool = False
) -> tuple[list[ChatMessage], bool]:
    """See ``Store.messages``."""
    number = await _number(db, session_id)
    beyond = first_place(number + 1)
    if before is not None:
        beyond = await db.value(FIND_PLACE, session_id, before)
        if beyond is None:
            raise no_such_message(before)
        beyond += with_it
    sql = SELECT_MESSAGE + "WHERE place >= $1 AND place < $2 ORDER BY place DESC LIMIT $3"
    rows = await db.all(sql, first_place(number), beyond, limit + 1)
    return [message_of(row) for row in reversed(rows[:limit])], len(rows) > limit


async def find_run(db: Transaction, run_id: str) -> RunRecord | None:
    """See ``Store.find_run``."""
    row = await db.one(SELECT_RUN + "WHERE id = $1", run_id)
    return run_of(row) if row else None


async def unfinished_runs(db: Transaction) -> list[RunRecord]:
    """See ``Store.unfinished_runs``. The oldest first."""
    rows = await db.all(SELECT_RUN + "WHERE status IN ('queued', 'running') ORDER BY created_at, place")
    return [run_of(row) for row in rows]


async def events(db: Transaction, session_id: str, after: int, limit: int) -> list[EventRecord]:
    """See ``Store.events``."""
    first = "(SELECT number << 32 FROM sessions WHERE id = $1)"
    sql = f"""SELECT place, type, data, run_id, marks FROM events WHERE place >= {first} + $2::bigint
        AND place < {first} + {first_place(1)} ORDER BY place LIMIT $3"""  # noqa: S608
    rows = await db.all(sql, session_id, min(max(after + 1, 0), first_place(1)), limit)
    return [event_of(row, session_id) for row in rows]


async def usage(db: Transaction, query: UsageQuery) -> tuple[list[UsageSum], UsageSum]:
    """See ``Store.usage``. The largest are those with the most tokens."""
    where = Where()
    where.given("user_name = ?", query.user)
    where.given("session_key = ?", query.session_key)
    where.given("agent_id = ?", query.agent_id)
    where.given("model = ?", query.model)
    where.given("at >= ?", query.since)
    where.given("at < ?", query.until)
    total = await db.one(f"SELECT 'total', {_SUMS}{where}", *where.values)
    order = "1 DESC" if query.by == "day" else "sum(prompt_tokens) + sum(completion_tokens) DESC, 1"
    by = f"SELECT {_USAGE_KEYS[query.by]}, {_SUMS}{where} GROUP BY 1 ORDER BY {order}"
    rows = await db.all(f"{by} LIMIT {where.value(query.limit)}", *where.values)
    return [_sum_of(row) for row in rows], _sum_of(total or ())


async def spent(db: Transaction, since: str, until: str) -> list[Spent]:
    """See ``Store.spent``."""
    sql = """SELECT user_name, token, agent_id, sum(prompt_tokens + completion_tokens)::bigint,
        coalesce(sum(cost), 0) FROM usage WHERE at >= $1 AND at < $2 GROUP BY 1, 2, 3"""
    return [Spent(*row) for row in await db.all(sql, since, until)]


async def find_repeated(db: Transaction, user: str, key: str, at: str) -> RunRecord | None:
    """See ``Store.find_repeated``."""
    row = await db.one(FIND_BY_KEY, user, key, key_expiry(at))
    return run_of(row) if row else None


def containing(text: str) -> str:
    """The LIKE pattern of what contains a text."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


async def _number(db: Transaction, session_id: str) -> int:
    """A session's number; 0, which no session has, where there is none."""
    number: int | None = await db.value(NUMBER_OF, session_id)
    return number or 0


def _sum_of(row: Row) -> UsageSum:
    return UsageSum(**dict(zip(UsageSum.__struct_fields__, row, strict=True)))
