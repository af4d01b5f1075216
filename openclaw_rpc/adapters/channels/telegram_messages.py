"""Telegram's messages as the gateway's."""

from __future__ import annotations

from typing import Any, Protocol, cast

import msgspec
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import Message as TelegramMessage
from aiogram.types import MessageEntity
from aiohttp import ClientError

from openclaw_rpc.channels import Attachment, ChannelFault, Message

MAX_DOWNLOAD = 20 << 20
"""The largest file that the Bot API hands out."""


class TelegramUser(Protocol):
    """Whoever knows the bot's name."""

    bot_username: str | None


def decoded(body: bytes) -> dict[str, Any] | None:
    """The update in a request; None where there is none."""
    try:
        update = msgspec.json.decode(body)
    except ValueError:
        return None
    if isinstance(update, dict) and isinstance(update.get("update_id"), int):  # pyright: ignore[reportUnknownMemberType]
        return cast("dict[str, Any]", update)
    return None


def read(given: TelegramMessage, bot: Bot, channel: TelegramUser) -> Message | None:
    """What somebody wrote. None for what starts nothing."""
    sender, attachments = given.from_user, _attachments(given)
    if sender is None or sender.is_bot or not (given.text or given.caption or attachments):
        return None
    text, addressed = _addressed(given, bot.id, channel.bot_username or "")
    thread = str(given.message_thread_id) if given.is_topic_message and given.message_thread_id else None
    return Message(
        id=str(given.message_id),
        sender=str(sender.id),
        sender_name=sender.full_name,
        chat=str(given.chat.id),
        thread=thread,
        group=given.chat.type != "private",
        addressed=addressed,
        text=text,
        album=given.media_group_id,
        attachments=attachments,
    )


def _addressed(message: TelegramMessage, bot_id: int, username: str) -> tuple[str, bool]:
    """The text without a mention of the bot, and whether it is meant."""
    text = message.text or message.caption or ""
    entities = message.entities or message.caption_entities or []
    answered = message.reply_to_message
    meant = answered is not None and answered.from_user is not None and answered.from_user.id == bot_id
    if message.chat.type == "private":
        return text, True
    name = f"@{username}".lower()
    for entity in sorted(entities, key=lambda each: each.offset, reverse=True):
        words = entity.extract_from(text)
        if (entity.type == "mention" and words.lower() == name) or (
            entity.type == "text_mention" and entity.user is not None and entity.user.id == bot_id
        ):
            text, meant = _without(text, entity), True
        elif entity.type == "bot_command" and entity.offset == 0:
            command, _, other = words.partition("@")
            if not other or f"@{other}".lower() == name:
                text, meant = command + text[len(words) :], True
    return text.strip(), meant


def _without(text: str, entity: MessageEntity) -> str:
    """Telegram counts in UTF-16."""
    units = text.encode("utf-16-le")
    begin, end = entity.offset * 2, (entity.offset + entity.length) * 2
    return (units[:begin] + units[end:]).decode("utf-16-le").replace("  ", " ")


def _attachments(message: TelegramMessage) -> list[Attachment]:
    """The files of a message; of a picture's sizes the largest."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return [
            _attachment(largest.file_id, f"photo-{message.message_id}.jpg", "image/jpeg", largest.file_size, "image")
        ]
    for item, name in (
        (message.document, None),
        (message.voice, f"voice-{message.message_id}.ogg"),
        (message.audio, f"audio-{message.message_id}.mp3"),
        (message.video, f"video-{message.message_id}.mp4"),
        (message.video_note, f"video-{message.message_id}.mp4"),
        (message.animation, f"animation-{message.message_id}.mp4"),
    ):
        if item is None:
            continue
        given = getattr(item, "file_name", None) or name or f"file-{message.message_id}"
        mime_type = getattr(item, "mime_type", None) or "application/octet-stream"
        kind = "voice" if item is message.voice else "image" if mime_type.startswith("image/") else "file"
        return [_attachment(item.file_id, given, mime_type, item.file_size, kind)]
    return []


def _attachment(file_id: str, name: str, mime_type: str, size: int | None, kind: Any) -> Attachment:
    return Attachment(name=name, ref=file_id, mime_type=mime_type, kind=kind, size=size)


async def load(bot: Bot, attachment: Attachment, most: int) -> bytes:
    """A file, as far as the Bot API hands it out.

    Raises:
        ChannelFault: it is too large, or can't be had.
    """
    name, most = attachment.name, min(most, MAX_DOWNLOAD)
    if attachment.size is not None and attachment.size > most:
        raise ChannelFault(f"{name} is larger than {most >> 20} MB")
    try:
        file = await bot.get_file(attachment.ref)
        url = bot.session.api.file_url(bot.token, file.file_path or "")
        data = bytearray()
        async for piece in bot.session.stream_content(url, timeout=60):
            data += piece
            if len(data) > most:
                raise ChannelFault(f"{name} is larger than {most >> 20} MB")
        return bytes(data)
    except (AiogramError, ClientError, TimeoutError):
        raise ChannelFault(f"{name} could not be fetched") from None
