"""WhatsApp's Cloud API (developers.facebook.com/docs/whatsapp/cloud-api): what is sent to Graph, what Meta posts."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
from aiohttp import web

from tests.support.platforms.serving import Platform

TOKEN = "EAAtest-access-token-of-nobody"
SECRET = "test-app-secret"
NUMBER = "10455500000"


class WhatsAppServer(Platform):
    """Graph, for one number."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.media: dict[str, bytes] = {}

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/v23.0/{id}", self._get)
        app.router.add_post("/v23.0/{id}/messages", self._messages)
        app.router.add_post("/v23.0/{id}/media", self._upload)
        app.router.add_get("/media/{id}", self._download)

    @property
    def api_url(self) -> str:
        """What goes into the settings."""
        return f"{self.url}/v23.0"

    def _authorized(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if not self._authorized(request):
            return web.json_response({"error": {"message": "Invalid OAuth access token", "code": 190}}, status=401)
        media_id = request.match_info["id"]
        if media_id in self.media:
            return web.json_response({"url": f"{self.url}/media/{media_id}", "id": media_id})
        return web.json_response({"verified_name": "Shop", "display_phone_number": "+1 555", "id": NUMBER})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        data = await request.json()
        kind = "read" if data.get("status") == "read" else "message"
        self.note(kind, data)
        prepared = await self.prepared_answer(kind, request)
        if prepared is not None:
            return prepared
        if kind == "message":
            self.sent.append(data)
            self.changed()
        return web.json_response({"messages": [{"id": f"wamid.{len(self.sent)}"}]})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        media_id = f"up{len(self.media)}"
        self.media[media_id] = file.file.read()
        return web.json_response({"id": media_id})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if not self._authorized(request):
            return web.Response(status=401)
        return web.Response(body=self.media[request.match_info["id"]])


def notification(*messages: dict[str, Any], number: str = NUMBER, **value: Any) -> bytes:
    """What Meta posts."""
    content = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1555", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Ann"}, "wa_id": "491701234567"}],
        "messages": list(messages),
        **value,
    }
    changes = [{"field": "messages", "value": content}]
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]})


def signature(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The header that proves where a body comes from."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def text(body: str, message_id: str = "wamid.in1", **more: Any) -> dict[str, Any]:
    """A text message."""
    sender = {"from": "491701234567"} if "user_id" not in more and "from_user_id" not in more else {}
    return {**sender, "id": message_id, "timestamp": "1700000000", "type": "text", "text": {"body": body}, **more}
