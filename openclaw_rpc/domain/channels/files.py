"""Files that come with messages: into the workspace, pictures before the model, voice as text."""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import Final, Protocol

from openclaw_rpc.domain.channels.channel import Attachment as Incoming
from openclaw_rpc.domain.channels.channel import ChannelFault, Message
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.files import Files
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.principals import OWNER
from openclaw_rpc.protocol.chat import Attachment
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.protocol.file import FileWriteParams

INBOX: Final = "inbox"
MAX_BYTES: Final = 20 << 20
MAX_PICTURE: Final = 5 << 20
MAX_TEXT: Final = 200_000
_UNSAFE: Final = re.compile(r"[^\w.\- ]+")


class Transcriber(Protocol):
    """Writes down what is spoken."""

    async def transcribe(self, name: str, mime_type: str, data: bytes) -> str | None:
        """The text of a recording; None where no provider does that.

        Raises:
            GatewayError: the provider failed.
        """
        ...


class InboxFiles:
    """Puts files below `inbox/`."""

    def __init__(self, files: Files, transcriber: Transcriber, log: Log) -> None:
        self._files = files
        self._transcriber = transcriber
        self._log = log

    async def take(self, link: Link, message: Message, name: str) -> tuple[list[Attachment], list[str]]:
        """What goes with the message, and what is said about files in its text.

        Raises:
            ChannelFault: the channel is not connected: later.
        """
        attachments: list[Attachment] = []
        notes: list[str] = []
        channel = link.channel
        if channel is None:
            raise ChannelFault("the channel is not connected")
        for at, incoming in enumerate(message.attachments):
            safe = safe_name(incoming.name)
            path = f"{INBOX}/{link.id}/{name}-{at + 1}-{safe}"
            try:
                data = await channel.load(incoming, MAX_BYTES)
                content = base64.b64encode(data).decode()
                await self._files.write(OWNER, FileWriteParams(path=path, content=content, encoding="base64"))
            except (ChannelFault, GatewayError) as error:
                notes.append(f"[{safe} could not be fetched: {error}]")
                continue
            attachment, note = await self._shown(incoming, path, data)
            if attachment is not None:
                attachments.append(attachment)
            notes.append(note)
        return attachments, notes

    async def _shown(self, incoming: Incoming, path: str, data: bytes) -> tuple[Attachment | None, str]:
        """A file as the model is given it, and the line that names it."""
        if incoming.kind == "image" and len(data) <= MAX_PICTURE:
            picture = base64.b64encode(data).decode()
            return Attachment(type="image", data=picture, mime_type=incoming.mime_type), f"[picture: {path}]"
        if incoming.kind == "voice":
            return None, await self._spoken(incoming, path, data)
        text = _text(data)
        if text is not None:
            return Attachment(type="text", name=path, text=text), f"[file: {path}]"
        return None, f"[file: {path}, {incoming.mime_type}, {len(data)} bytes]"

    async def _spoken(self, incoming: Incoming, path: str, data: bytes) -> str:
        """What is said in a voice message, and where it lies. Why a provider failed is the owner's business."""
        try:
            text = await self._transcriber.transcribe(incoming.name, incoming.mime_type, data)
        except GatewayError as error:
            self._log.warning("a voice message could not be written down", error=error.message)
            return f"[voice message: {path}; it could not be written down]"
        return f"{text}\n[voice message: {path}]" if text else f"[voice message: {path}]"


def safe_name(name: str) -> str:
    """A name that is one plain file's: letters, digits, dots, dashes; never hidden, at most 100 characters."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if dot and len(ending) <= 12:
        return f"{stem[: 100 - len(ending) - 1]}.{ending}" if stem else f"file.{ending}"
    return plain[:100] or "file"


def _text(data: bytes) -> str | None:
    """What a text file says, where it is one and not too long."""
    if len(data) > MAX_TEXT or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
