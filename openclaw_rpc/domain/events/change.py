"""What one decision keeps, as a value: all of it is kept in one write, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from openclaw_rpc.domain.documents import Document
from openclaw_rpc.domain.records import EventRecord, ReplyTo, RunRecord, SessionRecord, UsageRecord
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import ChatMessage

DeliveryKind = Literal["channel", "webhook", "inbound"]
DeliveryStatus = Literal["pending", "sending", "delivered", "dead", "unknown"]


class SessionPatch(msgspec.Struct, kw_only=True, frozen=True):
    """What changes of a session: only the fields that are set are written, so that two patches at once both hold.

    ``clear`` removes the session's messages, runs, events and summary first. ``updated_at`` never goes back.
    """

    title: str | UnsetType | None = UNSET
    model: str | UnsetType | None = UNSET
    agent_id: str | UnsetType = UNSET
    labels: dict[str, str] | UnsetType = UNSET
    context: JsonObject | UnsetType = UNSET
    updated_at: str | UnsetType = UNSET
    epoch: str | UnsetType = UNSET
    clear: bool = False

    def fields(self) -> JsonObject:
        """The fields that are set, by their names in :class:`SessionRecord`."""
        every = {name: getattr(self, name) for name in self.__struct_fields__ if name != "clear"}
        return {name: value for name, value in every.items() if value is not UNSET}


class Delivery(msgspec.Struct, kw_only=True):
    """Something that has to be sent to the outside, kept with the change that caused it.

    ``target`` says to whom (a channel's or a webhook's id). Those of one target and ``lane`` are sent one after the
    other, in the order they were kept; of different lanes side by side, and what has none (``""``) waits for nothing.
    Times are ISO 8601 in UTC; it is not sent before ``next_at``. ``attempts`` counts how often sending was begun.
    """

    id: str
    kind: DeliveryKind
    target: str
    lane: str
    body: bytes
    created_at: str
    next_at: str
    status: DeliveryStatus = "pending"
    attempts: int = 0
    last_error: str | None = None


class Claim(msgspec.Struct, kw_only=True, frozen=True):
    """The right to do something once: whoever keeps (``name``, ``key``) first has it. ``at``: when it was claimed."""

    name: str
    key: str
    at: str


class Change(msgspec.Struct):
    """All that one decision keeps.

    ``session`` is a new session, or a patch of the one that ``session_id`` names. Messages are replaced by id, events
    by seq, the run by id. A new message raises the session's count and its ``updated_at``; events raise its ``seq``.
    Where the session is gone, what belongs to it is not kept; usage, deliveries, claims and documents always are. A
    document of another version than its own is left as it is.
    """

    session_id: str = ""
    session: SessionRecord | SessionPatch | None = None
    messages: Sequence[ChatMessage] = ()
    events: Sequence[EventRecord] = ()
    run: RunRecord | None = None
    usage: Sequence[UsageRecord] = ()
    deliveries: Sequence[Delivery] = ()
    claims: Sequence[Claim] = ()
    documents: Sequence[Document] = ()


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept with a run's admission: the chat that it answers, what is done once, records that belong to it."""

    reply: ReplyTo | None = None
    claims: Sequence[Claim] = ()
    documents: Sequence[Document] = ()
