"""Discord's gateway and REST (discord.com/developers/docs)."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.platforms.serving import Platform

TOKEN = "test.discord.token-of-nobody"
BOT = {"id": "900", "username": "helper", "discriminator": "0", "avatar": None, "bot": True, "global_name": None}
APPLICATION = {
    "id": "900",
    "name": "helper",
    "icon": None,
    "description": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "owner": {"id": "7", "username": "ann", "discriminator": "0", "avatar": None, "global_name": "Ann"},
    "team": None,
    "flags": 0,
}


class DiscordServer(Platform):
    """A gateway and the API beside it. Sends with a nonce that was seen before say nothing new."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets: list[web.WebSocketResponse] = []
        self.frames: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.edited: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.close_with: int | None = None
        self._nonces: dict[str, dict[str, Any]] = {}
        self._sequence = 0
        self._count = 100

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/gateway-socket", self._socket)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_route("*", "/api/v10/{path:.*}", self._call)

    @property
    def api_url(self) -> str:
        """What goes into the settings."""
        return f"{self.url}/api/v10"

    async def stop(self) -> None:
        for socket in self.sockets:
            await socket.close()

    # ---- what happens ----

    async def says(
        self,
        content: str,
        *,
        author: str = "7",
        channel: str = "50",
        guild: str | None = None,
        bot: bool = False,
        **more: Any,
    ) -> None:
        """Somebody writes."""
        self._count += 1
        message = {
            "id": str(self._count),
            "channel_id": channel,
            "author": {
                "id": author,
                "username": "ann",
                "discriminator": "0",
                "avatar": None,
                "global_name": "Ann",
                "bot": bot,
            },
            "content": content,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "type": 0,
            "channel_type": 1 if guild is None else 0,
            **({"guild_id": guild} if guild is not None else {}),
            **more,
        }
        await self.dispatch("MESSAGE_CREATE", message)

    async def dispatch(self, name: str, data: Any) -> None:
        """Send an event."""
        self._sequence += 1
        await self.sockets[-1].send_str(json.dumps({"op": 0, "t": name, "s": self._sequence, "d": data}))

    # ---- what the bot does ----

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_str(json.dumps({"op": 10, "d": {"heartbeat_interval": 40_000}}))
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._frame(socket, json.loads(message.data))
        return socket

    async def _frame(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        self.changed()
        if frame["op"] == 1:
            await socket.send_str(json.dumps({"op": 11}))
        elif frame["op"] == 2 and self.close_with is not None:
            await socket.close(code=self.close_with)
        elif frame["op"] == 2:
            await self.dispatch("READY", self._ready())
        elif frame["op"] == 6:
            await self.dispatch("RESUMED", {})

    def _ready(self) -> dict[str, Any]:
        return {
            "v": 10,
            "user": BOT,
            "guilds": [],
            "private_channels": [],
            "relationships": [],
            "session_id": "session-1",
            "resume_gateway_url": self.url.replace("http", "ws") + "/gateway-socket",
            "application": {"id": "900", "flags": 0},
        }

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.files[request.match_info["name"]])

    async def _call(self, request: web.Request) -> web.StreamResponse:
        path = f"{request.method} /{request.match_info['path']}"
        data = await _body(request)
        self.note(path, data)
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"message": "401: Unauthorized", "code": 0}, 401)
        kind = "send" if path.startswith("POST") and path.endswith("/messages") else path
        prepared = await self.prepared_answer(kind, request)
        if prepared is not None:
            return prepared
        if path == "GET /users/@me":
            return _json(BOT)
        if path == "GET /oauth2/applications/@me":
            return _json(APPLICATION)
        if path in ("GET /gateway/bot", "GET /gateway"):
            limits = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}
            url = self.url.replace("http", "ws") + "/gateway-socket"
            return _json({"url": url, "shards": 1, "session_start_limit": limits})
        if kind == "send":
            return _json(self._send(request.match_info["path"].split("/")[1], data))
        if path.startswith("PATCH"):
            self.edited.append({**data, "id": path.rpartition("/")[2]})
            self.changed()
            return _json({"id": path.rpartition("/")[2]})
        return web.Response(status=204)

    def _send(self, channel: str, data: dict[str, Any]) -> dict[str, Any]:
        nonce = data.get("nonce")
        if data.get("enforce_nonce") and nonce in self._nonces:
            return self._nonces[nonce]
        self._count += 1
        sent = {**data, "id": str(self._count), "channel_id": channel}
        self.sent.append(sent)
        if nonce:
            self._nonces[nonce] = sent
        self.changed()
        return {"id": sent["id"], "channel_id": channel}


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return await request.json()
    found: dict[str, Any] = {}
    for name, value in (await request.post()).items():
        if name == "payload_json" and isinstance(value, str):
            found |= json.loads(value)
        elif isinstance(value, web.FileField):
            found[name] = value.file.read()
    return found


def _json(data: Any, status: int = 200) -> web.Response:
    """Discord's library takes JSON only under exactly this type."""
    return web.Response(status=status, body=json.dumps(data).encode(), headers={"Content-Type": "application/json"})
