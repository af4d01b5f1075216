"""Each write of the store as a function of a transaction. One that is refused is refused before it changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from openclaw_rpc.adapters.postgres.documents import put_document
from openclaw_rpc.adapters.postgres.reads import FIND_BY_KEY, FIND_PLACE, SELECT_MESSAGE, SELECT_SESSION
from openclaw_rpc.adapters.postgres.transaction import Row, Transaction
from openclaw_rpc.adapters.store.batches import Batch
from openclaw_rpc.adapters.store.rows import NewMessage, begun_with, first_place, message_of, new_message, run_of
from openclaw_rpc.adapters.store.rules import claimed_before, copies, key_taken, trimming
from openclaw_rpc.domain.events.change import Claim
from openclaw_rpc.domain.records import RunRecord
from openclaw_rpc.protocol.base import JsonObject

_INSERT_SESSION: Final = """INSERT INTO sessions (id, user_name, key, agent_id, channel, created_at, updated_at, epoch,
    seq, message_count, title, summary, model, labels, context, owner, began)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $9)
    ON CONFLICT DO NOTHING RETURNING number"""
_FIND_SESSION: Final = """SELECT number, seq, (SELECT place FROM messages
        WHERE place >= number << 32 AND place < (number + 1) << 32 ORDER BY place DESC LIMIT 1)
    FROM sessions WHERE id = $1"""
_PUT_MESSAGE: Final = """INSERT INTO messages VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (message_id, session) DO UPDATE SET role = excluded.role, content = excluded.content,
    created_at = excluded.created_at, status = excluded.status, run_id = excluded.run_id, model = excluded.model,
    extra = excluded.extra"""
_PUT_RUN: Final = """INSERT INTO runs VALUES (
        1 + coalesce((SELECT max(place) FROM runs WHERE place >= $1 AND place < $1 + (1::bigint << 32)), $1),
        $2, $3, $4, $5, $6, $7
    ) ON CONFLICT (id) DO UPDATE SET status = excluded.status, data = excluded.data"""
_UPDATE_RUN: Final = "UPDATE runs SET status = $1, data = $2 WHERE id = $3"
_PUT_EVENT: Final = """INSERT INTO events VALUES ($1, $2, $3, $4, $5) ON CONFLICT (place) DO UPDATE
    SET type = excluded.type, data = excluded.data, run_id = excluded.run_id, marks = excluded.marks"""
_INSERT_USAGE: Final = """INSERT INTO usage (at, user_name, session_id, session_key, agent_id, token, model, provider,
    prompt_tokens, completion_tokens, latency_ms, cost, cached_tokens, reasoning_tokens)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"""
_ADVANCE: Final = """UPDATE sessions SET message_count = message_count + $1, updated_at = greatest(updated_at, $2),
    seq = greatest(seq, $3), summary = coalesce(summary, $4) WHERE number = $5"""
_ADVANCE_STREAM: Final = "UPDATE sessions SET seq = greatest(seq, $1) WHERE number = $2"
_TRIM: Final = """DELETE FROM events WHERE place >= $1 AND place <= (SELECT place FROM events
    WHERE place >= $1 AND place < $1 + (1::bigint << 32) ORDER BY place DESC LIMIT 1 OFFSET $2)"""
_INSERT_DELIVERY: Final = """INSERT INTO deliveries (id, kind, target, lane, body, created_at, next_at, status,
    attempts, last_error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
_PATCHED: Final = {"updated_at": "updated_at = greatest(updated_at, {})"}
"""How a field of a patch is set where it does not simply replace what is there."""


class _Session(NamedTuple):
    """Where a session's rows are: its number, its ``seq``, and the place of its last message."""

    number: int
    seq: int
    last: int


async def create_session(db: Transaction, row: Row) -> int:
    """Keep a new session; answers its number."""
    # Asked first, so that one that is refused has changed nothing.
    if await db.value("SELECT 1 FROM sessions WHERE key = $1 AND user_name = $2", row[2], row[1]) is not None:
        raise key_taken(row[2])
    made = await db.changing(_INSERT_SESSION, *row, db.node)
    if not made:
        raise key_taken(row[2])
    number: int = made[0][0]
    return number


async def delete_session(db: Transaction, session_id: str) -> bool:
    """See ``Store.delete_session``."""
    session = await _find_session(db, session_id)
    if session is None:
        return False
    await _empty(db, session.number)
    await db.change("DELETE FROM sessions WHERE number = $1", session.number)
    return True


async def copy_session(db: Transaction, source_id: str, row: Row, upto: str | None, *, before: bool = False) -> bool:
    """See ``Store.copy_session``."""
    source = await _find_session(db, source_id)
    if source is None:
        return False
    last = source.last
    if upto is not None:
        found: int | None = await db.value(FIND_PLACE, source_id, upto)
        if found is None:
            return False
        last = found - before  # places are whole numbers, one behind the other
    number = await create_session(db, row)
    sql = SELECT_MESSAGE + "WHERE place >= $1 AND place <= $2 ORDER BY place"
    rows = await db.all(sql, first_place(source.number), last)
    kept = [new_message(message) for message in copies(map(message_of, rows))]
    count, _, summary = await _keep_messages(db, _Session(number, 0, first_place(number)), kept)
    await db.change(_ADVANCE, count, "", 0, summary, number)
    return True


async def admit(db: Transaction, batch: Batch, expired: str | None, of_anybody: bool) -> RunRecord | None:
    """See ``Store.admit``; answers None where the run was kept, and else the run of that key.

    Runs created up to ``expired`` are too old for their key to count; None where the run has no key.
    """
    session, run, messages = batch.new, batch.run, batch.messages
    if session is None or run is None:
        raise TypeError("a run is admitted with its session")
    if expired is not None:
        await db.alone(f"key {run[1]} {run[4]}")
        found = await db.one(FIND_BY_KEY, run[1], run[4], expired)
        if found is not None:
            return run_of(found)
    kept = await _find_session(db, session[0])
    if kept is None and of_anybody and await db.value("SELECT 1 FROM sessions WHERE key = $1", session[2]) is not None:
        raise key_taken(session[2])
    await _refuse_claimed(db, batch.claims)
    if kept is None:
        number = await create_session(db, begun_with(session, messages))
        await _keep_messages(db, _Session(number, 0, first_place(number)), messages)
    else:
        number = kept.number
        count, created_at, summary = await _keep_messages(db, kept, messages)
        await db.change(_ADVANCE, count, created_at, 0, summary, number)
    await db.change(_PUT_RUN, first_place(number), *run)
    await _keep_sent(db, batch)
    return None


async def commit(db: Transaction, batch: Batch) -> Row | None:
    """See ``Store.commit``; answers the row of the session that was made or patched."""
    await _refuse_claimed(db, batch.claims)
    if batch.new is not None:
        await create_session(db, batch.new)
    session = await _find_session(db, batch.new[0] if batch.new is not None else batch.session_id)
    if batch.usage:
        await db.change_each(_INSERT_USAGE, batch.usage)
    await _keep_sent(db, batch)
    if session is None:
        return None
    if batch.clear:
        await _empty(db, session.number)
        await db.change("UPDATE sessions SET message_count = 0, summary = NULL WHERE number = $1", session.number)
    count, created_at, summary = await _keep_messages(db, session, batch.messages)
    seq = await _keep_events(db, session, batch) if batch.events else session.seq
    if batch.run is not None:
        await _keep_run(db, session, batch.run)
    if count:
        await db.change(_ADVANCE, count, created_at, seq, summary, session.number)
    elif seq != session.seq:
        await db.change(_ADVANCE_STREAM, seq, session.number)
    if batch.patch is None and batch.new is None:
        return None
    if batch.patch and "epoch" in batch.patch:
        await db.change("UPDATE sessions SET began = $1 WHERE number = $2", session.seq, session.number)
    return await _patch(db, session.number, batch.patch or {})


async def commit_all(db: Transaction, batches: Sequence[Batch]) -> None:
    """See ``Store.commit_all``."""
    for batch in batches:
        await commit(db, batch)


async def _patch(db: Transaction, number: int, patch: JsonObject) -> Row | None:
    """Write the columns that change; answers the session's row."""
    if patch:
        sets = ", ".join(
            _PATCHED.get(name, f"{name} = {{}}").format(f"${place}") for place, name in enumerate(patch, 2)
        )
        await db.change(f"UPDATE sessions SET {sets} WHERE number = $1", number, *patch.values())  # noqa: S608
    return await db.one(SELECT_SESSION + "WHERE number = $1", number)


async def _refuse_claimed(db: Transaction, claims: Sequence[Claim]) -> None:
    """Refuse a change whose claims were taken, before anything of it is kept."""
    for claim in claims:
        if await db.value("SELECT 1 FROM claims WHERE name = $1 AND key = $2", claim.name, claim.key) is not None:
            raise claimed_before(claim)


async def _keep_sent(db: Transaction, batch: Batch) -> None:
    """Keep what is to be sent, and the claims, whatever became of the session."""
    if batch.deliveries:
        await db.change_each(_INSERT_DELIVERY, batch.deliveries)
    for claim in batch.claims:
        await db.change("INSERT INTO claims VALUES ($1, $2, $3)", claim.name, claim.key, claim.at)
    for document in batch.documents:
        await put_document(db, document)


async def _find_session(db: Transaction, session_id: str) -> _Session | None:
    found = await db.one(_FIND_SESSION, session_id)
    if found is None:
        return None
    number, seq, last = found
    return _Session(number, seq, first_place(number) if last is None else last)


async def _empty(db: Transaction, number: int) -> None:
    """Delete all that lies in a session's ranges."""
    for table in ("messages", "runs", "events"):
        sql = f"DELETE FROM {table} WHERE place >= $1 AND place < $2"  # noqa: S608 - names of this module
        await db.change(sql, first_place(number), first_place(number + 1))


async def _keep_messages(
    db: Transaction, session: _Session, messages: Sequence[NewMessage]
) -> tuple[int, str, str | None]:
    """Keep messages; answers of the new ones how many, when the last was created, and the first summary."""
    if not messages:
        return 0, "", None
    number, _, last = session
    sql = "SELECT message_id FROM messages WHERE session = $1 AND message_id = ANY($2)"
    known = {row[0] for row in await db.all(sql, number, [message.row[0] for message in messages])}
    count, latest, first = 0, "", None
    rows: list[Row] = []
    for message in messages:
        if message.row[0] not in known:
            known.add(message.row[0])
            count += 1
            latest = max(latest, message.created_at)
            first = first or message.summary
        rows.append((last + count, number, *message.row))
    await db.change_each(_PUT_MESSAGE, rows)
    return count, latest, first


async def _keep_events(db: Transaction, session: _Session, batch: Batch) -> int:
    """Keep a batch's events, and of all the newest; answers the session's new ``seq``."""
    begin = first_place(session.number)
    await db.change_each(_PUT_EVENT, [(begin + row[0], *row[1:]) for row in batch.events])
    seq = max(session.seq, *(row[0] for row in batch.events))
    if trimming(batch.keep_events, session.seq, seq):
        await db.change(_TRIM, begin, batch.keep_events)
    return seq


async def _keep_run(db: Transaction, session: _Session, run: Row) -> None:
    """Keep a run, which is there already unless the session was cleared meanwhile."""
    if await db.change(_UPDATE_RUN, run[2], run[5], run[0]) == 0:
        await db.change(_PUT_RUN, first_place(session.number), *run)
