"""What comes from chats: who may write, which session it belongs to, and the run that it starts, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.channels.channel import ChannelFault, Message
from openclaw_rpc.domain.channels.commands import ChatCommands
from openclaw_rpc.domain.channels.files import InboxFiles
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.channels.pairing import Pairings
from openclaw_rpc.domain.channels.presence import Presence
from openclaw_rpc.domain.channels.replies import Replies, reply_part
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.events.change import Beside, Change, Claim, Delivery
from openclaw_rpc.domain.ports import Log, Store
from openclaw_rpc.domain.principals import OWNER, Principal
from openclaw_rpc.domain.records import DeliveryQuery, ReplyTo
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.chat import Attachment, ChatRunParams
from openclaw_rpc.protocol.errors import AlreadyClaimed, GatewayError, Unavailable

SCOPES: Final = frozenset({Scope.READ, Scope.CHAT, Scope.TOOLS})
MAX_TEXT: Final = 100_000
ALBUM_SECONDS: Final = 1.5
"""How long the files of an album may come apart. One that comes later is a message of its own."""
LARGEST_ALBUM: Final = 50


class Place(msgspec.Struct, frozen=True):
    """Where a message was written: the chat with its thread, the session, and where an answer goes."""

    chat: str
    session_key: str
    reply: ReplyTo


class Inbound:
    """Takes messages from channels."""

    def __init__(
        self,
        store: Store,
        runs: Runs,
        replies: Replies,
        pairings: Pairings,
        commands: ChatCommands,
        files: InboxFiles,
        presence: Presence,
        log: Log,
    ) -> None:
        self._store = store
        self._runs = runs
        self._replies = replies
        self.pairings = pairings
        self._commands = commands
        self._files = files
        self._presence = presence
        self._log = log
        self._taken: set[str] = set()
        """Deliveries that went with the first of their album: their files need not be fetched to find that out."""

    async def receive(self, link: Link, message: Message) -> None:
        """Take a message; returns when it is on disk, or is one that starts nothing.

        Raises:
            ChannelFault: it could not be kept now: do not confirm it.
        """
        if message.group and not message.addressed and message.album is None:
            return
        place = place_of(link, message)
        if not self._may_write(link, message):
            if link.policy == "pairing" and not message.group:
                await self.pairings.greet(link.id, place.reply.to, message.sender)
            return
        claim = Claim(name=f"channel:{link.id}", key=f"{place.chat}/{message.id or new_id('in')}", at=self._now())
        try:
            if message.attachments:
                delivery = self._kept(link, message, place)
                await self._store.commit(Change(deliveries=[delivery], claims=[claim]))
            else:
                await self._answer(link, message, place, [claim])
        except AlreadyClaimed:
            return
        except Unavailable as error:
            raise ChannelFault(error.message) from None
        except Exception:
            # Not confirmed, it would come again for ever, and hold up all that is behind it.
            self._log.error("a message could not be taken", channel=link.id, exc_info=True)
            await self._tell(place, "That did not work: something failed here.", [claim])
        link.count_message()

    async def resume(self, link: Link, delivery: Delivery) -> None:
        """Start the run of a message that was kept since files came with it, with those of its album behind it.

        Raises:
            ChannelFault: not now.
        """
        if delivery.id in self._taken:
            self._taken.discard(delivery.id)
            return
        message = msgspec.json.decode(delivery.body, type=Message)
        kept = [delivery.id]
        if message.album is not None:
            for other in await self._behind(delivery):
                part = msgspec.json.decode(other.body, type=Message)
                if part.album == message.album:
                    message = _joined(message, part)
                    kept.append(other.id)
        if message.group and not message.addressed:
            return
        claims = [Claim(name=f"inbound:{link.id}", key=key, at=self._now()) for key in kept]
        try:
            attachments, notes = await self._files.take(link, message, delivery.id)
            text = "\n\n".join(each for each in (message.text, *notes) if each)
            told = msgspec.structs.replace(message, text=text)
            await self._answer(link, told, place_of(link, message), claims, attachments)
            self._taken.update(kept[1:])
        except AlreadyClaimed:
            return
        except Unavailable as error:
            raise ChannelFault(error.message) from None

    async def _behind(self, delivery: Delivery) -> list[Delivery]:
        """What waits behind a delivery, the oldest first."""
        query = DeliveryQuery(
            limit=LARGEST_ALBUM, kind="inbound", target=delivery.target, lane=delivery.lane, status="pending"
        )
        found, _ = await self._store.deliveries.list(query)
        return found[::-1]

    async def _answer(
        self,
        link: Link,
        message: Message,
        place: Place,
        claims: Sequence[Claim],
        attachments: list[Attachment] | None = None,
    ) -> None:
        """Do what a command says, or ask the agent. What can't be asked is told to the sender."""
        principal = principal_of(link, message.sender)
        said = await self._commands.answer(link, message, place.session_key, principal)
        if said is not None:
            await self._tell(place, said, claims)
            return
        params = ChatRunParams(
            message=message.text[:MAX_TEXT] or "(see the attachments)",
            session_key=place.session_key,
            agent_id=link.settings.agent,
            channel=link.id,
            attachments=attachments or [],
            metadata=_metadata(link, message),
        )
        try:
            accepted, release = await self._runs.start(
                principal, params, beside=Beside(claims=claims, reply=place.reply)
            )
        except (AlreadyClaimed, Unavailable):
            raise
        except GatewayError as error:
            await self._tell(place, f"That did not work: {error.message}", claims)
            return
        self._presence.begin(link, place.reply, accepted.run_id)
        release()

    async def _tell(self, place: Place, text: str, claims: Sequence[Claim]) -> None:
        deliveries = self._replies.parts(place.reply.channel, reply_part(place.reply), text)
        await self._store.commit(Change(deliveries=deliveries, claims=claims))

    def _kept(self, link: Link, message: Message, place: Place) -> Delivery:
        """A message as it is kept; the first of an album waits for the others."""
        now = self._replies.now()
        due = self._replies.now(ALBUM_SECONDS) if message.album is not None else now
        return Delivery(
            id=new_id("in"),
            kind="inbound",
            target=link.id,
            lane=place.session_key,
            body=msgspec.json.encode(message),
            created_at=now,
            next_at=due,
        )

    @staticmethod
    def _may_write(link: Link, message: Message) -> bool:
        """By the channel's policy; in a group, its senders count."""
        known = {str(each) for each in (*link.settings.owners, *link.settings.allow)}
        return link.policy == "open" or message.sender in known

    def _now(self) -> str:
        return self._replies.now()


def _joined(message: Message, part: Message) -> Message:
    """Two messages of one album as one."""
    return msgspec.structs.replace(
        message,
        text="\n\n".join(each for each in (message.text, part.text) if each),
        addressed=message.addressed or part.addressed,
        attachments=[*message.attachments, *part.attachments],
    )


def place_of(link: Link, message: Message) -> Place:
    """``ID:CHAT`` for a private chat, ``ID:CHAT:SENDER`` in a group, ``CHAT/THREAD`` for CHAT in a thread."""
    chat = message.chat or message.sender
    where = f"{chat}/{message.thread}" if message.thread else chat
    alone = not message.group or link.settings.group_sessions == "chat"
    key = f"{link.id}:{where}" if alone else f"{link.id}:{where}:{message.sender}"
    reply = ReplyTo(channel=link.id, to=message.to or where, sender=message.sender, message_id=_replied(message))
    return Place(where, key[:200], reply)


def principal_of(link: Link, sender: str) -> Principal:
    """As whom a channel's messages act: in the owner's sessions, without administration, the owner's memory aside."""
    return Principal(OWNER, f"channel:{link.id}", SCOPES, guest=not is_owner(link, sender))


def is_owner(link: Link, sender: str) -> bool:
    """Whether a sender is the owner, with the owner's memory and approvals."""
    return sender in {str(each) for each in link.settings.owners}


def _replied(message: Message) -> str | None:
    """In a group an answer names what it answers."""
    known = message.id is not None and ":" not in message.id
    return message.id if message.group and known else None


def _metadata(link: Link, message: Message) -> dict[str, Any]:
    """What is kept beside the text, for clients that show it."""
    metadata: dict[str, Any] = {"channel": link.id, "sender": message.sender}
    if not is_owner(link, message.sender):
        metadata["guest"] = True
    if message.sender_name:
        metadata["senderName"] = message.sender_name
    if message.chat is not None:
        metadata["chat"] = message.chat
    return metadata
