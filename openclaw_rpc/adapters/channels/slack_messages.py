"""What Slack sends over Socket Mode, as far as it is looked at. Source: docs.slack.dev/apis/events-api."""

from __future__ import annotations

import re

import msgspec

from openclaw_rpc.channels import Attachment, Message


class Envelope(msgspec.Struct):
    """A frame of the socket; ``payload`` is read by its ``type``."""

    type: str = ""
    envelope_id: str = ""
    reason: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class SlackFile(msgspec.Struct):
    """A file that came with a message."""

    name: str = "file"
    mimetype: str = "application/octet-stream"
    size: int | None = None
    url_private: str = ""
    url_private_download: str = ""


class SlackEvent(msgspec.Struct):
    """A message, or a mention."""

    type: str = ""
    subtype: str | None = None
    user: str = ""
    bot_id: str | None = None
    channel: str = ""
    channel_type: str = ""
    ts: str = ""
    thread_ts: str | None = None
    text: str = ""
    files: list[SlackFile] = []


class EventPayload(msgspec.Struct):
    """What an envelope of the Events API holds."""

    event: SlackEvent = msgspec.field(default_factory=SlackEvent)


class SlackName(msgspec.Struct):
    """Somebody, or a channel."""

    id: str = ""


class Action(msgspec.Struct):
    """A button that was pressed."""

    value: str = ""
    action_ts: str = ""


class Container(msgspec.Struct):
    """Where the button stood."""

    thread_ts: str | None = None


class InteractivePayload(msgspec.Struct):
    """What an envelope of interactivity holds."""

    user: SlackName = msgspec.field(default_factory=SlackName)
    channel: SlackName = msgspec.field(default_factory=SlackName)
    container: Container = msgspec.field(default_factory=Container)
    actions: list[Action] = []


ORDINARY = frozenset({None, "file_share", "thread_broadcast"})
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|[^>]*)?>")


def read(event: SlackEvent, me: str) -> Message | None:
    """A message. `app_mention` and `message` tell of the same one, under the same ``ts``."""
    if event.type not in ("message", "app_mention") or event.subtype not in ORDINARY:
        return None
    if not event.user or not event.channel or not event.ts or event.bot_id or event.user == me:
        return None
    private = event.channel_type == "im" or event.channel.startswith("D")
    text = event.text
    meant = private or event.type == "app_mention" or f"<@{me}" in text
    if not private:
        text = re.sub(rf"<@{re.escape(me)}(\|[^>]*)?>", "", text).strip()
    # A mention outside a thread begins one at its own place.
    thread = event.thread_ts or (None if private else event.ts)
    if not text and not event.files:
        return None
    return Message(
        id=event.ts,
        sender=event.user,
        chat=event.channel,
        thread=thread,
        group=not private,
        addressed=meant,
        text=unescaped(text),
        attachments=[_attachment(file) for file in event.files],
    )


def _attachment(file: SlackFile) -> Attachment:
    kind = file.mimetype.partition("/")[0]
    return Attachment(
        name=file.name,
        ref=file.url_private_download or file.url_private,
        mime_type=file.mimetype,
        kind="image" if kind == "image" else "voice" if kind == "audio" else "file",
        size=file.size,
    )


def pressed(payload: InteractivePayload) -> Message | None:
    """A button is a command of whoever pressed it."""
    if not payload.actions or not payload.user.id or not payload.channel.id:
        return None
    action = payload.actions[0]
    return Message(
        id=f"button:{action.action_ts}:{payload.user.id}",
        sender=payload.user.id,
        chat=payload.channel.id,
        thread=payload.container.thread_ts,
        group=not payload.channel.id.startswith("D"),
        text=action.value,
    )


def unescaped(text: str) -> str:
    """What was written: Slack escapes three characters and marks links."""
    return _LINK.sub(r"\1", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
