"""Whoever is called by webhooks: verifies, writes down, answers as it is told."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.support.platforms.serving import Platform


class Receiver(Platform):
    """An endpoint. ``statuses`` are answered first, one a call; then 204."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: list[str] = []
        self.statuses: list[int] = []
        self.calls: list[dict[str, Any]] = []
        """Calls that were verified and taken: ``id``, ``type``, ``data``, ``timestamp``."""
        self.forged = 0

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/hook", self._take)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if self.secrets and not all(_verified(secret, body, headers) for secret in self.secrets):
            self.forged += 1
            return web.Response(status=401)
        status = self.statuses.pop(0) if self.statuses else 204
        self.note("call", {"id": headers["webhook-id"], "status": status, "body": body})
        if status == 204:
            self.calls.append({"id": headers["webhook-id"], **msgspec.json.decode(body)})
            self.changed()
        return web.Response(status=status)


def _verified(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True
