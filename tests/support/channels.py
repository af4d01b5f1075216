"""A whole gateway with chat platforms, and what their chats show."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import msgspec
from standardwebhooks.webhooks import Webhook

from tests.support.gateway import Client, TestGateway, gateway, settings
from tests.support.platforms.telegram import TOKEN, TelegramServer
from tests.support.upstream import Upstream

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""Of the webhook channel."""


@asynccontextmanager
async def serving(
    upstream: Upstream, telegram: TelegramServer | None = None, home: Path | None = None, **more: Any
) -> AsyncGenerator[TestGateway]:
    """A gateway with a bot whose owner is 77, and what else is said."""
    config = settings(upstream.url)
    channels = more.pop("channels", {})
    if telegram is not None:
        bot = {"token": TOKEN, "api_url": telegram.url, "owners": [77]}
        channels = {"telegram": {**bot, **channels.pop("telegram", {})}, **channels}
    config |= {"channels": channels, "webhooks": {"retry_seconds": [0.1] * 5}, **more}
    async with gateway(config, home) as served:
        yield served


async def eventually(ask: Callable[[], Awaitable[Any]]) -> Any:
    """What is answered, as soon as it is something."""
    with anyio.fail_after(40):
        while not (answer := await ask()):  # noqa: ASYNC110 - it is asked over a socket
            await anyio.sleep(0.05)
        return answer


def texts(telegram: TelegramServer) -> list[str]:
    """What the chats show in the end: a message as it was last edited."""
    shown = {each["message_id"]: each["text"] for each in telegram.sent if "text" in each}
    for edit in telegram.edits:
        shown[int(edit["message_id"])] = edit["text"]
    return list(shown.values())


async def read(client: Client, path: str) -> Any:
    """A file, where it is there."""
    return (await client.call("file.read", {"path": path})).get("result")


def writing(path: str, content: str) -> str:
    """What has the agent write a file, which its answer then names."""
    return f"[[tool:file_write {msgspec.json.encode({'path': path, 'content': content}).decode()}]]"


async def post_signed(served: TestGateway, message_id: str, **body: str) -> int:
    """A signed message to the webhook channel; the status it is answered with."""
    raw, at = msgspec.json.encode(body).decode(), datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(message_id, at, raw),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{served.url}/hooks/webhook", data=raw, headers=headers) as answer,
    ):
        return answer.status
