"""Conversations: items under an id, which responses go on with and add to. Each item is a document of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from openclaw_rpc.dialects.openai.response_requests import as_items
from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.documents import Document
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.conversation import ConversationInfo
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound

KIND = "conversation"
ITEM = "conversation_item"
NEWEST = 5000
"""How many items a conversation is asked with at most."""


class _Kept(msgspec.Struct, frozen=True):
    """A conversation as it is kept."""

    user: str
    created_at: str
    metadata: dict[str, str] = {}


class Conversations:
    """Makes them, and finds them again. One that a client called by a name of its own is its user's alone."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(
        self, principal: Principal, items: Sequence[JsonObject], metadata: dict[str, str]
    ) -> ConversationInfo:
        """Make one."""
        kept = _Kept(principal.user, iso(self._clock.now()), metadata)
        found = new_id("conv")
        await self._store.commit(Change(documents=[_document(found, kept), *_documents(found, as_items(items))]))
        return _info(found, kept)

    async def get(self, principal: Principal, conversation_id: str) -> ConversationInfo:
        """One.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        return _info(conversation_id, _kept(await self._find(principal, conversation_id)))

    async def update(self, principal: Principal, conversation_id: str, metadata: dict[str, str]) -> ConversationInfo:
        """Give one other metadata, whoever else does at the same moment.

        Raises:
            NotFound: as `get`.
        """
        while True:
            document = await self._find(principal, conversation_id)
            kept = msgspec.structs.replace(_kept(document), metadata=metadata)
            if await self._store.documents.put(_document(document.id, kept, document.version)):
                return _info(conversation_id, kept)

    async def delete(self, principal: Principal, conversation_id: str) -> None:
        """Remove one with its items.

        Raises:
            NotFound: as `get`.
        """
        document = await self._find(principal, conversation_id)
        await self._store.documents.delete(KIND, document.id)
        await self._store.documents.drop(ITEM, document.id)

    async def add(
        self, principal: Principal, conversation_id: str, items: Sequence[JsonObject]
    ) -> Sequence[JsonObject]:
        """Add items to the end of one; answers them with their ids.

        Raises:
            NotFound: as `get`.
        """
        document = await self._find(principal, conversation_id)
        added = as_items(items)
        await self._store.commit(Change(documents=_documents(document.id, added)))
        return added

    async def items(self, principal: Principal, conversation_id: str) -> list[JsonObject]:
        """The items of one, in their order: the newest `NEWEST`.

        Raises:
            NotFound: as `get`.
        """
        found = await self._listed(await self._find(principal, conversation_id))
        return [msgspec.json.decode(each.data) for each in found]

    async def item(self, principal: Principal, conversation_id: str, item_id: str) -> JsonObject:
        """One item.

        Raises:
            NotFound: as `get`, or there is no such item.
        """
        return msgspec.json.decode((await self._item(principal, conversation_id, item_id)).data)

    async def remove(self, principal: Principal, conversation_id: str, item_id: str) -> ConversationInfo:
        """Remove one item.

        Raises:
            NotFound: as `item`.
        """
        await self._store.documents.delete(ITEM, (await self._item(principal, conversation_id, item_id)).id)
        return await self.get(principal, conversation_id)

    async def keep(
        self, principal: Principal, name: str, items: Sequence[JsonObject], before: Sequence[JsonObject]
    ) -> None:
        """Add what a response was asked and answered; one that is not there is made, with what was said ``before``."""
        document = await self._known(principal, name)
        if document is None:
            document = _document(f"{principal.user}/{name}", _Kept(principal.user, iso(self._clock.now())))
            if await self._store.documents.put(document):
                items = [*before, *items]
        await self._store.commit(Change(documents=_documents(document.id, items)))

    async def _known(self, principal: Principal, name: str) -> Document | None:
        """A conversation by the id that it was given here or, of the user's own, by the name that a client gave it."""
        for found in (name, f"{principal.user}/{name}", f"{principal.account}/{name}"):
            document = await self._store.documents.get(KIND, found)
            if document is not None and principal.reaches(_kept(document).user):
                return document
        return None

    async def _find(self, principal: Principal, conversation_id: str) -> Document:
        document = await self._known(principal, conversation_id)
        if document is None:
            reason = "unknown_conversation"
            raise NotFound(f"there is no conversation {conversation_id!r}", field="conversation_id", reason=reason)
        return document

    async def _listed(self, document: Document) -> list[Document]:
        """The items of a conversation, in their order."""
        return (await self._store.documents.list(ITEM, parent=document.id, limit=NEWEST))[::-1]

    async def _item(self, principal: Principal, conversation_id: str, item_id: str) -> Document:
        for each in await self._listed(await self._find(principal, conversation_id)):
            if msgspec.json.decode(each.data).get("id") == item_id:
                return each
        raise NotFound(f"there is no item {item_id!r}", field="item_id", reason="unknown_item")


def page(
    items: Sequence[JsonObject], *, limit: int, descending: bool, after: str | None
) -> tuple[list[JsonObject], bool]:
    """A page of items, and whether there are more.

    Raises:
        InvalidRequest: there is no item ``after``.
    """
    found = list(reversed(items) if descending else items)
    if after is not None:
        at = next((at for at, item in enumerate(found) if item.get("id") == after), None)
        if at is None:
            raise InvalidRequest(f"there is no item {after!r}", field="after", reason="unknown_item")
        found = found[at + 1 :]
    return found[:limit], len(found) > limit


def _info(conversation_id: str, kept: _Kept) -> ConversationInfo:
    return ConversationInfo(id=conversation_id, created_at=kept.created_at, metadata=kept.metadata)


def _kept(document: Document) -> _Kept:
    return msgspec.json.decode(document.data, type=_Kept)


def _document(document_id: str, kept: _Kept, version: int = 0) -> Document:
    return Document(kind=KIND, id=document_id, data=msgspec.json.encode(kept), version=version)


def _documents(parent: str, items: Sequence[Any]) -> list[Document]:
    """Items as documents whose ids sort in their order."""
    first = new_id("item")
    return [
        Document(kind=ITEM, id=f"{first}{at:05}", parent=parent, data=msgspec.json.encode(item))
        for at, item in enumerate(items)
    ]
