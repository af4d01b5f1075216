"""`conversation.*`: what was said, under one id that responses go on with, as OpenAI's Conversations are."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, UnsetType

from openclaw_rpc.protocol.base import Params, Result, Scope, When
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.method import Method

ConversationId = Annotated[str, Meta(min_length=1, max_length=200, description="The `id` of a conversation.")]
ItemId = Annotated[str, Meta(min_length=1, max_length=200, description="The `id` of an item.")]
Items = Annotated[
    list[Raw], Meta(max_length=1000, description="Items as OpenAI's Responses have them, in their order.")
]
Metadata = Annotated[dict[str, str], Meta(max_length=64, description="Texts of your own by their names.")]


class ConversationCreateParams(Params, frozen=True, kw_only=True):
    """What was said already, where there is any."""

    items: Items = []
    metadata: Metadata = {}


class ConversationParams(Params, frozen=True, kw_only=True):
    """Which conversation."""

    conversation_id: ConversationId


class ConversationUpdateParams(Params, frozen=True, kw_only=True):
    """Which conversation, and its metadata from now on."""

    conversation_id: ConversationId
    metadata: Metadata | UnsetType = UNSET


class ConversationInfo(Result, frozen=True, kw_only=True):
    """A conversation."""

    id: str
    created_at: When
    metadata: dict[str, str] = {}


class ConversationDeleted(Result, frozen=True, kw_only=True):
    """It is gone, and its items are."""

    id: str
    deleted: bool


class ConversationItemsParams(Params, frozen=True, kw_only=True):
    """Which conversation's items, page by page; ``after`` is an item's id."""

    conversation_id: ConversationId
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
    after: Annotated[str, Meta(max_length=200)] | None = None


class ConversationItems(Result, frozen=True, kw_only=True):
    """Items, and whether there are more."""

    items: list[Raw]
    has_more: bool = False


class ConversationAddParams(Params, frozen=True, kw_only=True):
    """Which conversation, and what was said in it."""

    conversation_id: ConversationId
    items: Items


class ConversationItemParams(Params, frozen=True, kw_only=True):
    """Which item of which conversation."""

    conversation_id: ConversationId
    item_id: ItemId


class ConversationItem(Result, frozen=True, kw_only=True):
    """An item."""

    item: Raw


create = Method(
    name="conversation.create",
    params=ConversationCreateParams,
    result=ConversationInfo,
    doc="Make a conversation; `conversation` of `response.create` goes on with it and adds to it.",
    scope=Scope.CHAT,
)
get = Method(
    name="conversation.get",
    params=ConversationParams,
    result=ConversationInfo,
    doc="A conversation.",
    scope=Scope.CHAT,
    errors=(NotFound,),
    safe=True,
)
update = Method(
    name="conversation.update",
    params=ConversationUpdateParams,
    result=ConversationInfo,
    doc="Change a conversation's metadata.",
    scope=Scope.CHAT,
    errors=(NotFound,),
)
delete = Method(
    name="conversation.delete",
    params=ConversationParams,
    result=ConversationDeleted,
    doc="Remove a conversation with its items; the session in which an agent answered stays.",
    scope=Scope.CHAT,
    errors=(NotFound,),
)
items = Method(
    name="conversation.items",
    params=ConversationItemsParams,
    result=ConversationItems,
    doc="What was said in a conversation.",
    scope=Scope.CHAT,
    errors=(NotFound,),
    safe=True,
)
add = Method(
    name="conversation.add",
    params=ConversationAddParams,
    result=ConversationItems,
    doc="Add items to the end of a conversation.",
    scope=Scope.CHAT,
    errors=(NotFound,),
)
item = Method(
    name="conversation.item",
    params=ConversationItemParams,
    result=ConversationItem,
    doc="One item of a conversation.",
    scope=Scope.CHAT,
    errors=(NotFound,),
    safe=True,
)
remove = Method(
    name="conversation.remove",
    params=ConversationItemParams,
    result=ConversationInfo,
    doc="Remove an item from a conversation.",
    scope=Scope.CHAT,
    errors=(NotFound,),
)

METHODS = (create, get, update, delete, items, add, item, remove)
