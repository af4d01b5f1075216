"""References 000 and 004: `/api/v1/conversations`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects.api_v1.errors import fields_of
from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply
from openclaw_rpc.protocol import session
from openclaw_rpc.protocol.base import JsonObject, Name, PageSize, Timestamp
from openclaw_rpc.protocol.chat import ChatMessage, MessageAttachment, MessageStatus, MessageToolCall
from openclaw_rpc.protocol.session import (
    SessionDetail,
    SessionGetParams,
    SessionInfo,
    SessionKeyParams,
    SessionListParams,
    SessionPage,
)
from openclaw_rpc.protocol.validation import checked

FIELDS = {"sessionKey": "id"}


class FlatConversationsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which conversations: filters, all of which must hold, and the page."""

    limit: PageSize = 20
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    channel: Name | None = None
    since: Annotated[Timestamp, Meta(description="Last used at or after.")] | None = None
    until: Annotated[Timestamp, Meta(description="Last used before.")] | None = None


class FlatConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation, which is a session."""

    id: str
    channel: str
    created_at: str
    last_message_at: str
    message_count: int
    summary: str | None


class FlatConversations(msgspec.Struct, frozen=True, kw_only=True):
    """A page of conversations, the last used first; ``total`` of them fit, or more where ``total_is_more``."""

    conversations: list[FlatConversation]
    total: int
    total_is_more: bool
    limit: int
    offset: int


class FlatMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message of a conversation."""

    id: str
    role: str
    content: str
    created_at: str
    status: MessageStatus
    run_id: str | None = None
    model: str | None = None
    tool_calls: list[MessageToolCall] = []
    tool_call_id: str | None = None
    attachments: list[MessageAttachment] = []
    metadata: JsonObject = {}


class FlatConversationDetail(FlatConversation, frozen=True, kw_only=True):
    """A conversation with its newest messages, oldest first; ``has_more`` where there are older ones."""

    messages: list[FlatMessage]
    has_more: bool


class FlatConversationQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the newest messages."""

    limit: PageSize = 1000


class FlatConversationDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation is gone, with all that was said."""

    id: str
    deleted: bool


def conversations(inputs: Inputs) -> Plan:
    """A page of conversations."""
    query: FlatConversationsQuery = inputs.query
    page: SessionPage = yield Ask(session.list_, SessionListParams(**msgspec.structs.asdict(query)))
    return Reply(
        FlatConversations(
            conversations=[FlatConversation(**shown(info)) for info in page.sessions],
            total=page.total,
            total_is_more=page.total_is_more,
            limit=query.limit,
            offset=query.offset,
        )
    )


def conversation(inputs: Inputs) -> Plan:
    """A conversation and what was said in it."""
    query: FlatConversationQuery = inputs.query
    given = {"sessionKey": inputs.path["id"], "limit": query.limit}
    found: SessionDetail = yield Ask(session.get, checked(given, SessionGetParams, session.get.name))
    messages = [message_of(message) for message in found.messages]
    return Reply(FlatConversationDetail(**shown(found), messages=messages, has_more=found.next_cursor is not None))


def delete(inputs: Inputs) -> Plan:
    """Delete a conversation."""
    given = {"sessionKey": inputs.path["id"]}
    yield Ask(session.delete, checked(given, SessionKeyParams, session.delete.name))
    return Reply(FlatConversationDeleted(id=inputs.path["id"], deleted=True))


def shown(info: SessionInfo) -> JsonObject:
    """A session in 000's words."""
    return {
        "id": info.session_key,
        "channel": info.channel,
        "created_at": info.created_at,
        "last_message_at": info.updated_at,
        "message_count": info.message_count,
        "summary": info.summary or info.title,
    }


def message_of(message: ChatMessage) -> FlatMessage:
    """A message in 000's words."""
    return FlatMessage(id=message.message_id, **fields_of(message, FlatMessage))


ENDPOINTS = (
    Endpoint(
        verb="GET",
        path="/api/v1/conversations",
        plan=conversations,
        doc="The conversations, the last used first.",
        calls=(session.list_,),
        query=FlatConversationsQuery,
        answer=FlatConversations,
    ),
    Endpoint(
        verb="GET",
        path="/api/v1/conversations/{id}",
        plan=conversation,
        doc="A conversation with its messages.",
        calls=(session.get,),
        query=FlatConversationQuery,
        answer=FlatConversationDetail,
        fields=FIELDS,
    ),
    Endpoint(
        verb="DELETE",
        path="/api/v1/conversations/{id}",
        plan=delete,
        doc="Delete a conversation and all that was said in it.",
        calls=(session.delete,),
        answer=FlatConversationDeleted,
        fields=FIELDS,
    ),
)
