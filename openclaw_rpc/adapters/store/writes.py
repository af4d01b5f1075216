"""Each write of the store as a function of the connection, called inside the writer's transaction.

A write that may be refused is refused before it changes anything, so that it disturbs no other of its group.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from openclaw_rpc.adapters.store.batches import Batch
from openclaw_rpc.adapters.store.documents import put_document
from openclaw_rpc.adapters.store.reads import FIND_BY_KEY
from openclaw_rpc.adapters.store.rows import (
    FIND_PLACE,
    SELECT_MESSAGE,
    SELECT_SESSION,
    NewMessage,
    Row,
    begun_with,
    first_place,
    message_of,
    new_message,
    run_of,
)
from openclaw_rpc.adapters.store.rules import claimed_before, copies, key_taken, trimming
from openclaw_rpc.domain.events.change import Claim
from openclaw_rpc.domain.records import RunRecord, UsageRecord
from openclaw_rpc.protocol.base import JsonObject

_INSERT_SESSION = """INSERT INTO sessions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_FIND_SESSION = """SELECT number, seq, (
        SELECT place FROM messages WHERE place >= (number << 32) AND place < ((number + 1) << 32)
        ORDER BY place DESC LIMIT 1
    ) FROM sessions WHERE id = ?"""
_INSERT_MESSAGE = """INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (message_id, session) DO NOTHING"""
_REPLACE_MESSAGE = """UPDATE messages SET role = ?, content = ?, created_at = ?, status = ?, run_id = ?, model = ?,
    extra = ? WHERE message_id = ? AND session = ?"""
_PUT_RUN = """INSERT INTO runs VALUES (
        1 + coalesce((SELECT max(place) FROM runs WHERE place >= ?1 AND place < ?1 + (1 << 32)), ?1),
        ?2, ?3, ?4, ?5, ?6, ?7
    ) ON CONFLICT (id) DO UPDATE SET status = excluded.status, data = excluded.data"""
_UPDATE_RUN = "UPDATE runs SET status = ?, data = ? WHERE id = ?"
_PUT_EVENT = "INSERT OR REPLACE INTO events VALUES (? + ?, ?, ?, ?, ?)"
_INSERT_USAGE = f"INSERT INTO usage VALUES ({', '.join('?' * len(UsageRecord.__struct_fields__))})"  # noqa: S608
_ADVANCE = """UPDATE sessions SET message_count = message_count + ?, updated_at = max(updated_at, ?), seq = max(seq, ?),
    summary = coalesce(summary, ?) WHERE number = ?"""
_ADVANCE_STREAM = "UPDATE sessions SET seq = max(seq, ?) WHERE number = ?"
"""Without messages ``updated_at`` stays, and its two indexes are left alone."""
_TRIM = """DELETE FROM events WHERE place >= ?1 AND place <= (
    SELECT place FROM events WHERE place >= ?1 AND place < ?1 + (1 << 32) ORDER BY place DESC LIMIT 1 OFFSET ?2)"""
_DELETE_RANGES = tuple(
    f"DELETE FROM {table} WHERE place >= ? AND place < ?"  # noqa: S608
    for table in ("messages", "runs", "events")
)
_INSERT_DELIVERY = "INSERT INTO deliveries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PATCHED = {"updated_at": "updated_at = max(updated_at, ?)"}
"""How a field of a patch is set where it does not simply replace what is there."""


class _SessionRows(NamedTuple):
    """Where a session's rows are: its number, its ``seq``, and the place of its last message."""

    number: int
    seq: int
    last: int


def create_session(db: sqlite3.Connection, row: Row) -> int:
    """Keep a new session; answers its number."""
    done = db.execute(_INSERT_SESSION, row)
    if done.rowcount == 0 or done.lastrowid is None:
        raise key_taken(row[2])
    return done.lastrowid


def delete_session(db: sqlite3.Connection, session_id: str) -> bool:
    """See ``Store.delete_session``."""
    session = _find_session(db, session_id)
    if session is None:
        return False
    _empty(db, session.number)
    db.execute("DELETE FROM sessions WHERE number = ?", (session.number,))
    return True


def copy_session(db: sqlite3.Connection, source_id: str, row: Row, upto: str | None, *, before: bool = False) -> bool:
    """See ``Store.copy_session``."""
    source = _find_session(db, source_id)
    if source is None:
        return False
    last = source.last
    if upto is not None:
        found = db.execute(FIND_PLACE, (upto, source_id)).fetchone()
        if found is None:
            return False
        last = found[0] - before  # places are whole numbers, one behind the other
    number = create_session(db, row)
    sql = SELECT_MESSAGE + "WHERE place >= ? AND place <= ? ORDER BY place"
    rows = db.execute(sql, (first_place(source.number), last)).fetchall()
    kept = [new_message(message) for message in copies(map(message_of, rows))]
    count, _, summary = _keep_messages(db, _SessionRows(number, 0, first_place(number)), kept)
    db.execute(_ADVANCE, (count, "", 0, summary, number))
    return True


def admit(db: sqlite3.Connection, batch: Batch, expired: str | None, of_anybody: bool) -> RunRecord | None:
    """See ``Store.admit``; answers None where the run was kept, and else the run of that key.

    Runs created up to ``expired`` are too old for their key to count; None where the run has no key.
    """
    session, run, messages = batch.new, batch.run, batch.messages
    if session is None or run is None:
        raise TypeError("a run is admitted with its session")
    if expired is not None:
        user, key = run[1], run[4]
        found = db.execute(FIND_BY_KEY, (user, key, expired)).fetchone()
        if found is not None:
            return run_of(found)
    kept = _find_session(db, session[0])
    if kept is None and of_anybody and _key_in_use(db, session[2]):
        raise key_taken(session[2])
    if batch.claims:
        _refuse_claimed(db, batch.claims)
    if kept is None:
        number = create_session(db, begun_with(session, messages))
        _keep_messages(db, _SessionRows(number, 0, first_place(number)), messages)
    else:
        number = kept.number
        count, created_at, summary = _keep_messages(db, kept, messages)
        db.execute(_ADVANCE, (count, created_at, 0, summary, number))
    db.execute(_PUT_RUN, (first_place(number), *run))
    _keep_sent(db, batch)
    return None


def commit(db: sqlite3.Connection, batch: Batch) -> Row | None:
    """See ``Store.commit``; answers the row of the session that was made or patched."""
    if batch.claims:
        _refuse_claimed(db, batch.claims)
    if batch.new is not None:
        create_session(db, batch.new)
    session = _find_session(db, batch.new[0] if batch.new is not None else batch.session_id)
    if batch.usage:
        db.executemany(_INSERT_USAGE, batch.usage)
    _keep_sent(db, batch)
    if session is None:
        return None
    if batch.clear:
        _empty(db, session.number)
        db.execute("UPDATE sessions SET message_count = 0, summary = NULL WHERE number = ?", (session.number,))
    count, created_at, summary = _keep_messages(db, session, batch.messages)
    seq = _keep_events(db, session, batch) if batch.events else session.seq
    if batch.run is not None:
        _keep_run(db, session, batch.run)
    if count:
        db.execute(_ADVANCE, (count, created_at, seq, summary, session.number))
    elif seq != session.seq:
        db.execute(_ADVANCE_STREAM, (seq, session.number))
    if batch.patch is None and batch.new is None:
        return None
    return _patch(db, session.number, batch.patch or {})


def commit_all(db: sqlite3.Connection, batches: Sequence[Batch]) -> None:
    """See ``Store.commit_all``."""
    for batch in batches:
        commit(db, batch)


def _patch(db: sqlite3.Connection, number: int, patch: JsonObject) -> Row:
    """Write the columns that change; answers the session's row."""
    if patch:
        sets = ", ".join(_PATCHED.get(name, f"{name} = ?") for name in patch)
        db.execute(f"UPDATE sessions SET {sets} WHERE number = ?", (*patch.values(), number))  # noqa: S608
    row: Row = db.execute(SELECT_SESSION + "WHERE number = ?", (number,)).fetchone()
    return row


def _refuse_claimed(db: sqlite3.Connection, claims: Sequence[Claim]) -> None:
    """Refuse a change whose claims were taken, before anything of it is kept."""
    for claim in claims:
        if db.execute("SELECT 1 FROM claims WHERE name = ? AND key = ?", (claim.name, claim.key)).fetchone():
            raise claimed_before(claim)


def _keep_sent(db: sqlite3.Connection, batch: Batch) -> None:
    """Keep what is to be sent, and the claims, whatever became of the session."""
    if batch.deliveries:
        db.executemany(_INSERT_DELIVERY, batch.deliveries)
    for claim in batch.claims:
        db.execute("INSERT INTO claims VALUES (?, ?, ?)", (claim.name, claim.key, claim.at))
    for document in batch.documents:
        put_document(db, document)


def _key_in_use(db: sqlite3.Connection, key: str) -> bool:
    return db.execute("SELECT 1 FROM sessions WHERE key = ?", (key,)).fetchone() is not None


def _find_session(db: sqlite3.Connection, session_id: str) -> _SessionRows | None:
    found = db.execute(_FIND_SESSION, (session_id,)).fetchone()
    if found is None:
        return None
    number, seq, last = found
    return _SessionRows(number, seq, first_place(number) if last is None else last)


def _empty(db: sqlite3.Connection, number: int) -> None:
    """Delete all that lies in a session's ranges."""
    for delete in _DELETE_RANGES:
        db.execute(delete, (first_place(number), first_place(number + 1)))


def _keep_messages(
    db: sqlite3.Connection, session: _SessionRows, messages: Sequence[NewMessage]
) -> tuple[int, str, str | None]:
    """Keep messages; answers of the new ones how many, when the last was created, and the first summary."""
    number, _, last = session
    count, latest, first = 0, "", None
    for message in messages:
        if db.execute(_INSERT_MESSAGE, (last + count + 1, number, *message.row)).rowcount:
            count += 1
            latest = max(latest, message.created_at)
            first = first or message.summary
        else:
            message_id, *columns = message.row
            db.execute(_REPLACE_MESSAGE, (*columns, message_id, number))
    return count, latest, first


def _keep_events(db: sqlite3.Connection, session: _SessionRows, batch: Batch) -> int:
    """Keep a batch's events, and of all the newest; answers the session's new ``seq``."""
    begin = first_place(session.number)
    db.executemany(_PUT_EVENT, [(begin, *row) for row in batch.events])
    seq = max(session.seq, *(row[0] for row in batch.events))
    if trimming(batch.keep_events, session.seq, seq):
        db.execute(_TRIM, (begin, batch.keep_events))
    return seq


def _keep_run(db: sqlite3.Connection, session: _SessionRows, run: Row) -> None:
    """Keep a run, which is there already unless the session was cleared meanwhile."""
    if db.execute(_UPDATE_RUN, (run[2], run[5], run[0])).rowcount == 0:
        db.execute(_PUT_RUN, (first_place(session.number), *run))
