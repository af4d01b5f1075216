"""A channel of one's own over HTTP, signed in both directions the Standard Webhooks way (standardwebhooks.com)."""

from __future__ import annotations

import base64
import json
import mimetypes
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, cast

import aiohttp
import anyio
from msgspec import Meta
from standardwebhooks.webhooks import Webhook as Signer
from standardwebhooks.webhooks import WebhookVerificationError

from openclaw_rpc.channels import (
    Channel,
    ChannelFault,
    ChannelSettings,
    HookReply,
    HookRequest,
    Message,
    NotAccepted,
    OutboundMessage,
    Probe,
    Receive,
    TryLater,
)

SECONDS: Final = 15
MAX_FILE: Final = 10 << 20


class WebhookChannelSettings(ChannelSettings, kw_only=True, frozen=True):
    """Where answers go, and what signs them. ``policy`` is ``open`` unless it says otherwise."""

    url: Annotated[str | None, Meta(description="Where answers are posted to.")] = None
    secret: Annotated[str | None, Meta(description="The secret of both directions: whsec_ and base64.")] = None


class WebhookChannel(Channel):
    """Messages by ``POST /hooks/ID``, answers by ``POST url``."""

    id = "webhook"
    name = "Webhook"
    settings_type = WebhookChannelSettings
    default_policy = "open"
    deduplicates = True
    max_length = 100_000
    max_file = MAX_FILE
    settings: WebhookChannelSettings

    def __init__(self) -> None:
        super().__init__()
        self._session: aiohttp.ClientSession | None = None

    async def probe(self) -> Probe:
        """What is missing for either direction; the receiver itself is not called."""
        missing: list[str] = []
        if self.settings.secret is None:
            missing.append("secret: without it every incoming message is refused")
        if self.settings.url is None:
            missing.append("url: without it no answer can be sent")
        return Probe(missing=missing)

    async def run(self, receive: Receive) -> None:
        """Hold a session; messages come by themselves."""
        del receive
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session:
            self._session = session
            try:
                await anyio.sleep_forever()
            finally:
                self._session = None

    def render(self, text: str) -> str:
        """Markdown stays as it is: the other side knows what it shows."""
        return text

    async def answer_hook(self, request: HookRequest, receive: Receive) -> HookReply:
        """A signed message: ``{sender, text, chat?, id?}``."""
        if request.method != "POST":
            return HookReply(status=405)
        signer = self._signer()
        if signer is None:
            return HookReply(status=403)
        try:
            body = signer.verify(request.body, dict(request.headers))
        except WebhookVerificationError:
            return HookReply(status=401)
        except ValueError:
            # A header or a body that is malformed; the signature of the latter is good.
            return HookReply(status=400)
        wrong = _wrong(body)
        if wrong is not None:
            return HookReply(status=400, body={"error": "invalid_request", "message": wrong})
        given = cast("dict[str, Any]", body)
        await receive(
            Message(
                id=str(given.get("id") or request.headers.get("webhook-id") or ""),
                sender=str(given["sender"]),
                text=given["text"],
                chat=str(given["chat"]) if given.get("chat") is not None else None,
            )
        )
        return HookReply(status=202, body={"status": "accepted"})

    async def send_message(self, to: str, message: OutboundMessage) -> object:
        """Post the answer; the receiver deduplicates by ``webhook-id``, so it is sent again where no answer came."""
        signer, url, session = self._signer(), self.settings.url, self._session
        if url is None or signer is None:
            raise NotAccepted("channels.*.url and secret say where an answer goes, and one is missing")
        if session is None:
            raise ChannelFault("the channel is not connected")
        at = datetime.now(UTC)
        data: dict[str, Any] = {"to": to, "text": message.text}
        if message.file is not None:
            data["file"] = await _file(message.file)
        body = json.dumps({"type": "message", "timestamp": at.isoformat(), "data": data}, ensure_ascii=False)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signer.sign(message.id, at, body),
        }
        try:
            async with session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
                status, pause = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChannelFault(f"the receiver can't be reached ({type(error).__name__})") from None
        if status == 429:
            raise TryLater("the receiver asks for a pause", float(pause) if pause.isdigit() else 30.0)
        if status >= 500:
            raise ChannelFault(f"the receiver answered {status}")
        if status >= 300:
            raise NotAccepted(f"the receiver answered {status}")
        return None

    def _signer(self) -> Signer | None:
        return Signer(self.settings.secret) if self.settings.secret else None


async def _file(path: Path) -> dict[str, str]:
    """A file with what is in it, as base64."""
    file = anyio.Path(path)
    if not await file.is_file():
        raise NotAccepted("the file is gone")
    if (await file.stat()).st_size > MAX_FILE:
        raise NotAccepted(f"a webhook takes files up to {MAX_FILE >> 20} MB")
    content = base64.b64encode(await file.read_bytes()).decode()
    mime_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"name": path.name, "mimeType": mime_type, "content": content}


def _wrong(body: object) -> str | None:
    """What is wrong with a message; None where nothing is."""
    if not isinstance(body, dict):
        return "the body must be an object"
    given = cast("dict[str, object]", body)
    for key in ("sender", "text"):
        if not isinstance(given.get(key), str) or not given[key]:
            return f"{key} must be a text that is not empty"
    if given.get("chat") is not None and not isinstance(given["chat"], str | int):
        return "chat must be a text"
    return None
