"""What `response.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field
from openclaw.types.chat import ChatRunParams


class ResponseCreateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A request of OpenAI's Responses. With `run`, that run of an agent is the answer, else a model is asked.

    A run that names no session belongs to the one in which all that was said before was said: that of the
    `previous_response_id`, the one that `conversationKey` names, or one that is found by it.
    """

    body: Any
    """The request, an object with at least `input`."""
    run: ChatRunParams | dict[str, Any] | None = None
    conversation_key: str | None = None
    """The client's name of a session."""
    request_id: str | None = None
    """Repeated in the events of this call."""


class ResponseBody(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The response in its present state; missing where its events were sent before."""

    body: Any | None = None


class ResponseIdParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which response."""

    response_id: str
    """The `id` of a response."""


class ResponseFollowParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which response's events, those after the `sequence_number` `startingAfter`."""

    response_id: str
    """The `id` of a response."""
    starting_after: int = -1
    request_id: str | None = None
    """Repeated in the events of this call."""


class ResponseItemsParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which response's input, page by page; `after` is an item's id."""

    response_id: str
    """The `id` of a response."""
    limit: int = 20
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None


class ResponseItems(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A page of items."""

    items: list[Any]
    has_more: bool = False


class ResponseDeleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is gone."""

    response_id: str
    deleted: bool


class ResponseStreamEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An event of a response, with its `type` and `sequence_number`, to the connection that asked."""

    event: Any
    request_id: str | None = None
