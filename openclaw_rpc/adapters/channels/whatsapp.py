"""WhatsApp, through Meta's Cloud API: messages come to ``/hooks/ID``, answers go to Graph.

Source: developers.facebook.com/docs/whatsapp/cloud-api.
"""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, cast

import aiohttp
import anyio
import msgspec
from msgspec import Meta

from openclaw_rpc.adapters.channels import whatsapp_messages as wire
from openclaw_rpc.channels import (
    Attachment,
    Channel,
    ChannelFault,
    ChannelSettings,
    HookReply,
    HookRequest,
    Message,
    NotAccepted,
    OutboundMessage,
    OutcomeUnknown,
    Probe,
    Receive,
    TryLater,
    Unauthorized,
)
from openclaw_rpc.domain.channels import markup

PROBE_SECONDS: Final = 300
PAUSE_CODES: Final = frozenset({4, 80007, 130429, 131048, 131056})
"""Codes that ask for a pause: rate limits of the app, the account, the number, the pair."""
BY_NUMBER: Final = frozenset("0123456789")


class WhatsAppSettings(ChannelSettings, kw_only=True, frozen=True):
    """A number of WhatsApp Business."""

    access_token: Annotated[str, Meta(min_length=1, description="A system user's token.")]
    phone_number_id: Annotated[str, Meta(min_length=1, description="The number's id (not the number).")]
    app_secret: Annotated[str, Meta(min_length=1, description="The app's secret: it signs what comes.")]
    verify_token: Annotated[str, Meta(min_length=1, description="What you put into the webhook's form.")]
    api_url: Annotated[str, Meta(description="Where Graph is, with its version.")] = "https://graph.facebook.com/v23.0"


class WhatsApp(Channel):
    """A number of WhatsApp Business."""

    id = "whatsapp"
    name = "WhatsApp"
    settings_type = WhatsAppSettings
    default_policy = "pairing"
    max_length = 4096
    max_file = 100 << 20
    shows_buttons = True
    reports_connection = True
    settings: WhatsAppSettings

    def __init__(self) -> None:
        super().__init__()
        self._session: aiohttp.ClientSession | None = None

    def render(self, text: str) -> str:
        """Markdown in WhatsApp's marks."""
        return markup.whatsapp(text)

    async def probe(self) -> Probe:
        """Whose number it is."""
        async with self._connected():
            return Probe(account=await self._owner())

    async def run(self, receive: Receive) -> None:
        """Try the token, again and again; messages come by themselves."""
        del receive
        async with self._connected():
            while True:
                self.connected(account=await self._owner())
                await anyio.sleep(PROBE_SECONDS)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[None]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60, sock_connect=10)) as session:
            self._session = session
            try:
                yield
            finally:
                self._session = None

    async def _owner(self) -> str:
        """Whose number it is, as WhatsApp shows it."""
        async with _faults():
            number = await self._graph("GET", self.settings.phone_number_id)
        return str(number.get("verified_name") or number.get("display_phone_number") or "")

    # ---- in ----

    async def answer_hook(self, request: HookRequest, receive: Receive) -> HookReply:
        """Meta's challenge, and what was written."""
        if request.method == "GET":
            given = request.query.get("hub.verify_token", "")
            good = hmac.compare_digest(given.encode(), self.settings.verify_token.encode())
            if request.query.get("hub.mode") != "subscribe" or not good:
                return HookReply(status=403)
            return HookReply(body=request.query.get("hub.challenge", ""))
        signature = hmac.new(self.settings.app_secret.encode(), request.body, hashlib.sha256).hexdigest()
        given = request.headers.get("x-hub-signature-256", "")
        if not hmac.compare_digest(given.encode(), f"sha256={signature}".encode()):
            return HookReply(status=401)
        try:
            notification = msgspec.json.decode(request.body, type=wire.Notification)
        except ValueError:
            return HookReply(status=400)
        for message in self._messages(notification):
            await receive(message)
        return HookReply(status=200)

    def _messages(self, notification: wire.Notification) -> Iterator[Message]:
        """What was written to this number, one of perhaps several of an app; what can't be read is logged."""
        for change in (change for entry in notification.entry for change in entry.changes):
            if change.field != "messages":
                continue
            try:
                value = msgspec.json.decode(change.value, type=wire.Value)
            except ValueError as error:
                self.log.warning("a notification could not be read", error=str(error))
                continue
            if value.metadata.phone_number_id not in ("", self.settings.phone_number_id):
                continue
            names = {contact.wa_id or contact.user_id: contact.profile.name for contact in value.contacts}
            for raw in value.messages:
                try:
                    message = self._read(msgspec.json.decode(raw, type=wire.Incoming), names)
                except ValueError as error:
                    self.log.warning("a message could not be read", error=str(error))
                    continue
                if message is not None:
                    yield message

    def _read(self, given: wire.Incoming, names: dict[str, str]) -> Message | None:
        sender, text, media = given.who(), given.words(), given.media()
        if not sender or not given.id or (not text and media is None):
            return None
        return Message(
            id=given.id,
            sender=sender,
            sender_name=names.get(sender, ""),
            text=text,
            attachments=[_attachment(given.type, media)] if media is not None else [],
        )

    async def load(self, attachment: Attachment, most: int) -> bytes:
        """A file: Graph says where it is, for five minutes."""
        async with _faults():
            found = await self._graph("GET", attachment.ref)
        headers = {"Authorization": f"Bearer {self.settings.access_token}"}
        return await self.fetch(str(found.get("url") or ""), most=most, headers=headers)

    # ---- out ----

    async def send_message(self, to: str, message: OutboundMessage) -> object:
        """Send it once: Graph does not deduplicate."""
        body = self._addressed(to)
        if message.reply_to:
            body["context"] = {"message_id": message.reply_to}
        async with _faults(sent=True):
            if message.file is not None:
                body.update(await self._file(message))
            elif message.buttons:
                body.update(_buttons(self.render(message.text), message))
            else:
                body |= {"type": "text", "text": {"body": self.render(message.text), "preview_url": False}}
            sent = await self._graph("POST", f"{self.settings.phone_number_id}/messages", json=body)
        return cast("list[dict[str, Any]]", sent.get("messages") or [{}])[0].get("id")

    async def _file(self, message: OutboundMessage) -> dict[str, Any]:
        path = message.file
        if path is None or not path.is_file():
            raise NotAccepted("the file is gone")
        mime_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        form = aiohttp.FormData()
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", mime_type)
        form.add_field("file", await anyio.Path(path).read_bytes(), filename=path.name, content_type=mime_type)
        media = await self._graph("POST", f"{self.settings.phone_number_id}/media", data=form)
        if mime_type in ("image/jpeg", "image/png"):
            return {"type": "image", "image": {"id": media.get("id"), "caption": message.text[:1024]}}
        return {
            "type": "document",
            "document": {"id": media.get("id"), "filename": path.name, "caption": message.text[:1024]},
        }

    async def mark_read(self, to: str, message_id: str) -> None:
        """The blue ticks, and that an answer is being written."""
        del to
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
            "typing_indicator": {"type": "text"},
        }
        async with _faults():
            await self._graph("POST", f"{self.settings.phone_number_id}/messages", json=body)

    @staticmethod
    def _addressed(to: str) -> dict[str, Any]:
        """To a number, or to the id of somebody who hides it."""
        key = "to" if set(to) <= BY_NUMBER else "recipient"
        return {"messaging_product": "whatsapp", "recipient_type": "individual", key: to}

    async def _graph(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        session = self._session
        if session is None:
            raise ChannelFault("the channel is not connected")
        url = f"{self.settings.api_url.rstrip('/')}/{path}"
        headers = {"Authorization": f"Bearer {self.settings.access_token}"}
        async with session.request(method, url, headers=headers, allow_redirects=False, **request) as answer:
            raw = await answer.read()
        try:
            body = msgspec.json.decode(raw, type=dict[str, Any]) if raw else {}
        except ValueError:
            body = dict[str, Any]()
        if answer.status >= 400 or "error" in body:
            raise _refused(answer.status, body.get("error"), answer.headers.get("Retry-After"))
        return body


def _attachment(kind: str, media: wire.Media) -> Attachment:
    mime_type = media.mime_type.partition(";")[0]
    name = media.filename or f"{kind}-{media.id}{mimetypes.guess_extension(mime_type) or ''}"
    meaning = "image" if kind in ("image", "sticker") else "voice" if kind == "audio" else "file"
    return Attachment(name=name, ref=media.id, mime_type=mime_type, kind=meaning)


def _buttons(text: str, message: OutboundMessage) -> dict[str, Any]:
    """WhatsApp shows at most three, of twenty characters."""
    buttons = [
        {"type": "reply", "reply": {"id": each.command[:256], "title": each.label[:20]}} for each in message.buttons[:3]
    ]
    return {
        "type": "interactive",
        "interactive": {"type": "button", "body": {"text": text[:1024]}, "action": {"buttons": buttons}},
    }


@asynccontextmanager
async def _faults(*, sent: bool = False) -> AsyncGenerator[None]:
    """aiohttp's exceptions as the channel's own; ``sent``: repeating the request might say something twice."""
    try:
        yield
    except aiohttp.ClientConnectorError:
        raise ChannelFault("WhatsApp can't be reached") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if sent:
            raise OutcomeUnknown("the connection broke before WhatsApp answered") from None
        raise ChannelFault(f"WhatsApp can't be reached ({type(error).__name__})") from None


def _refused(status: int, error: Any, pause: str | None) -> ChannelFault:
    details = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    code, said = details.get("code"), str(details.get("message") or "")
    if status == 429 or code in PAUSE_CODES:
        return TryLater("WhatsApp asks for a pause", float(pause) if pause and pause.isdigit() else 30.0)
    if status == 401 or code == 190:
        return Unauthorized(f"WhatsApp refuses the access token ({code})")
    if status >= 500:
        return ChannelFault(f"WhatsApp answered {status}")
    return NotAccepted(f"WhatsApp refused ({status}, {code}): {said}")
