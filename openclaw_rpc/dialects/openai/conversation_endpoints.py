"""`/v1/conversations`: what was said in turn, under an id that `conversation` of `/v1/responses` names."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from openclaw_rpc.dialects.openai.conversations import end_user
from openclaw_rpc.dialects.openai.errors import STYLE
from openclaw_rpc.dialects.rest import AnyMethod, Ask, Endpoint, Inputs, Plan, Reply
from openclaw_rpc.protocol import conversation
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.conversation import (
    ConversationAddParams,
    ConversationCreateParams,
    ConversationInfo,
    ConversationItemParams,
    ConversationItemsParams,
    ConversationParams,
    ConversationUpdateParams,
)


class CreateBody(msgspec.Struct, frozen=True, kw_only=True):
    """A new conversation."""

    items: list[Raw] | None = None
    metadata: dict[str, str] | None = None


class UpdateBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change."""

    metadata: dict[str, str] | UnsetType | None = UNSET


class AddBody(msgspec.Struct, frozen=True, kw_only=True):
    """Items to add."""

    items: list[Raw]


class ItemsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A page of items."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None


def _spelled(found: ConversationInfo) -> Reply:
    created = int(datetime.fromisoformat(found.created_at).timestamp())
    return Reply({"id": found.id, "object": "conversation", "created_at": created, "metadata": found.metadata})


def listed(items: list[Raw], *, more: bool) -> JsonObject:
    """Items as one of OpenAI's lists."""
    data: list[JsonObject] = [msgspec.json.decode(item) for item in items]
    ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "has_more": more, "first_id": ends[0], "last_id": ends[1]}


def create(inputs: Inputs) -> Plan:
    """Make one."""
    body: CreateBody = inputs.body
    params = ConversationCreateParams(items=body.items or [], metadata=body.metadata or {})
    return _spelled((yield Ask(conversation.create, params)))


def retrieve(inputs: Inputs) -> Plan:
    """One."""
    return _spelled((yield Ask(conversation.get, ConversationParams(conversation_id=inputs.path["id"]))))


def update(inputs: Inputs) -> Plan:
    """Change its metadata."""
    body: UpdateBody = inputs.body
    metadata = UNSET if body.metadata is UNSET else body.metadata or {}
    params = ConversationUpdateParams(conversation_id=inputs.path["id"], metadata=metadata)
    return _spelled((yield Ask(conversation.update, params)))


def delete(inputs: Inputs) -> Plan:
    """Remove one."""
    found = yield Ask(conversation.delete, ConversationParams(conversation_id=inputs.path["id"]))
    return Reply({"id": found.id, "object": "conversation.deleted", "deleted": found.deleted})


def items(inputs: Inputs) -> Plan:
    """A page of what was said in it."""
    query: ItemsQuery = inputs.query
    params = ConversationItemsParams(
        conversation_id=inputs.path["id"], limit=query.limit, order=query.order, after=query.after or None
    )
    found = yield Ask(conversation.items, params)
    return Reply(listed(found.items, more=found.has_more))


def add(inputs: Inputs) -> Plan:
    """Add to it."""
    body: AddBody = inputs.body
    found = yield Ask(conversation.add, ConversationAddParams(conversation_id=inputs.path["id"], items=body.items))
    return Reply(listed(found.items, more=False))


def _item_of(inputs: Inputs) -> ConversationItemParams:
    return ConversationItemParams(conversation_id=inputs.path["id"], item_id=inputs.path["item"])


def item(inputs: Inputs) -> Plan:
    """One item."""
    found = yield Ask(conversation.item, _item_of(inputs))
    return Reply(bytes(found.item))


def remove(inputs: Inputs) -> Plan:
    """Remove an item."""
    return _spelled((yield Ask(conversation.remove, _item_of(inputs))))


def _at(verb: str, path: str, plan: Any, method: AnyMethod, **more: Any) -> Endpoint:
    more |= {"doc": method.doc, "calls": (method,), "style": STYLE, "end_user": end_user}
    return Endpoint(verb=verb, path=f"/v1/conversations{path}", plan=plan, **more)


ENDPOINTS = (
    _at("POST", "", create, conversation.create, body=CreateBody),
    _at("GET", "/{id}", retrieve, conversation.get),
    _at("POST", "/{id}", update, conversation.update, body=UpdateBody),
    _at("DELETE", "/{id}", delete, conversation.delete),
    _at("GET", "/{id}/items", items, conversation.items, query=ItemsQuery),
    _at("POST", "/{id}/items", add, conversation.add, body=AddBody),
    _at("GET", "/{id}/items/{item}", item, conversation.item),
    _at("DELETE", "/{id}/items/{item}", remove, conversation.remove),
)
