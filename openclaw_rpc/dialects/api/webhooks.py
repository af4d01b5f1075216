"""Reference 002: `/api/webhooks`."""

from openclaw_rpc.dialects.rest import direct
from openclaw_rpc.protocol import webhook

ENDPOINTS = (
    direct("POST", "/api/webhooks", webhook.create, status=201),
    direct("GET", "/api/webhooks", webhook.list_),
    direct("GET", "/api/webhooks/{webhookId}", webhook.get),
    direct("PATCH", "/api/webhooks/{webhookId}", webhook.update),
    direct("DELETE", "/api/webhooks/{webhookId}", webhook.delete),
    direct("POST", "/api/webhooks/{webhookId}/test", webhook.test),
    direct("GET", "/api/webhooks/{webhookId}/deliveries", webhook.deliveries),
    direct("POST", "/api/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", webhook.redeliver),
)
