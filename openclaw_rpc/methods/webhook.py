"""`webhook.*`: the join of the webhooks' rows and the webhooks."""

from openclaw_rpc.domain.webhooks.service import Webhooks
from openclaw_rpc.protocol import webhook
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.webhook import (
    WebhookCreateParams,
    WebhookDeleted,
    WebhookDeliveries,
    WebhookDeliveriesParams,
    WebhookDelivery,
    WebhookInfo,
    WebhookList,
    WebhookParams,
    WebhookRedeliverParams,
    WebhookTested,
    WebhookUpdateParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class WebhookMethods:
    """Makes webhooks, and shows what becomes of their calls."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(webhook.create, self.create, shielded=True),
            bind(webhook.list_, self.list_),
            bind(webhook.get, self.get),
            bind(webhook.update, self.update, shielded=True),
            bind(webhook.delete, self.delete, shielded=True),
            bind(webhook.deliveries, self.deliveries),
            bind(webhook.redeliver, self.redeliver, shielded=True),
            bind(webhook.test, self.test),
        )

    async def create(self, params: WebhookCreateParams, call: Call) -> WebhookInfo:
        """Make one."""
        return await self._webhooks.create(call.principal.user, params)

    async def list_(self, params: Empty, call: Call) -> WebhookList:
        """All of them."""
        user, all_ = call.principal.user, call.principal.is_owner_admin
        return WebhookList(webhooks=self._webhooks.list(user, everybodys=all_))

    async def get(self, params: WebhookParams, call: Call) -> WebhookInfo:
        """One of them."""
        user, all_ = call.principal.user, call.principal.is_owner_admin
        return await self._webhooks.get(user, params.webhook_id, everybodys=all_)

    async def update(self, params: WebhookUpdateParams, call: Call) -> WebhookInfo:
        """Change one."""
        return await self._webhooks.update(call.principal.user, params, everybodys=call.principal.is_owner_admin)

    async def delete(self, params: WebhookParams, call: Call) -> WebhookDeleted:
        """Remove one."""
        user, all_ = call.principal.user, call.principal.is_owner_admin
        await self._webhooks.delete(user, params.webhook_id, everybodys=all_)
        return WebhookDeleted(id=params.webhook_id, deleted=True)

    async def deliveries(self, params: WebhookDeliveriesParams, call: Call) -> WebhookDeliveries:
        """Its calls."""
        found = self._webhooks.find(call.principal.user, params.webhook_id, everybodys=call.principal.is_owner_admin)
        calls = await self._webhooks.deliveries(found.id, params.status, params.limit)
        return WebhookDeliveries(deliveries=calls)

    async def redeliver(self, params: WebhookRedeliverParams, call: Call) -> WebhookDelivery:
        """Make a call again."""
        found = self._webhooks.find(call.principal.user, params.webhook_id, everybodys=call.principal.is_owner_admin)
        return await self._webhooks.redeliver(found.id, params.delivery_id)

    async def test(self, params: WebhookParams, call: Call) -> WebhookTested:
        """Call it once."""
        user, all_ = call.principal.user, call.principal.is_owner_admin
        return await self._webhooks.test(user, params.webhook_id, everybodys=all_)
