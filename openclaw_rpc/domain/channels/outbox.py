"""Sends what is kept for chats, one message after another in each of them, and takes in what came with files."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec

from openclaw_rpc.domain.channels.channel import (
    ChannelFault,
    NotAccepted,
    OutboundMessage,
    OutcomeUnknown,
    TryLater,
    Unauthorized,
)
from openclaw_rpc.domain.channels.inbound import Inbound
from openclaw_rpc.domain.channels.made import MOST as MOST_FILES
from openclaw_rpc.domain.channels.presence import Presence
from openclaw_rpc.domain.channels.replies import Replies, ReplyPart
from openclaw_rpc.domain.delivery import DELIVERED, SendOutcome
from openclaw_rpc.domain.events.change import Change, Claim, Delivery, DeliveryKind
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.protocol.errors import AlreadyClaimed, GatewayError

LONGEST_PAUSE: Final = 300.0
NOT_CONNECTED_SECONDS: Final = 2.0
MAX_TRIES: Final = 300
"""About a day of them."""


class WorkspaceFiles(Protocol):
    """Where a file of a workspace lies."""

    async def place(self, user: str, path: str) -> Path:
        """Its path on this machine.

        Raises:
            GatewayError: there is no such file.
        """
        ...

    async def made(self, user: str, path: str, since: str) -> tuple[str, int] | None:
        """A file's path as it is shown and its size in bytes, where it was written since then and is not empty."""
        ...


class ChannelSender:
    """Hands messages to their channels."""

    kind: DeliveryKind = "channel"
    per_target = 8

    def __init__(self, store: Store, replies: Replies, presence: Presence, files: WorkspaceFiles) -> None:
        self._store = store
        self._replies = replies
        self._presence = presence
        self._files = files

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Send one message."""
        link = self._replies.links.get(delivery.target)
        if link is None:
            return SendOutcome(status="dead", error="the channel was removed")
        try:
            await self._send(delivery)
        except ChannelFault as fault:
            if not isinstance(fault, TryLater):
                link.last_error = str(fault)
            return outcome_of(fault, delivery.attempts)
        except GatewayError as error:
            return SendOutcome(status="dead", error=error.message)
        return DELIVERED

    async def _send(self, delivery: Delivery) -> None:
        part = msgspec.json.decode(delivery.body, type=ReplyPart)
        link = self._replies.links[delivery.target]
        channel = link.channel
        if channel is None or link.status != "connected":
            raise TryLater("the channel is not connected", NOT_CONNECTED_SECONDS)
        if part.named:
            await self._follow(delivery, part, channel.max_file)
            return
        preview = await self._presence.finish(part.run) if part.run is not None else None
        message = OutboundMessage(
            id=delivery.id,
            text=part.text,
            file=await self._files.place(part.user, part.file) if part.file is not None else None,
            reply_to=part.reply_to,
            preview=preview,
            buttons=part.buttons,
        )
        try:
            await channel.send_message(part.to, message)
        except (ChannelFault, GatewayError):
            raise
        except Exception as error:
            raise OutcomeUnknown(f"the channel failed ({type(error).__name__})") from error

    async def _follow(self, delivery: Delivery, part: ReplyPart, most: int) -> None:
        """Keep a delivery for each file that was made; one that is too large for the platform is named."""
        found: dict[str, int] = {}
        for name in part.named:
            made = await self._files.made(part.user, name, part.since)
            if made is not None and len(found) < MOST_FILES:
                found.setdefault(*made)
        parts = [ReplyPart(to=part.to, file=path, user=part.user) for path, size in found.items() if size <= most]
        large = [f"`{path}` ({size >> 20} MB)" for path, size in found.items() if size > most]
        if large:
            parts.append(ReplyPart(to=part.to, text=f"Too large to be sent here: {', '.join(large)}."))
        deliveries = [self._replies.delivery(delivery.target, each) for each in parts]
        claim = Claim(name="files", key=delivery.id, at=self._replies.now())
        # Where a crash came between keeping them and settling this one, they are kept already.
        with suppress(AlreadyClaimed):
            await self._store.commit(Change(deliveries=deliveries, claims=[claim]))

    def broken_off(self, delivery: Delivery) -> SendOutcome:
        """It may have been said: it is not said again, unless the platform would notice."""
        link = self._replies.links.get(delivery.target)
        said_nothing = bool(msgspec.json.decode(delivery.body, type=ReplyPart).named)
        if said_nothing or (link is not None and link.deduplicates):
            return SendOutcome(status="later")
        return SendOutcome(status="unknown", error="the gateway was stopped while it was being sent")


class InboundSender:
    """Begins the runs of messages that came with files."""

    kind: DeliveryKind = "inbound"
    per_target = 4

    def __init__(self, replies: Replies, inbound: Inbound) -> None:
        self._replies = replies
        self._inbound = inbound

    async def send(self, delivery: Delivery) -> SendOutcome:
        """Fetch the files, and ask the agent."""
        link = self._replies.links.get(delivery.target)
        if link is None or not link.enabled:
            return SendOutcome(status="dead", error="the channel was switched off or removed")
        try:
            await self._inbound.resume(link, delivery)
        except ChannelFault as fault:
            return outcome_of(fault, delivery.attempts)
        return DELIVERED

    def broken_off(self, delivery: Delivery) -> SendOutcome:
        """Its run is begun once, whoever begins it."""
        return SendOutcome(status="later")


def outcome_of(fault: ChannelFault, attempts: int) -> SendOutcome:
    """What a fault means for the message."""
    said = str(fault)
    if isinstance(fault, TryLater):
        return SendOutcome(status="later", error=said, seconds=fault.seconds, everything=fault.everything)
    if isinstance(fault, NotAccepted):
        return SendOutcome(status="dead", error=said)
    if isinstance(fault, OutcomeUnknown):
        return SendOutcome(status="unknown", error=said)
    if isinstance(fault, Unauthorized):
        return SendOutcome(status="later", error=said, seconds=LONGEST_PAUSE)
    if attempts >= MAX_TRIES:
        return SendOutcome(status="dead", error=said)
    pause = min(2.0 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return SendOutcome(status="later", error=said, seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads tries
