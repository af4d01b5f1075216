"""Records as rows, and rows as records. A row's columns stand in the order of its SELECT here."""

from collections.abc import Sequence
from typing import Any

import msgspec

from openclaw_rpc.adapters.store.rules import summary_of
from openclaw_rpc.domain.documents import Document
from openclaw_rpc.domain.events.change import Delivery
from openclaw_rpc.domain.records import EventRecord, RunRecord, SessionRecord
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatMessage, MessageAttachment, MessageToolCall, StandsFor

Row = tuple[Any, ...]

SELECT_SESSION = """SELECT id, user, key, agent_id, channel, created_at, updated_at, epoch, seq, message_count, title,
    summary, model, labels, context FROM sessions """
SELECT_MESSAGE = """SELECT message_id, role, content, created_at, status, run_id, model, extra FROM messages """
FIND_PLACE = """SELECT place FROM messages WHERE message_id = ?
    AND session = (SELECT number FROM sessions WHERE id = ?)"""
SELECT_RUN = "SELECT data FROM runs "
SELECT_DELIVERY = """SELECT number, id, kind, target, lane, body, created_at, next_at, status, attempts, last_error
    FROM deliveries """
SELECT_EVENT = "SELECT place, type, data, run_id, marks FROM events "

PLACE_BITS = 32
"""What belongs to the session of number n lies at places from n << PLACE_BITS on: `schema.MIGRATIONS`."""
NUMBER_OF = "(SELECT number FROM sessions WHERE id = ?)"


def first_place(number: int) -> int:
    """Where the places of a session begin: those of its events are this and their ``seq``."""
    return number << PLACE_BITS


class _Extra(msgspec.Struct, omit_defaults=True):
    """What few messages have; kept as JSON, or as NULL where there is nothing."""

    tool_calls: list[MessageToolCall] = []
    tool_call_id: str | None = None
    attachments: list[MessageAttachment] = []
    metadata: JsonObject = {}
    duration_ms: int | None = None
    provider_details: JsonObject = {}
    stands_for: StandsFor | None = None


_NO_EXTRA = _Extra()


def session_row(record: SessionRecord, message_count: int) -> Row:
    """A session's columns, with that count in place of its own."""
    return (
        record.id,
        record.user,
        record.key,
        record.agent_id,
        record.channel,
        record.created_at,
        record.updated_at,
        record.epoch,
        record.seq,
        message_count,
        record.title,
        record.summary,
        record.model,
        packed(record.labels),
        packed(record.context),
    )


def session_of(row: Row) -> SessionRecord:
    """The session of a row of ``SELECT_SESSION``."""
    return SessionRecord(
        id=row[0],
        user=row[1],
        key=row[2],
        agent_id=row[3],
        channel=row[4],
        created_at=row[5],
        updated_at=row[6],
        epoch=row[7],
        seq=row[8],
        message_count=row[9],
        title=row[10],
        summary=row[11],
        model=row[12],
        labels=msgspec.json.decode(row[13], type=dict[str, str]) if row[13] else {},
        context=msgspec.json.decode(row[14], type=JsonObject) if row[14] else {},
    )


class NewMessage(msgspec.Struct, frozen=True, gc=False):
    """A message's row, beginning with its id, and what it does to its session where it is new."""

    row: Row
    created_at: str
    summary: str | None


def new_message(message: ChatMessage) -> NewMessage:
    """A message as it is queued for writing."""
    extra = None
    found = _Extra(
        message.tool_calls,
        message.tool_call_id,
        message.attachments,
        message.metadata,
        message.duration_ms,
        message.provider_details,
        message.stands_for,
    )
    if found != _NO_EXTRA:
        extra = msgspec.json.encode(found)
    row = (
        message.message_id,
        message.role,
        message.content,
        message.created_at,
        message.status,
        message.run_id,
        message.model,
        extra,
    )
    return NewMessage(row, message.created_at, summary_of(message))


def message_of(row: Row) -> ChatMessage:
    """The message of a row of ``SELECT_MESSAGE``."""
    extra = msgspec.json.decode(row[7], type=_Extra) if row[7] else _Extra()
    return ChatMessage(
        message_id=row[0],
        role=row[1],
        content=row[2],
        created_at=row[3],
        status=row[4],
        run_id=row[5],
        model=row[6],
        tool_calls=extra.tool_calls,
        tool_call_id=extra.tool_call_id,
        attachments=extra.attachments,
        metadata=extra.metadata,
        duration_ms=extra.duration_ms,
        provider_details=extra.provider_details,
        stands_for=extra.stands_for,
    )


def begun_with(row: Row, messages: Sequence[NewMessage]) -> Row:
    """The row of a new session as its first messages leave it, so that it is written once."""
    updated_at, summary = row[6], row[11]
    for message in messages:
        updated_at = max(updated_at, message.created_at)
        summary = summary or message.summary
    count = len({message.row[0] for message in messages})
    return (*row[:6], updated_at, *row[7:9], count, row[10], summary, *row[12:])


def run_row(run: RunRecord) -> Row:
    """A run's columns: those that are searched by, and the whole as JSON."""
    return run.id, run.user, run.status, run.created_at, run.idempotency_key, msgspec.json.encode(run)


def run_of(row: Row) -> RunRecord:
    """The run of a row of ``SELECT_RUN``."""
    return msgspec.json.decode(row[0], type=RunRecord)


def event_row(event: EventRecord) -> Row:
    """An event's columns, its ``seq`` in place of its place."""
    return event.seq, event.type, event.data, event.run_id, msgspec.json.encode(event.marks) if event.marks else None


def event_of(row: Row, session_id: str) -> EventRecord:
    """The event of a row of ``SELECT_EVENT``."""
    seq = row[0] & ((1 << PLACE_BITS) - 1)
    marks = msgspec.json.decode(row[4], type=tuple[tuple[int, int], ...]) if row[4] else ()
    return EventRecord(session_id=session_id, seq=seq, type=row[1], data=row[2], run_id=row[3], marks=marks)


def delivery_row(delivery: Delivery) -> Row:
    """A delivery's columns, without its number."""
    return (
        delivery.id,
        delivery.kind,
        delivery.target,
        delivery.lane,
        delivery.body,
        delivery.created_at,
        delivery.next_at,
        delivery.status,
        delivery.attempts,
        delivery.last_error,
    )


def delivery_of(row: Row) -> Delivery:
    """The delivery of a row of ``SELECT_DELIVERY``."""
    return Delivery(
        id=row[1],
        kind=row[2],
        target=row[3],
        lane=row[4],
        body=row[5],
        created_at=row[6],
        next_at=row[7],
        status=row[8],
        attempts=row[9],
        last_error=row[10],
    )


def column_of(value: Any) -> Any:
    """A field of a session as its column."""
    return packed(value) if isinstance(value, dict) else value  # pyright: ignore[reportUnknownArgumentType]


def packed(value: JsonObject | dict[str, str]) -> bytes | None:
    """A JSON object as a column; NULL where it is empty."""
    return msgspec.json.encode(value) if value else None


DocumentRow = tuple[str, str, str, int, bytes]


def document_row(document: Document) -> DocumentRow:
    """A document as it is queued for writing."""
    return document.kind, document.id, document.parent, document.version, document.data


def document_of(row: Row) -> Document:
    """The document of a row of its kind, id, data, parent and version."""
    kind, document_id, data, parent, version = row
    return Document(kind=kind, id=document_id, data=bytes(data), parent=parent, version=version)
