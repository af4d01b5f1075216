"""`conversation.*`: the join of the conversations' rows and what keeps them."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from openclaw_rpc.protocol import conversation
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.conversation import (
    ConversationAddParams,
    ConversationCreateParams,
    ConversationDeleted,
    ConversationInfo,
    ConversationItem,
    ConversationItemParams,
    ConversationItems,
    ConversationItemsParams,
    ConversationParams,
    ConversationUpdateParams,
)
from openclaw_rpc.protocol.validation import decoded
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.services.conversations import Conversations, page


class ConversationMethods:
    """Makes conversations, and shows what was said in them."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(conversation.create, self.create),
            bind(conversation.get, self.get),
            bind(conversation.update, self.update),
            bind(conversation.delete, self.delete),
            bind(conversation.items, self.items),
            bind(conversation.add, self.add),
            bind(conversation.item, self.item),
            bind(conversation.remove, self.remove),
        )

    async def create(self, params: ConversationCreateParams, call: Call) -> ConversationInfo:
        """Make one."""
        return await self._conversations.create(call.principal, _read(params.items), params.metadata)

    async def get(self, params: ConversationParams, call: Call) -> ConversationInfo:
        """One."""
        return await self._conversations.get(call.principal, params.conversation_id)

    async def update(self, params: ConversationUpdateParams, call: Call) -> ConversationInfo:
        """Change one."""
        if params.metadata is UNSET:
            return await self._conversations.get(call.principal, params.conversation_id)
        return await self._conversations.update(call.principal, params.conversation_id, params.metadata)

    async def delete(self, params: ConversationParams, call: Call) -> ConversationDeleted:
        """Remove one."""
        await self._conversations.delete(call.principal, params.conversation_id)
        return ConversationDeleted(id=params.conversation_id, deleted=True)

    async def items(self, params: ConversationItemsParams, call: Call) -> ConversationItems:
        """A page of its items."""
        every = await self._conversations.items(call.principal, params.conversation_id)
        found, more = page(every, limit=params.limit, descending=params.order == "desc", after=params.after)
        return ConversationItems(items=_written(found), has_more=more)

    async def add(self, params: ConversationAddParams, call: Call) -> ConversationItems:
        """Add items."""
        added = await self._conversations.add(call.principal, params.conversation_id, _read(params.items))
        return ConversationItems(items=_written(added))

    async def item(self, params: ConversationItemParams, call: Call) -> ConversationItem:
        """One item."""
        found = await self._conversations.item(call.principal, params.conversation_id, params.item_id)
        return ConversationItem(item=Raw(msgspec.json.encode(found)))

    async def remove(self, params: ConversationItemParams, call: Call) -> ConversationInfo:
        """Remove an item."""
        return await self._conversations.remove(call.principal, params.conversation_id, params.item_id)


def _read(items: Iterable[Raw]) -> list[JsonObject]:
    """Items; raises InvalidRequest where one is not an object."""
    return [decoded(bytes(item), dict[str, Any], "items") for item in items]


def _written(items: Iterable[JsonObject]) -> list[Raw]:
    return [Raw(msgspec.json.encode(item)) for item in items]
