"""`response.*`: answers that are kept, followed, gone on with and cancelled, in the form of OpenAI's Responses."""

from typing import Annotated, Literal

from msgspec import Meta, Raw

from openclaw_rpc.protocol.base import Params, Rate, Result, Scope, SessionKey
from openclaw_rpc.protocol.chat import ChatRunParams
from openclaw_rpc.protocol.errors import NotFound, ProviderError
from openclaw_rpc.protocol.method import Event, Method
from openclaw_rpc.protocol.model import RequestId

ResponseId = Annotated[str, Meta(min_length=1, max_length=100, description="The `id` of a response.")]


class ResponseCreateParams(Params, frozen=True, kw_only=True):
    """A request of OpenAI's Responses. With ``run``, that run of an agent is the answer, else a model is asked.

    A run that names no session belongs to the one in which all that was said before was said: that of the
    ``previous_response_id``, the one that ``conversationKey`` names, or one that is found by it.
    """

    body: Annotated[Raw, Meta(description="The request, an object with at least `input`.")]
    run: ChatRunParams | None = None
    conversation_key: SessionKey | None = None
    request_id: RequestId | None = None


class ResponseBody(Result, frozen=True, kw_only=True):
    """The response in its present state; missing where its events were sent before."""

    body: Raw | None = None


class ResponseIdParams(Params, frozen=True, kw_only=True):
    """Which response."""

    response_id: ResponseId


class ResponseFollowParams(Params, frozen=True, kw_only=True):
    """Which response's events, those after the ``sequence_number`` ``startingAfter``."""

    response_id: ResponseId
    starting_after: Annotated[int, Meta(ge=-1)] = -1
    request_id: RequestId | None = None


class ResponseItemsParams(Params, frozen=True, kw_only=True):
    """Which response's input, page by page; ``after`` is an item's id."""

    response_id: ResponseId
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
    after: Annotated[str, Meta(max_length=200)] | None = None


class ResponseItems(Result, frozen=True, kw_only=True):
    """A page of items."""

    items: list[Raw]
    has_more: bool = False


class ResponseDeleted(Result, frozen=True, kw_only=True):
    """It is gone."""

    response_id: str
    deleted: bool


class ResponseStreamEvent(Result, frozen=True, kw_only=True):
    """An event of a response, with its ``type`` and ``sequence_number``, to the connection that asked."""

    event: Raw
    request_id: str | None = None


response_event = Event("response.event", ResponseStreamEvent, "A step of a response.")

create = Method(
    name="response.create",
    params=ResponseCreateParams,
    result=ResponseBody,
    doc="Answer an input. Unless `store` is false, the response is kept and can be continued.",
    scope=Scope.CHAT,
    rate=Rate.MESSAGES,
    emits=(response_event,),
    errors=(NotFound, ProviderError),
)
get = Method(
    name="response.get",
    params=ResponseIdParams,
    result=ResponseBody,
    doc="A response in its present state.",
    scope=Scope.CHAT,
    errors=(NotFound,),
    safe=True,
)
follow = Method(
    name="response.follow",
    params=ResponseFollowParams,
    result=ResponseBody,
    doc="The events of a response: those that were, then those that come, to its end.",
    scope=Scope.CHAT,
    emits=(response_event,),
    errors=(NotFound,),
)
cancel = Method(
    name="response.cancel",
    params=ResponseIdParams,
    result=ResponseBody,
    doc="Stop a response; what was said is kept.",
    scope=Scope.CHAT,
    errors=(NotFound,),
)
delete = Method(
    name="response.delete",
    params=ResponseIdParams,
    result=ResponseDeleted,
    doc="Remove a response; one that is under way is stopped.",
    scope=Scope.CHAT,
    errors=(NotFound,),
)
items = Method(
    name="response.items",
    params=ResponseItemsParams,
    result=ResponseItems,
    doc="What a response was an answer to.",
    scope=Scope.CHAT,
    errors=(NotFound,),
    safe=True,
)

METHODS = (create, get, follow, cancel, delete, items)
