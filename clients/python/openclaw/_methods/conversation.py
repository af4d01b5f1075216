"""`conversation.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Conversation:
    """`conversation.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def create(
        self,
        *,
        items: List[Any] | UnsetType = UNSET,
        metadata: Dict[str, str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """Make a conversation; `conversation` of `response.create` goes on with it and adds to it.

        Args:
            items: Items as OpenAI's Responses have them, in their order.
            metadata: Texts of your own by their names.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("conversation.create", types.ConversationCreateParams(items=items, metadata=metadata), types.ConversationInfo, timeout)

    def get(
        self,
        *,
        conversation_id: str,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """A conversation.

        Args:
            conversation_id: The `id` of a conversation.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("conversation.get", types.ConversationParams(conversation_id=conversation_id), types.ConversationInfo, timeout)

    def update(
        self,
        *,
        conversation_id: str,
        metadata: Dict[str, str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """Change a conversation's metadata.

        Args:
            conversation_id: The `id` of a conversation.
            metadata: Texts of your own by their names.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("conversation.update", types.ConversationUpdateParams(conversation_id=conversation_id, metadata=metadata), types.ConversationInfo, timeout)

    def delete(
        self,
        *,
        conversation_id: str,
        timeout: float | None = None,
    ) -> types.ConversationDeleted:
        """Remove a conversation with its items; the session in which an agent answered stays.

        Args:
            conversation_id: The `id` of a conversation.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("conversation.delete", types.ConversationParams(conversation_id=conversation_id), types.ConversationDeleted, timeout)

    def items(
        self,
        *,
        conversation_id: str,
        limit: int = 20,
        order: Literal["asc", "desc"] = "desc",
        after: str | None = None,
        timeout: float | None = None,
    ) -> types.ConversationItems:
        """What was said in a conversation.

        Args:
            conversation_id: The `id` of a conversation.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("conversation.items", types.ConversationItemsParams(conversation_id=conversation_id, limit=limit, order=order, after=after), types.ConversationItems, timeout)

    def add(
        self,
        *,
        conversation_id: str,
        items: List[Any],
        timeout: float | None = None,
    ) -> types.ConversationItems:
        """Add items to the end of a conversation.

        Args:
            conversation_id: The `id` of a conversation.
            items: Items as OpenAI's Responses have them, in their order.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("conversation.add", types.ConversationAddParams(conversation_id=conversation_id, items=items), types.ConversationItems, timeout)

    def item(
        self,
        *,
        conversation_id: str,
        item_id: str,
        timeout: float | None = None,
    ) -> types.ConversationItem:
        """One item of a conversation.

        Args:
            conversation_id: The `id` of a conversation.
            item_id: The `id` of an item.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("conversation.item", types.ConversationItemParams(conversation_id=conversation_id, item_id=item_id), types.ConversationItem, timeout)

    def remove(
        self,
        *,
        conversation_id: str,
        item_id: str,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """Remove an item from a conversation.

        Args:
            conversation_id: The `id` of a conversation.
            item_id: The `id` of an item.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("conversation.remove", types.ConversationItemParams(conversation_id=conversation_id, item_id=item_id), types.ConversationInfo, timeout)


class AsyncConversation:
    """`conversation.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def create(
        self,
        *,
        items: List[Any] | UnsetType = UNSET,
        metadata: Dict[str, str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """Make a conversation; `conversation` of `response.create` goes on with it and adds to it.

        Args:
            items: Items as OpenAI's Responses have them, in their order.
            metadata: Texts of your own by their names.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("conversation.create", types.ConversationCreateParams(items=items, metadata=metadata), types.ConversationInfo, timeout)

    async def get(
        self,
        *,
        conversation_id: str,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """A conversation.

        Args:
            conversation_id: The `id` of a conversation.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("conversation.get", types.ConversationParams(conversation_id=conversation_id), types.ConversationInfo, timeout)

    async def update(
        self,
        *,
        conversation_id: str,
        metadata: Dict[str, str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """Change a conversation's metadata.

        Args:
            conversation_id: The `id` of a conversation.
            metadata: Texts of your own by their names.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("conversation.update", types.ConversationUpdateParams(conversation_id=conversation_id, metadata=metadata), types.ConversationInfo, timeout)

    async def delete(
        self,
        *,
        conversation_id: str,
        timeout: float | None = None,
    ) -> types.ConversationDeleted:
        """Remove a conversation with its items; the session in which an agent answered stays.

        Args:
            conversation_id: The `id` of a conversation.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("conversation.delete", types.ConversationParams(conversation_id=conversation_id), types.ConversationDeleted, timeout)

    async def items(
        self,
        *,
        conversation_id: str,
        limit: int = 20,
        order: Literal["asc", "desc"] = "desc",
        after: str | None = None,
        timeout: float | None = None,
    ) -> types.ConversationItems:
        """What was said in a conversation.

        Args:
            conversation_id: The `id` of a conversation.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("conversation.items", types.ConversationItemsParams(conversation_id=conversation_id, limit=limit, order=order, after=after), types.ConversationItems, timeout)

    async def add(
        self,
        *,
        conversation_id: str,
        items: List[Any],
        timeout: float | None = None,
    ) -> types.ConversationItems:
        """Add items to the end of a conversation.

        Args:
            conversation_id: The `id` of a conversation.
            items: Items as OpenAI's Responses have them, in their order.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("conversation.add", types.ConversationAddParams(conversation_id=conversation_id, items=items), types.ConversationItems, timeout)

    async def item(
        self,
        *,
        conversation_id: str,
        item_id: str,
        timeout: float | None = None,
    ) -> types.ConversationItem:
        """One item of a conversation.

        Args:
            conversation_id: The `id` of a conversation.
            item_id: The `id` of an item.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("conversation.item", types.ConversationItemParams(conversation_id=conversation_id, item_id=item_id), types.ConversationItem, timeout)

    async def remove(
        self,
        *,
        conversation_id: str,
        item_id: str,
        timeout: float | None = None,
    ) -> types.ConversationInfo:
        """Remove an item from a conversation.

        Args:
            conversation_id: The `id` of a conversation.
            item_id: The `id` of an item.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("conversation.remove", types.ConversationItemParams(conversation_id=conversation_id, item_id=item_id), types.ConversationInfo, timeout)
