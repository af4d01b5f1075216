"""Telegram's Bot API (core.telegram.org/bots/api): updates by long polling, messages, files."""

from __future__ import annotations

import json
from typing import Any

import anyio
from aiohttp import web

from tests.support.platforms.serving import Answer, Platform, answering

TOKEN = "123456:AAF-test_token_of_a_bot_that_is_nobodys"
BOT = {"id": 123456, "is_bot": True, "first_name": "Helper", "username": "helper_bot"}


class TelegramServer(Platform):
    """A Bot API server. Updates are given out until an offset beyond them confirms them."""

    def __init__(self) -> None:
        super().__init__()
        self.updates: list[dict[str, Any]] = []
        self.confirmed = 0
        self.files: dict[str, bytes] = {}
        self.sent: list[dict[str, Any]] = []
        self.edits: list[dict[str, Any]] = []
        self._next_update = 1
        self._next_message = 1000
        self._stopping = False

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.*}", self._file)

    async def stop(self) -> None:
        self._stopping = True
        self.changed()

    # ---- what people do ----

    def says(self, text: str, *, sender: int = 77, chat: int | None = None, **more: Any) -> dict[str, Any]:
        """Somebody writes a message."""
        self._next_message += 1
        kind = (
            {"id": chat, "type": "supergroup", "title": "Group"}
            if chat is not None
            else {"id": sender, "type": "private", "first_name": "Ann"}
        )
        message = {
            "message_id": self._next_message,
            "date": 1_800_000_000,
            "from": {"id": sender, "is_bot": False, "first_name": "Ann"},
            "chat": kind,
            **({"text": text} if text else {}),
            **more,
        }
        return self.update(message=message)

    def update(self, **content: Any) -> dict[str, Any]:
        """Something happens."""
        update = {"update_id": self._next_update, **content}
        self._next_update += 1
        self.updates.append(update)
        self.changed()
        return update

    # ---- what the bot asks ----

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        data = await _params(request)
        self.note(method, data)
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        prepared = await self.prepared_answer(method, request)
        if prepared is not None:
            return prepared
        handler = getattr(self, f"_{method}", None)
        result = await handler(data) if handler is not None else True
        return web.json_response({"ok": True, "result": result})

    async def _getMe(self, _: dict[str, Any]) -> Any:  # noqa: N802 - the platform's name
        return BOT

    async def _getUpdates(self, data: dict[str, Any]) -> Any:  # noqa: N802
        offset = int(data.get("offset") or 0)
        if offset:
            self.confirmed = max(self.confirmed, offset - 1)
            self.updates = [each for each in self.updates if each["update_id"] >= offset]
        with anyio.move_on_after(float(data.get("timeout") or 0)):
            while not self.updates and not self._stopping:
                told = self._told
                with anyio.move_on_after(0.1):
                    await told.wait()
        return self.updates[:100]

    async def _sendMessage(self, data: dict[str, Any]) -> Any:  # noqa: N802
        self._next_message += 1
        self.sent.append({**data, "message_id": self._next_message})
        self.changed()
        chat = {"id": int(data["chat_id"]), "type": "private"}
        return {"message_id": self._next_message, "date": 1_800_000_000, "chat": chat, "text": data["text"]}

    async def _sendDocument(self, data: dict[str, Any]) -> Any:  # noqa: N802
        self._next_message += 1
        self.sent.append({**data, "message_id": self._next_message})
        self.changed()
        chat = {"id": int(data["chat_id"]), "type": "private"}
        return {"message_id": self._next_message, "date": 1_800_000_000, "chat": chat}

    async def _sendPhoto(self, data: dict[str, Any]) -> Any:  # noqa: N802
        return await self._sendDocument(data)

    async def _editMessageText(self, data: dict[str, Any]) -> Any:  # noqa: N802
        self.edits.append(data)
        self.changed()
        chat = {"id": int(data["chat_id"]), "type": "private"}
        return {"message_id": int(data["message_id"]), "date": 1_800_000_000, "chat": chat, "text": data["text"]}

    async def _getFile(self, data: dict[str, Any]) -> Any:  # noqa: N802
        file_id = data["file_id"]
        return {"file_id": file_id, "file_unique_id": file_id, "file_path": f"documents/{file_id}"}

    async def _file(self, request: web.Request) -> web.StreamResponse:
        data = self.files.get(request.match_info["path"].rpartition("/")[2])
        return web.Response(status=404) if data is None else web.Response(body=data)


async def _params(request: web.Request) -> dict[str, Any]:
    """Params come as a form, with JSON in some fields."""
    if request.content_type == "application/json":
        return await request.json()
    found: dict[str, Any] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            found[name] = value.file.read()
        else:
            found[name] = json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
    return found


def refusing(code: int, description: str, **parameters: Any) -> Answer:
    """An error as the Bot API words it."""
    body = {"ok": False, "error_code": code, "description": description}
    return answering(code, {**body, "parameters": parameters} if parameters else body)
