"""A change as the rows that it comes to, whatever engine keeps them."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import astuple

from openclaw_rpc.adapters.store.rows import (
    DocumentRow,
    NewMessage,
    Row,
    column_of,
    delivery_row,
    document_row,
    event_row,
    new_message,
    run_row,
    session_row,
)
from openclaw_rpc.domain.events.change import Change, Claim, SessionPatch
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.protocol.base import JsonObject


class Batch(NamedTuple):
    """What a :class:`Change` comes to, as rows; of events a session keeps about ``keep_events``.

    ``new`` is a session's row, ``patch`` what changes of one, by its columns.
    """

    session_id: str
    new: Row | None
    patch: JsonObject | None
    clear: bool
    messages: Sequence[NewMessage]
    events: Sequence[Row]
    run: Row | None
    usage: Sequence[Row]
    deliveries: Sequence[Row]
    claims: Sequence[Claim]
    documents: Sequence[DocumentRow]
    keep_events: int


def batch_of(change: Change, keep_events: int) -> Batch:
    """A change as rows: made when it is given, so that what a caller changes later is not in it."""
    session, run = change.session, change.run
    new = session_row(session, session.message_count) if isinstance(session, SessionRecord) else None
    patch = session if isinstance(session, SessionPatch) else None
    return Batch(
        session_id=change.session_id,
        new=new,
        patch={name: column_of(value) for name, value in patch.fields().items()} if patch is not None else None,
        clear=patch is not None and patch.clear,
        messages=[new_message(message) for message in change.messages],
        events=[event_row(event) for event in change.events],
        run=run_row(run) if run is not None else None,
        usage=[astuple(record) for record in change.usage],
        deliveries=[delivery_row(delivery) for delivery in change.deliveries],
        claims=change.claims,
        documents=[document_row(document) for document in change.documents],
        keep_events=keep_events,
    )
