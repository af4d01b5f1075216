"""Each write of the store as a function of the connection, called inside the writer's transaction.

A write that may be refused is refused before it changes anything, so that it disturbs no other of its group.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from openclaw_rpc.adapters.store.rows import (
    FIND_PLACE,
    SELECT_MESSAGE,
    SELECT_RUN,
    NewMessage,
    Row,
    message_of,
    new_message,
    run_of,
)
from openclaw_rpc.adapters.store.rules import copied, key_taken, trimming
from openclaw_rpc.domain.records import RunRecord

_INSERT_SESSION = """INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_INSERT_MESSAGE = """INSERT INTO messages (
    session_id, message_id, role, content, created_at, status, run_id, model, extra
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id, session_id) DO NOTHING"""
_REPLACE_MESSAGE = """UPDATE messages SET role = ?, content = ?, created_at = ?, status = ?, run_id = ?, model = ?,
    extra = ? WHERE message_id = ? AND session_id = ?"""
_PUT_RUN = """INSERT INTO runs (id, session_id, user, status, created_at, idempotency_key, data)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status, data = excluded.data"""
_PUT_EVENT = "INSERT OR REPLACE INTO events (session_id, seq, type, data, run_id, marks) VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_USAGE = "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ADVANCE = """UPDATE sessions SET message_count = message_count + ?, updated_at = max(updated_at, ?), seq = max(seq, ?),
    epoch = coalesce(?, epoch), summary = coalesce(summary, ?) WHERE id = ?"""
_TRIM = """DELETE FROM events WHERE session_id = ?1 AND seq <= (
    SELECT seq FROM events WHERE session_id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)"""
_UPDATE_SESSION = """UPDATE sessions SET title = ?, model = ?, agent_id = ?, labels = ?, context = ?, updated_at = ?,
    epoch = ? WHERE id = ?"""
_FIND_BY_KEY = (
    SELECT_RUN + "WHERE user = ? AND idempotency_key = ? AND created_at > ? ORDER BY created_at DESC, rowid LIMIT 1"
)


class Batch(NamedTuple):
    """What ``Store.commit`` keeps at once, as rows; of events a session keeps about ``keep_events``."""

    session_id: str
    messages: Sequence[NewMessage]
    events: Sequence[Row]
    run: Row | None
    usage: Sequence[Row]
    epoch: str | None
    keep_events: int


def create_session(db: sqlite3.Connection, row: Row) -> None:
    """See ``Store.create_session``."""
    if db.execute(_INSERT_SESSION, row).rowcount == 0:
        raise key_taken(row[2])


def update_session(db: sqlite3.Connection, row: Row) -> None:
    """See ``Store.update_session``."""
    record_id, agent_id, updated_at, epoch = row[0], row[3], row[6], row[7]
    title, model, labels, context = row[10], row[12], row[13], row[14]
    db.execute(_UPDATE_SESSION, (title, model, agent_id, labels, context, updated_at, epoch, record_id))


def delete_session(db: sqlite3.Connection, session_id: str) -> bool:
    """See ``Store.delete_session``; messages, runs and events go by the foreign key."""
    return db.execute("DELETE FROM sessions WHERE id = ?", (session_id,)).rowcount > 0


def clear_session(db: sqlite3.Connection, session_id: str) -> None:
    """See ``Store.clear_session``. The summary, a message's words, goes with the messages."""
    db.execute("DELETE FROM messages WHERE session_id = ?", (session_id,))
    db.execute("DELETE FROM runs WHERE session_id = ?", (session_id,))
    db.execute("DELETE FROM events WHERE session_id = ?", (session_id,))
    db.execute("UPDATE sessions SET message_count = 0, summary = NULL WHERE id = ?", (session_id,))


def copy_session(db: sqlite3.Connection, source_id: str, row: Row, upto: str | None) -> bool:
    """See ``Store.copy_session``."""
    if db.execute("SELECT 1 FROM sessions WHERE id = ?", (source_id,)).fetchone() is None:
        return False
    last = 1 << 62
    if upto is not None:
        found = db.execute(FIND_PLACE, (upto, source_id)).fetchone()
        if found is None:
            return False
        last = found[0]
    create_session(db, row)
    sql = SELECT_MESSAGE + "WHERE session_id = ? AND place <= ? ORDER BY place"
    copies = [new_message(copied(message_of(m)), row[0]) for m in db.execute(sql, (source_id, last)).fetchall()]
    db.executemany(_INSERT_MESSAGE, [copy.row for copy in copies])
    summary = next((copy.summary for copy in copies if copy.summary), None)
    db.execute(_ADVANCE, (len(copies), "", 0, None, summary, row[0]))
    return True


def admit(
    db: sqlite3.Connection, session: Row, run: Row, messages: Sequence[NewMessage], expired: str
) -> RunRecord | None:
    """See ``Store.admit``; answers None where the run was kept, and else the run of that key.

    Runs created up to ``expired`` are too old for their key to count.
    """
    user, key = run[2], run[5]
    if key is not None:
        found = db.execute(_FIND_BY_KEY, (user, key, expired)).fetchone()
        if found is not None:
            return run_of(found)
    if db.execute("SELECT 1 FROM sessions WHERE id = ?", (session[0],)).fetchone() is None:
        create_session(db, session)
    count, created_at, summary = _keep_messages(db, messages)
    db.execute(_PUT_RUN, run)
    db.execute(_ADVANCE, (count, created_at, 0, None, summary, session[0]))
    return None


def commit(db: sqlite3.Connection, batch: Batch) -> None:
    """See ``Store.commit``."""
    if batch.usage:
        db.executemany(_INSERT_USAGE, batch.usage)
    found = db.execute("SELECT seq FROM sessions WHERE id = ?", (batch.session_id,)).fetchone()
    if found is None:
        return
    before = seq = found[0]
    count, created_at, summary = _keep_messages(db, batch.messages)
    if batch.events:
        db.executemany(_PUT_EVENT, batch.events)
        seq = max(before, *(row[1] for row in batch.events))
        if trimming(batch.keep_events, before, seq):
            db.execute(_TRIM, (batch.session_id, batch.keep_events))
    if batch.run is not None:
        db.execute(_PUT_RUN, batch.run)
    if count or seq != before or batch.epoch is not None:
        db.execute(_ADVANCE, (count, created_at, seq, batch.epoch, summary, batch.session_id))


def _keep_messages(db: sqlite3.Connection, messages: Sequence[NewMessage]) -> tuple[int, str, str | None]:
    """Keep messages; answers of the new ones how many, when the last was created, and the first summary."""
    count, latest, first = 0, "", None
    for row, created_at, summary in messages:
        if db.execute(_INSERT_MESSAGE, row).rowcount:
            count += 1
            latest = max(latest, created_at)
            first = first or summary
        else:
            session_id, message_id, *columns = row
            db.execute(_REPLACE_MESSAGE, (*columns, message_id, session_id))
    return count, latest, first
