"""What `conversation.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class ConversationCreateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What was said already, where there is any."""

    items: list[Any] | UnsetType = UNSET
    """Items as OpenAI's Responses have them, in their order."""
    metadata: dict[str, str] | UnsetType = UNSET
    """Texts of your own by their names."""


class ConversationParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which conversation."""

    conversation_id: str
    """The `id` of a conversation."""


class ConversationUpdateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which conversation, and its metadata from now on."""

    conversation_id: str
    """The `id` of a conversation."""
    metadata: dict[str, str] | UnsetType = UNSET
    """Texts of your own by their names."""


class ConversationInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A conversation."""

    id: str
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    metadata: dict[str, str] = {}


class ConversationDeleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is gone, and its items are."""

    id: str
    deleted: bool


class ConversationItemsParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which conversation's items, page by page; `after` is an item's id."""

    conversation_id: str
    """The `id` of a conversation."""
    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None


class ConversationItems(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Items, and whether there are more."""

    items: list[Any]
    has_more: bool = False


class ConversationAddParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which conversation, and what was said in it."""

    conversation_id: str
    """The `id` of a conversation."""
    items: list[Any]
    """Items as OpenAI's Responses have them, in their order."""


class ConversationItemParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which item of which conversation."""

    conversation_id: str
    """The `id` of a conversation."""
    item_id: str
    """The `id` of an item."""


class ConversationItem(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An item."""

    item: Any
