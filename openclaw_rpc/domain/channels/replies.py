"""What goes out to chats: messages in parts, kept as deliveries, and sent one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from openclaw_rpc.domain.channels.channel import (
    Button,
)
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.channels.made import named_files
from openclaw_rpc.domain.channels.splitting import split
from openclaw_rpc.domain.clock import Clock, iso, new_id
from openclaw_rpc.domain.events.change import Delivery
from openclaw_rpc.domain.records import ReplyTo, RunRecord

INTERRUPTED: Final = "The gateway stopped while this was being answered. Please ask again."
ABORTED: Final = "(stopped)"
LONGEST: Final = 200_000
"""How many characters of an answer go to a chat, at most."""


class ReplyPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a delivery to a chat holds. ``run`` is the run that it answers, ``pairing`` what a code stands for.

    ``named``: what may be files that were made since ``since``, each of which becomes a delivery of its own.
    """

    to: str
    text: str = ""
    file: str | None = None
    user: str = ""
    reply_to: str | None = None
    run: str | None = None
    buttons: list[Button] = []
    pairing: Pairing | None = None
    named: list[str] = []
    since: str = ""


class Pairing(msgspec.Struct, kw_only=True):
    """A code that a stranger was given."""

    code: str
    sender: str
    expires_at: str


class Replies:
    """Makes deliveries of what is said to chats."""

    def __init__(self, clock: Clock) -> None:
        self.links: dict[str, Link] = {}
        """Every channel that `gateway.yaml` or the package names, by its id."""
        self._clock = clock

    def now(self, later: float = 0.0) -> str:
        """The time, so many seconds later, as records keep it."""
        return iso(self._clock.now() + later)

    def of(self, record: RunRecord) -> Sequence[Delivery]:
        """What the end of a run says to the chat that it came from; nothing where it came from none."""
        reply = record.reply
        if reply is None:
            return ()
        said = self.parts(
            reply.channel, ReplyPart(to=reply.to, reply_to=reply.message_id, run=record.id), _said(record)
        )
        named = named_files(record) if self._takes_files(reply.channel) else []
        if named:
            since = record.started_at or record.created_at
            said.append(
                self.delivery(reply.channel, ReplyPart(to=reply.to, user=record.user, named=named, since=since))
            )
        return said

    def _takes_files(self, channel_id: str) -> bool:
        link = self.links.get(channel_id)
        return link is not None and link.channel is not None and link.channel.max_file > 0

    def parts(self, channel_id: str, part: ReplyPart, text: str) -> list[Delivery]:
        """A text as one delivery a message; the first answers, the last has the buttons."""
        channel = (link := self.links.get(channel_id)) and link.channel
        limit = channel.max_length if channel is not None else 2000
        texts = split(text[:LONGEST], limit, channel.measure if channel is not None else len)
        made = [
            msgspec.structs.replace(
                part,
                text=each,
                reply_to=part.reply_to if at == 0 else None,
                run=part.run if at == 0 else None,
                buttons=part.buttons if at == len(texts) - 1 else [],
            )
            for at, each in enumerate(texts)
        ]
        return [self.delivery(channel_id, each) for each in made]

    def delivery(self, channel_id: str, part: ReplyPart) -> Delivery:
        """One message, kept until the platform took it; those of a chat go one after another."""
        now = self.now()
        return Delivery(
            id=new_id("msg"),
            kind="channel",
            target=channel_id,
            lane=part.to,
            body=msgspec.json.encode(part),
            created_at=now,
            next_at=now,
        )


def reply_part(reply: ReplyTo) -> ReplyPart:
    """A message to where another came from."""
    return ReplyPart(to=reply.to, reply_to=reply.message_id)


def _said(record: RunRecord) -> str:
    """What a run came to, in words for whoever asked."""
    said = record.response or ""
    match record.status:
        case "error":
            reason = record.error.message if record.error is not None else "it failed"
            return "\n\n".join(each for each in (said, f"That did not work: {reason}") if each)
        case "aborted":
            return "\n\n".join(each for each in (said, ABORTED) if each)
        case "interrupted":
            return "\n\n".join(each for each in (said, INTERRUPTED) if each)
        case _:
            return said or "(no answer)"
