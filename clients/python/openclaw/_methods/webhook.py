"""`webhook.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Webhook:
    """`webhook.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def create(
        self,
        *,
        url: str,
        event: str | None = None,
        events: List[str] | None = None,
        secret: str | None = None,
        enabled: bool = True,
        ordered: bool = False,
        timeout: float | None = None,
    ) -> types.WebhookInfo:
        """Call a URL at each event of these names, signed the Standard Webhooks way, at least once.

        Args:
            url: http:// or https://.
            event: An event's name, or `prefix.*`.
            secret: `whsec_` and base64 of 24 to 64 bytes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("webhook.create", types.WebhookCreateParams(url=url, event=event, events=events, secret=secret, enabled=enabled, ordered=ordered), types.WebhookInfo, timeout)

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.WebhookList:
        """All webhooks, without secrets.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("webhook.list", types.Paged(cursor=cursor), types.WebhookList, timeout)

    def get(
        self,
        *,
        webhook_id: str,
        timeout: float | None = None,
    ) -> types.WebhookInfo:
        """One webhook.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("webhook.get", types.WebhookParams(webhook_id=webhook_id), types.WebhookInfo, timeout)

    def update(
        self,
        *,
        webhook_id: str,
        url: str | None = None,
        events: List[str] | None = None,
        secret: Literal["True"] | str | None = None,
        enabled: bool | None = None,
        ordered: bool | None = None,
        timeout: float | None = None,
    ) -> types.WebhookInfo:
        """Change a webhook, switch it on or off, or make a new secret.

        Args:
            url: http:// or https://.
            secret: `whsec_` and base64 of 24 to 64 bytes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("webhook.update", types.WebhookUpdateParams(webhook_id=webhook_id, url=url, events=events, secret=secret, enabled=enabled, ordered=ordered), types.WebhookInfo, timeout)

    def delete(
        self,
        *,
        webhook_id: str,
        timeout: float | None = None,
    ) -> types.WebhookDeleted:
        """Remove a webhook and what waits for it.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("webhook.delete", types.WebhookParams(webhook_id=webhook_id), types.WebhookDeleted, timeout)

    def deliveries(
        self,
        *,
        webhook_id: str,
        cursor: str | None = None,
        status: Literal["dead", "delivered", "pending"] | None = None,
        limit: int = 100,
        timeout: float | None = None,
    ) -> types.WebhookDeliveries:
        """The calls of a webhook, including those that failed.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("webhook.deliveries", types.WebhookDeliveriesParams(webhook_id=webhook_id, cursor=cursor, status=status, limit=limit), types.WebhookDeliveries, timeout)

    def redeliver(
        self,
        *,
        webhook_id: str,
        delivery_id: str,
        timeout: float | None = None,
    ) -> types.WebhookDelivery:
        """Make a call again, with the same body and `webhook-id`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("webhook.redeliver", types.WebhookRedeliverParams(webhook_id=webhook_id, delivery_id=delivery_id), types.WebhookDelivery, timeout)

    def test(
        self,
        *,
        webhook_id: str,
        timeout: float | None = None,
    ) -> types.WebhookTested:
        """Call it once, with `webhook.test`, and say what came back.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("webhook.test", types.WebhookParams(webhook_id=webhook_id), types.WebhookTested, timeout)


class AsyncWebhook:
    """`webhook.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def create(
        self,
        *,
        url: str,
        event: str | None = None,
        events: List[str] | None = None,
        secret: str | None = None,
        enabled: bool = True,
        ordered: bool = False,
        timeout: float | None = None,
    ) -> types.WebhookInfo:
        """Call a URL at each event of these names, signed the Standard Webhooks way, at least once.

        Args:
            url: http:// or https://.
            event: An event's name, or `prefix.*`.
            secret: `whsec_` and base64 of 24 to 64 bytes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("webhook.create", types.WebhookCreateParams(url=url, event=event, events=events, secret=secret, enabled=enabled, ordered=ordered), types.WebhookInfo, timeout)

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.WebhookList:
        """All webhooks, without secrets.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("webhook.list", types.Paged(cursor=cursor), types.WebhookList, timeout)

    async def get(
        self,
        *,
        webhook_id: str,
        timeout: float | None = None,
    ) -> types.WebhookInfo:
        """One webhook.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("webhook.get", types.WebhookParams(webhook_id=webhook_id), types.WebhookInfo, timeout)

    async def update(
        self,
        *,
        webhook_id: str,
        url: str | None = None,
        events: List[str] | None = None,
        secret: Literal["True"] | str | None = None,
        enabled: bool | None = None,
        ordered: bool | None = None,
        timeout: float | None = None,
    ) -> types.WebhookInfo:
        """Change a webhook, switch it on or off, or make a new secret.

        Args:
            url: http:// or https://.
            secret: `whsec_` and base64 of 24 to 64 bytes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("webhook.update", types.WebhookUpdateParams(webhook_id=webhook_id, url=url, events=events, secret=secret, enabled=enabled, ordered=ordered), types.WebhookInfo, timeout)

    async def delete(
        self,
        *,
        webhook_id: str,
        timeout: float | None = None,
    ) -> types.WebhookDeleted:
        """Remove a webhook and what waits for it.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("webhook.delete", types.WebhookParams(webhook_id=webhook_id), types.WebhookDeleted, timeout)

    async def deliveries(
        self,
        *,
        webhook_id: str,
        cursor: str | None = None,
        status: Literal["dead", "delivered", "pending"] | None = None,
        limit: int = 100,
        timeout: float | None = None,
    ) -> types.WebhookDeliveries:
        """The calls of a webhook, including those that failed.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("webhook.deliveries", types.WebhookDeliveriesParams(webhook_id=webhook_id, cursor=cursor, status=status, limit=limit), types.WebhookDeliveries, timeout)

    async def redeliver(
        self,
        *,
        webhook_id: str,
        delivery_id: str,
        timeout: float | None = None,
    ) -> types.WebhookDelivery:
        """Make a call again, with the same body and `webhook-id`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("webhook.redeliver", types.WebhookRedeliverParams(webhook_id=webhook_id, delivery_id=delivery_id), types.WebhookDelivery, timeout)

    async def test(
        self,
        *,
        webhook_id: str,
        timeout: float | None = None,
    ) -> types.WebhookTested:
        """Call it once, with `webhook.test`, and say what came back.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("webhook.test", types.WebhookParams(webhook_id=webhook_id), types.WebhookTested, timeout)
