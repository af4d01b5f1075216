"""`webhook.*`: the gateway calls other systems when something happens."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import JsonObject, Page, Paged, Params, Result, Scope, When
from openclaw_rpc.protocol.errors import Conflict, Forbidden, NotFound
from openclaw_rpc.protocol.method import Method

WebhookId = Annotated[str, Meta(min_length=1, max_length=100)]
WebhookUrl = Annotated[str, Meta(min_length=1, max_length=8192, description="http:// or https://.")]
EventPattern = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^([a-z][A-Za-z0-9_]*(\.[a-z][A-Za-z0-9_]*)*(\.\*)?|\*)$",
        description="An event's name, or `prefix.*`.",
    ),
]
Secret = Annotated[str, Meta(min_length=1, max_length=200, description="`whsec_` and base64 of 24 to 64 bytes.")]
DeliveryStatus = Literal["pending", "delivered", "dead"]


class WebhookInfo(Result, frozen=True, kw_only=True):
    """A webhook. ``secret`` is shown once, where the gateway made it; ``lastError`` is that of the last try."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    created_at: When
    ordered: bool = False
    secret: str | None = None
    disabled_reason: str | None = None
    last_error: str | None = None


class WebhookCreateParams(Params, frozen=True, kw_only=True):
    """Where to call and why: ``event`` or ``events``. With ``ordered`` an event waits until the one before arrived."""

    url: WebhookUrl
    event: EventPattern | None = None
    events: Annotated[list[EventPattern], Meta(min_length=1, max_length=100)] | None = None
    secret: Secret | None = None
    enabled: bool = True
    ordered: bool = False


class WebhookList(Page, frozen=True, kw_only=True):
    """All webhooks, the newest first."""

    webhooks: list[WebhookInfo]


class WebhookParams(Params, frozen=True, kw_only=True):
    """Which webhook."""

    webhook_id: WebhookId


class WebhookUpdateParams(Params, frozen=True, kw_only=True):
    """What to change. ``secret: true`` makes a new one; the old one signs beside it for a day."""

    webhook_id: WebhookId
    url: WebhookUrl | None = None
    events: Annotated[list[EventPattern], Meta(min_length=1, max_length=100)] | None = None
    secret: Literal[True] | Secret | None = None
    enabled: bool | None = None
    ordered: bool | None = None


class WebhookDeleted(Result, frozen=True, kw_only=True):
    """The webhook is gone, and what waited for it."""

    id: str
    deleted: bool


class WebhookDelivery(Result, frozen=True, kw_only=True):
    """A call; ``id`` is its `webhook-id`, the same at each try."""

    id: str
    event: str
    status: DeliveryStatus
    attempts: int
    created_at: When
    next_at: When | None = None
    last_error: str | None = None


class WebhookDeliveriesParams(Paged, frozen=True, kw_only=True):
    """Of which webhook, and how they stand."""

    webhook_id: WebhookId
    status: DeliveryStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class WebhookDeliveries(Page, frozen=True, kw_only=True):
    """Calls, the newest first."""

    deliveries: list[WebhookDelivery]


class WebhookRedeliverParams(Params, frozen=True, kw_only=True):
    """Which call to make again, under the same `webhook-id`."""

    webhook_id: WebhookId
    delivery_id: Annotated[str, Meta(min_length=1, max_length=100)]


class WebhookTested(Result, frozen=True, kw_only=True):
    """What the other side answered to one `webhook.test`: ``status`` is its HTTP status, or ``error`` says why not."""

    id: str
    delivered: bool
    status: int | None = None
    error: str | None = None


class WebhookBody(Result, frozen=True, kw_only=True):
    """What is posted."""

    type: str
    timestamp: When
    data: Any


class TestData(Result, frozen=True, kw_only=True):
    """The data of `webhook.test`."""

    webhook_id: str


class ErrorOccurredEvent(Result, frozen=True, kw_only=True):
    """Something failed that nobody waits for, or a run ended in an error."""

    code: str
    message: str
    component: str
    details: JsonObject = {}


create = Method(
    name="webhook.create",
    params=WebhookCreateParams,
    result=WebhookInfo,
    doc="Call a URL at each event of these names, signed the Standard Webhooks way, at least once.",
    scope=Scope.ADMIN,
    errors=(Forbidden,),
)
list_ = Method(
    name="webhook.list",
    params=Paged,
    result=WebhookList,
    pages="webhooks",
    doc="All webhooks, without secrets.",
    scope=Scope.ADMIN,
    safe=True,
)
get = Method(
    name="webhook.get",
    params=WebhookParams,
    result=WebhookInfo,
    doc="One webhook.",
    scope=Scope.ADMIN,
    safe=True,
    errors=(NotFound,),
)
update = Method(
    name="webhook.update",
    params=WebhookUpdateParams,
    result=WebhookInfo,
    doc="Change a webhook, switch it on or off, or make a new secret.",
    scope=Scope.ADMIN,
    errors=(NotFound, Forbidden),
)
delete = Method(
    name="webhook.delete",
    params=WebhookParams,
    result=WebhookDeleted,
    doc="Remove a webhook and what waits for it.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
)
deliveries = Method(
    name="webhook.deliveries",
    params=WebhookDeliveriesParams,
    result=WebhookDeliveries,
    pages="deliveries",
    doc="The calls of a webhook, including those that failed.",
    scope=Scope.ADMIN,
    safe=True,
    errors=(NotFound,),
)
redeliver = Method(
    name="webhook.redeliver",
    params=WebhookRedeliverParams,
    result=WebhookDelivery,
    doc="Make a call again, with the same body and `webhook-id`.",
    scope=Scope.ADMIN,
    errors=(NotFound, Conflict),
)
test = Method(
    name="webhook.test",
    params=WebhookParams,
    result=WebhookTested,
    doc="Call it once, with `webhook.test`, and say what came back.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
)

METHODS = (create, list_, get, update, delete, deliveries, redeliver, test)
