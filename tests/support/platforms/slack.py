"""Slack's Web API and Socket Mode (docs.slack.dev)."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.platforms.serving import Platform

BOT_TOKEN = "xoxb-test-bot-token-of-nobody"
APP_TOKEN = "xapp-test-app-token-of-nobody"


class SlackServer(Platform):
    """A workspace. Envelopes are sent to the newest socket; what is acknowledged is written down."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.posted: list[dict[str, Any]] = []
        self.updated: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self._count = 0

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/socket", self._socket)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_post("/api/{method}", self._call)

    async def stop(self) -> None:
        for socket in self.sockets:
            await socket.close()

    async def event(self, **event: Any) -> str:
        """Something happens; the envelope's id."""
        return await self.envelope("events_api", {"event": event})

    async def says(self, text: str, *, user: str = "U7", channel: str = "D1", **more: Any) -> str:
        """Somebody writes."""
        self._count += 1
        return await self.event(
            type="message", user=user, channel=channel, text=text, **{"ts": f"17000000{self._count:02}.000100", **more}
        )

    async def envelope(self, kind: str, payload: dict[str, Any], envelope_id: str = "") -> str:
        """Send an envelope."""
        self._count += 1
        envelope_id = envelope_id or f"env-{self._count}"
        await self.frame({"type": kind, "envelope_id": envelope_id, "payload": payload})
        return envelope_id

    async def frame(self, frame: dict[str, Any]) -> None:
        """Send anything."""
        await self.until(lambda: self.sockets and not self.sockets[-1].closed)
        await self.sockets[-1].send_str(json.dumps(frame))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self.sockets.append(socket)
        self.changed()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.acknowledged.append(json.loads(message.data)["envelope_id"])
                self.changed()
        return socket

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            return web.Response(status=401)
        return web.Response(body=self.files[request.match_info["name"]])

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        data = await request.json() if request.content_type == "application/json" else dict(await request.post())
        self.note(method, data)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
            return web.json_response({"ok": False, "error": "invalid_auth"})
        prepared = await self.prepared_answer(method, request)
        if prepared is not None:
            return prepared
        return web.json_response({"ok": True, **self._result(method, data)})

    def _result(self, method: str, data: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "auth.test":
                return {"user_id": "UBOT", "bot_id": "BBOT", "user": "helper", "team": "Team"}
            case "apps.connections.open":
                return {"url": self.url.replace("http", "ws") + "/socket"}
            case "chat.postMessage":
                self._count += 1
                self.posted.append({**data, "ts": f"18000000{self._count:02}.000200"})
                self.changed()
                return {"ts": self.posted[-1]["ts"], "channel": data["channel"]}
            case "chat.update":
                self.updated.append(data)
                self.changed()
                return {"ts": data["ts"]}
            case _:
                return {}
