"""Webhooks: who is called for what, and what becomes of each call."""

from __future__ import annotations

import base64
import binascii
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Protocol

import msgspec
from msgspec import Meta

from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.delivery import DELIVERED, SendOutcome
from openclaw_rpc.domain.documents import Document, Documents
from openclaw_rpc.domain.events.change import Delivery, DeliveryKind
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.domain.records import DeliveryQuery
from openclaw_rpc.domain.webhooks.naming import MADE, fits, named
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import Conflict, InvalidRequest, NotFound
from openclaw_rpc.protocol.webhook import (
    DeliveryStatus,
    TestData,
    WebhookBody,
    WebhookCreateParams,
    WebhookDelivery,
    WebhookInfo,
    WebhookTested,
    WebhookUpdateParams,
)

KIND: Final = "webhook"
BOTH_SIGN_SECONDS: Final = 86_400
SHOWN: Final[Mapping[str, DeliveryStatus]] = {"delivered": "delivered", "dead": "dead", "unknown": "dead"}
ORDERED_LANE: Final = "ordered"


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How webhooks are called."""

    retry_seconds: Annotated[
        tuple[Annotated[float, Meta(ge=0.1, le=604_800)], ...],
        Meta(max_length=50, description="The pauses between tries, each up to half as long again; then it is dead."),
    ] = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
    timeout_seconds: Annotated[float, Meta(ge=1, le=300, description="How long the other side may take.")] = 15.0


class Webhook(msgspec.Struct, kw_only=True):
    """A webhook as it is kept."""

    id: str
    user: str
    url: str
    events: list[str]
    secret: str
    created_at: str
    enabled: bool = True
    ordered: bool = False
    old_secret: str | None = None
    old_until: float = 0
    disabled_reason: str | None = None


class WebhookCall(msgspec.Struct, kw_only=True):
    """One call: ``body`` never changes, whatever the secret or the address."""

    event: str
    body: msgspec.Raw


class WebhookResponse(msgspec.Struct, kw_only=True, frozen=True):
    """What the other side said: its status, or why there is none; ``retry_after`` in s."""

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether it was taken."""
        return self.status is not None and 200 <= self.status < 300


class Caller(Protocol):
    """Calls other systems."""

    async def call(
        self, url: str, message_id: str, body: bytes, keys: Sequence[str], seconds: float
    ) -> WebhookResponse:
        """Post a body, signed with each key for this moment; redirects are not followed."""
        ...


class Webhooks:
    """All webhooks. They are few, and held in memory: every event asks them."""

    def __init__(
        self,
        store: Store,
        documents: Documents,
        caller: Caller,
        policy: Callable[[], OutboundPolicy],
        settings: Callable[[], WebhookSettings],
        clock: Clock,
        events: Sequence[str],
    ) -> None:
        self._store = store
        self._documents = documents
        self._caller = caller
        self._policy = policy
        self._settings = settings
        self._clock = clock
        self._events = (*events, *MADE)
        self._webhooks: dict[str, Webhook] = {}

    async def open(self) -> None:
        """Read what is kept: before events are told, and when another process changed it."""
        kept = await self._documents.list(KIND)
        self._webhooks.clear()
        self._webhooks.update((document.id, msgspec.json.decode(document.data, type=Webhook)) for document in kept)

    # ---- what events cause ----

    def caused(self, name: str, data: Any, user: str, channel: str = "") -> list[Delivery]:
        """The calls that an event causes, to be kept with it."""
        if not self._webhooks:
            return []
        found: list[Delivery] = []
        for made, told in named(name, data, channel):
            body: bytes | None = None
            for webhook in self._webhooks.values():
                if webhook.enabled and webhook.user in (user, OWNER) and fits(made, webhook.events):
                    body = body or self._body(made, told)
                    found.append(self._delivery(webhook, made, body))
        return found

    def _body(self, name: str, data: Any) -> bytes:
        return msgspec.json.encode(WebhookBody(type=name, timestamp=iso(self._clock.now()), data=data))

    def _delivery(self, webhook: Webhook, name: str, body: bytes) -> Delivery:
        now, delivery_id = iso(self._clock.now()), new_id("wh")
        return Delivery(
            id=delivery_id,
            kind="webhook",
            target=webhook.id,
            lane=ORDERED_LANE if webhook.ordered else "",
            body=msgspec.json.encode(WebhookCall(event=name, body=msgspec.Raw(body))),
            created_at=now,
            next_at=now,
        )

    async def call(self, delivery: Delivery) -> WebhookResponse:
        """Make a call that is due. A webhook that is gone or switched off takes none."""
        webhook = self._webhooks.get(delivery.target)
        if webhook is None or not webhook.enabled:
            return WebhookResponse(status=410, error="the webhook is gone or switched off")
        call = msgspec.json.decode(delivery.body, type=WebhookCall)
        answer = await self._call(webhook, delivery.id, bytes(call.body))
        if answer.status == 410:
            await self._change(webhook.id, enabled=False, disabled_reason="the other side answered 410 Gone")
        return answer

    async def _call(self, webhook: Webhook, message_id: str, body: bytes) -> WebhookResponse:
        keys = [webhook.secret]
        if webhook.old_secret is not None and self._clock.now() < webhook.old_until:
            keys.append(webhook.old_secret)
        return await self._caller.call(webhook.url, message_id, body, keys, self._settings().timeout_seconds)

    # ---- what callers ask ----

    async def create(self, user: str, params: WebhookCreateParams) -> WebhookInfo:
        """Make one; the secret is shown where it was made here."""
        self._policy().check(params.url, field="url")
        events = self._patterns([*([params.event] if params.event else []), *(params.events or [])])
        webhook = Webhook(
            id=new_id("whk"),
            user=user,
            url=params.url,
            events=events,
            secret=_checked(params.secret) if params.secret is not None else new_secret(),
            created_at=iso(self._clock.now()),
            enabled=params.enabled,
            ordered=params.ordered,
        )
        await self._documents.put(Document(kind=KIND, id=webhook.id, data=msgspec.json.encode(webhook)))
        self._webhooks[webhook.id] = webhook
        return info(webhook, secret=None if params.secret is not None else webhook.secret)

    def _patterns(self, patterns: list[str]) -> list[str]:
        if not patterns:
            raise InvalidRequest("say which events: event or events", field="events", reason="missing")
        for pattern in patterns:
            if not any(fits(name, [pattern]) for name in self._events):
                reason = f"there is no event {pattern!r}{meant(pattern, self._events)}"
                raise InvalidRequest(reason, field="events", reason=reason)
        return list(dict.fromkeys(patterns))

    def list(self, user: str, *, everybodys: bool) -> list[WebhookInfo]:
        """All of a user, the newest first."""
        found = [each for each in self._webhooks.values() if everybodys or each.user == user]
        return [info(each) for each in sorted(found, key=lambda each: each.created_at, reverse=True)]

    async def get(self, user: str, webhook_id: str, *, everybodys: bool) -> WebhookInfo:
        """One of them, with the last fault of its calls."""
        webhook = self.find(user, webhook_id, everybodys=everybodys)
        found, _ = await self._store.deliveries.list(DeliveryQuery(limit=1, kind="webhook", target=webhook.id))
        return info(webhook, last_error=found[0].last_error if found else None)

    def find(self, user: str, webhook_id: str, *, everybodys: bool) -> Webhook:
        """One of them.

        Raises:
            NotFound: there is none, or it is another user's.
        """
        webhook = self._webhooks.get(webhook_id)
        if webhook is None or (webhook.user != user and not everybodys):
            raise NotFound(f"there is no webhook {webhook_id!r}", field="webhookId")
        return webhook

    async def update(self, user: str, params: WebhookUpdateParams, *, everybodys: bool) -> WebhookInfo:
        """Change one. A new secret signs beside the old one for a day."""
        webhook = self.find(user, params.webhook_id, everybodys=everybodys)
        changes: JsonObject = {}
        if params.url is not None:
            self._policy().check(params.url, field="url")
            changes["url"] = params.url
        if params.events is not None:
            changes["events"] = self._patterns(params.events)
        if params.enabled is not None:
            changes |= {"enabled": params.enabled, "disabled_reason": None}
        if params.ordered is not None:
            changes["ordered"] = params.ordered
        if params.secret is not None:
            secret = new_secret() if params.secret is True else _checked(params.secret)
            until = self._clock.now() + BOTH_SIGN_SECONDS
            changes |= {"secret": secret, "old_until": until}
        changed = await self._change(webhook.id, **changes)
        return info(changed, secret=changed.secret if params.secret is True else None)

    async def _change(self, webhook_id: str, **changes: Any) -> Webhook:
        """Change fields of one, whoever else does at the same moment."""
        while True:
            document = await self._documents.get(KIND, webhook_id)
            if document is None:
                self._webhooks.pop(webhook_id, None)
                raise NotFound(f"there is no webhook {webhook_id!r}", field="webhookId")
            webhook = msgspec.json.decode(document.data, type=Webhook)
            if "secret" in changes:
                changes["old_secret"] = webhook.secret  # which another may have made a moment ago
            webhook = msgspec.structs.replace(webhook, **changes)
            document.data = msgspec.json.encode(webhook)
            if await self._documents.put(document):
                self._webhooks[webhook_id] = webhook
                return webhook

    async def delete(self, user: str, webhook_id: str, *, everybodys: bool) -> None:
        """Remove one, and what waits for it."""
        webhook = self.find(user, webhook_id, everybodys=everybodys)
        await self._documents.delete(KIND, webhook.id)
        self._webhooks.pop(webhook.id, None)
        await self._store.deliveries.drop("webhook", webhook.id)

    async def deliveries(self, webhook_id: str, status: DeliveryStatus | None, limit: int) -> list[WebhookDelivery]:
        """Calls of one, the newest first."""
        found: list[WebhookDelivery] = []
        cursor: str | None = None
        while len(found) < limit:
            query = DeliveryQuery(limit=min(limit, 200), cursor=cursor, kind="webhook", target=webhook_id)
            page, cursor = await self._store.deliveries.list(query)
            shown = [shown_delivery(each) for each in page]
            found += [each for each in shown if status is None or each.status == status]
            if cursor is None:
                break
        return found[:limit]

    async def redeliver(self, webhook_id: str, delivery_id: str) -> WebhookDelivery:
        """Make a call once more.

        Raises:
            NotFound: the webhook has no such call. Conflict: it waits already.
        """
        delivery = await self._store.deliveries.find(delivery_id)
        if delivery is None or delivery.kind != "webhook" or delivery.target != webhook_id:
            raise NotFound(f"there is no delivery {delivery_id!r}", field="deliveryId")
        if not await self._store.deliveries.redeliver(delivery_id, iso(self._clock.now())):
            raise Conflict("it waits to be delivered already", field="deliveryId", reason="pending")
        again = await self._store.deliveries.find(delivery_id)
        return shown_delivery(again or delivery)

    async def test(self, user: str, webhook_id: str, *, everybodys: bool) -> WebhookTested:
        """Call it once, kept nowhere."""
        webhook = self.find(user, webhook_id, everybodys=everybodys)
        message_id = new_id("wh")
        body = self._body("webhook.test", TestData(webhook_id=webhook.id))
        answer = await self._call(webhook, message_id, body)
        return WebhookTested(id=message_id, delivered=answer.delivered, status=answer.status, error=answer.error)


def info(webhook: Webhook, *, secret: str | None = None, last_error: str | None = None) -> WebhookInfo:
    """A webhook as callers see it."""
    return WebhookInfo(
        id=webhook.id,
        url=webhook.url,
        events=webhook.events,
        enabled=webhook.enabled,
        created_at=webhook.created_at,
        ordered=webhook.ordered,
        secret=secret,
        disabled_reason=webhook.disabled_reason,
        last_error=last_error,
    )


def shown_delivery(delivery: Delivery) -> WebhookDelivery:
    """A call as callers see it."""
    status: DeliveryStatus = SHOWN.get(delivery.status, "pending")
    return WebhookDelivery(
        id=delivery.id,
        event=msgspec.json.decode(delivery.body, type=WebhookCall).event,
        status=status,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        next_at=delivery.next_at if status == "pending" else None,
        last_error=delivery.last_error,
    )


def new_secret() -> str:
    """A secret that every library takes: standard base64, padded."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _checked(secret: str) -> str:
    """A secret of the caller's own.

    Raises:
        InvalidRequest: it is not ``whsec_`` and standard base64 of 16 to 64 bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith("whsec_") or not 16 <= len(key) <= 64:
        reason = "must be whsec_ and the standard base64 of 16 to 64 bytes"
        raise InvalidRequest(f"secret {reason}", field="secret", reason=reason)
    return secret


class WebhookSender:
    """The outbox's sender for webhooks."""

    kind: DeliveryKind = "webhook"
    per_target = 4

    def __init__(self, webhooks: Webhooks, settings: Callable[[], WebhookSettings]) -> None:
        self._webhooks = webhooks
        self._settings = settings

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Make a call; any answer but 2xx and 410 is tried again after the next pause."""
        answer = await self._webhooks.call(delivery)
        if answer.delivered:
            return DELIVERED
        pauses = self._settings().retry_seconds
        if answer.status == 410 or delivery.attempts > len(pauses):
            return SendOutcome(status="dead", error=answer.error)
        pause = pauses[delivery.attempts - 1] * random.uniform(1.0, 1.5)  # noqa: S311 - spreads tries
        return SendOutcome(status="later", error=answer.error, seconds=max(pause, answer.retry_after or 0.0))

    def broken_off(self, delivery: Delivery) -> SendOutcome:
        """It is called again: the receiver knows the id."""
        return SendOutcome(status="later")
