"""What `webhook.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class WebhookInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A webhook. `secret` is shown once, where the gateway made it; `lastError` is that of the last try."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    ordered: bool = False
    secret: str | None = None
    disabled_reason: str | None = None
    last_error: str | None = None


class WebhookCreateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Where to call and why: `event` or `events`. With `ordered` an event waits until the one before arrived."""

    url: str
    """http:// or https://."""
    event: str | None = None
    """An event's name, or `prefix.*`."""
    events: list[str] | None = None
    secret: str | None = None
    """`whsec_` and base64 of 24 to 64 bytes."""
    enabled: bool = True
    ordered: bool = False


class WebhookList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All webhooks, the newest first."""

    next_cursor: str | None = None
    webhooks: list[WebhookInfo]


class WebhookParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which webhook."""

    webhook_id: str


class WebhookUpdateParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to change. `secret: true` makes a new one; the old one signs beside it for a day."""

    webhook_id: str
    url: str | None = None
    """http:// or https://."""
    events: list[str] | None = None
    secret: Literal["True"] | str | None = None
    """`whsec_` and base64 of 24 to 64 bytes."""
    enabled: bool | None = None
    ordered: bool | None = None


class WebhookDeleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The webhook is gone, and what waited for it."""

    id: str
    deleted: bool


class WebhookDelivery(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A call; `id` is its `webhook-id`, the same at each try."""

    id: str
    event: str
    status: Literal["dead", "delivered", "pending"]
    attempts: int
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    next_at: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    last_error: str | None = None


class WebhookDeliveriesParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Of which webhook, and how they stand."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    webhook_id: str
    status: Literal["dead", "delivered", "pending"] | None = None
    limit: int = 100


class WebhookDeliveries(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Calls, the newest first."""

    next_cursor: str | None = None
    deliveries: list[WebhookDelivery]


class WebhookRedeliverParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which call to make again, under the same `webhook-id`."""

    webhook_id: str
    delivery_id: str


class WebhookTested(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What the other side answered to one `webhook.test`: `status` is its HTTP status, or `error` says why not."""

    id: str
    delivered: bool
    status: int | None = None
    error: str | None = None
