"""The channels of a gateway: which there are, how they stand, what is sent over them."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from openclaw_rpc.domain.channels.channel import HookReply, HookRequest, Message
from openclaw_rpc.domain.channels.inbound import Inbound
from openclaw_rpc.domain.channels.link import Link
from openclaw_rpc.domain.channels.ports import ChannelKinds
from openclaw_rpc.domain.channels.replies import Replies, ReplyPart
from openclaw_rpc.domain.events.change import Change, Claim, Delivery
from openclaw_rpc.domain.files import Files, clean, shown
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.domain.ports import ConfigFile, Store
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.channel import (
    ChannelInfo,
    ChannelPaired,
    ChannelRemoved,
    ChannelSendParams,
    ChannelSent,
    OutboxCounts,
)
from openclaw_rpc.protocol.errors import AlreadyClaimed, Conflict, InvalidRequest, NotFound

FREE: Final = frozenset({"webhook"})
"""Kinds that can be switched on without any settings."""

SETTLE_SECONDS: Final = 5.0
"""How long whoever switches a channel on waits to hear how that went."""

Sections = Mapping[str, Mapping[str, Any]]


MakeLink = Callable[[str, Callable[[Link], None]], Link]
"""Makes the link of a channel's id; what is told when it stands otherwise."""


class Channels:
    """All channels. One without a section in `gateway.yaml` is ``not_configured``."""

    def __init__(
        self,
        sections: Callable[[], Sections],
        kinds: ChannelKinds,
        make_link: MakeLink,
        store: Store,
        replies: Replies,
        inbound: Inbound,
        config: ConfigFile,
        files: Files,
    ) -> None:
        self._sections = sections
        self._kinds = kinds
        self._make_link = make_link
        self._store = store
        self._replies = replies
        self._links = replies.links
        self._inbound = inbound
        self._config = config
        self._files = files
        self._group: TaskGroup | None = None
        self._scopes: dict[str, anyio.CancelScope] = {}
        self.changed: Callable[[ChannelInfo], None] = _nobody
        self.elsewhere: Callable[[str, HookRequest], Awaitable[HookReply | None]] | None = None
        """Has the process answer that runs the channels, where that is another one."""
        self._look()

    # ---- the life of them ----

    async def serve(self) -> None:
        """Run those that are switched on, until cancelled; changes of the settings are followed."""
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                for link in list(self._links.values()):
                    self._begin(link)
                await anyio.sleep_forever()
            finally:
                self._group = None

    def apply(self) -> None:
        """The settings changed: start, stop, start again what they speak of."""
        before = {channel_id: link.section for channel_id, link in self._links.items()}
        self._look()
        for channel_id, link in self._links.items():
            if link.section != before.get(channel_id):
                self._end(link)
                self._begin(link)

    def _look(self) -> None:
        """A link for every section, and for every kind there is."""
        sections = self._sections()
        wanted = [*self._kinds.names(), *(each for each in sections if each not in self._kinds.names())]
        for gone in [each for each in self._links if each not in wanted]:
            self._end(self._links.pop(gone))
        for channel_id in wanted:
            link = self._links.get(channel_id)
            if link is None:
                link = self._links[channel_id] = self._make_link(channel_id, self._told)
            link.section = sections.get(channel_id)
            if link.section is not None and not link.enabled and link.status == "not_configured":
                link.status = "disabled"

    def _begin(self, link: Link) -> None:
        if self._group is None or link.section is None or not link.enabled:
            return
        link.starting()
        scope = self._scopes[link.id] = anyio.CancelScope()
        self._group.start_soon(self._keep, link, scope)

    async def _keep(self, link: Link, scope: anyio.CancelScope) -> None:
        with scope:
            await link.keep(self._inbound.receive)

    def _end(self, link: Link) -> None:
        scope = self._scopes.pop(link.id, None)
        if scope is not None:
            scope.cancel()
        link.stopped()

    def _told(self, link: Link) -> None:
        self.changed(link.info())

    # ---- what calls ask ----

    async def list(self) -> list[ChannelInfo]:
        """All channels, built in ones first."""
        return [link.info(await self._outbox(link)) for link in self._links.values()]

    def brief(self) -> list[ChannelInfo]:
        """All channels, without their outbox."""
        return [link.info() for link in self._links.values()]

    async def get(self, channel_id: str) -> ChannelInfo:
        """The state of a channel.

        Raises:
            NotFound: there is none of that id.
        """
        link = self.link(channel_id)
        return link.info(await self._outbox(link))

    def link(self, channel_id: str) -> Link:
        """A channel.

        Raises:
            NotFound: there is none of that id.
        """
        link = self._links.get(channel_id)
        if link is None:
            near = meant(channel_id, self._links)
            raise NotFound(f"there is no channel {channel_id!r}{near}", field="channelId")
        return link

    async def _outbox(self, link: Link) -> OutboxCounts | None:
        if link.section is None:
            return None
        counts = await self._store.deliveries.count("channel", link.id)
        return OutboxCounts(
            waiting=counts.get("pending", 0) + counts.get("sending", 0),
            failed=counts.get("dead", 0),
            unknown=counts.get("unknown", 0),
        )

    async def enable(self, channel_id: str) -> ChannelInfo:
        """Switch it on.

        Raises:
            InvalidRequest: a setting is missing or wrong; it is named.
        """
        link = self.link(channel_id)
        if link.kind not in FREE:
            await link.read_settings()
        await self._set(channel_id, {"enabled": True})
        await link.settle(SETTLE_SECONDS)
        return await self.get(channel_id)

    async def disable(self, channel_id: str) -> ChannelInfo:
        """Switch it off."""
        self.link(channel_id)
        await self._set(channel_id, {"enabled": False})
        return await self.get(channel_id)

    async def _set(self, channel_id: str, patch: JsonObject) -> None:
        await self._config.update({"channels": {channel_id: patch}})
        self.apply()

    async def pair(self, channel_id: str, code: str) -> ChannelPaired:
        """Let in whoever was given a code: the sender's id joins `allow` in `gateway.yaml`."""
        link = self.link(channel_id)
        sender = await self._inbound.pairings.redeem(channel_id, code)
        allowed = list((link.section or {}).get("allow") or [])
        if sender not in [str(each) for each in allowed]:
            await self._set(channel_id, {"allow": [*allowed, sender]})
        return ChannelPaired(channel_id=channel_id, sender=sender)

    async def install(self, path: str) -> ChannelInfo:
        """Install a channel; it is switched on by `enable`."""
        kind = await self._kinds.install(path)
        link = self._links.get(kind)
        if link is not None and link.channel is not None:
            # The old code is running.
            self._end(link)
            self._begin(link)
        self._look()
        return await self.get(kind)

    async def remove(self, channel_id: str) -> ChannelRemoved:
        """Remove an installed channel; a section in `gateway.yaml` is switched off.

        Raises:
            Conflict: it is built in, or another package's.
        """
        link = self.link(channel_id)
        if not self._kinds.is_installed(channel_id):
            raise Conflict(f"{channel_id} is not an installed channel", field="channelId", reason="built_in")
        if link.section is not None:
            await self._set(channel_id, {"enabled": False})
        self._end(link)
        await self._kinds.remove(channel_id)
        self._look()
        return ChannelRemoved(id=channel_id, removed=True)

    async def send(self, user: str, params: ChannelSendParams) -> ChannelSent:
        """Keep a message for a chat; it is sent as soon as may be.

        Raises:
            NotFound: there is no such channel, or no such file.
            InvalidRequest: there is nothing to send, or the channel is switched off.
        """
        link = self.link(params.channel_id)
        if not link.enabled:
            raise Conflict(f"the channel {link.id} is switched off", field="channelId", reason="disabled")
        deliveries = self._replies.parts(link.id, ReplyPart(to=params.to), params.text)
        for attachment in params.attachments:
            path = shown(clean(attachment.path))
            await self._files.attachable(user, path)
            deliveries.append(self._replies.delivery(link.id, ReplyPart(to=params.to, file=path, user=user)))
        if not deliveries:
            raise InvalidRequest("there is nothing to send: text or attachments", field="text", reason="missing")
        ids = await self._keep_once(user, link.id, deliveries, params)
        return ChannelSent(channel_id=link.id, to=params.to, status="queued", delivery_ids=ids)

    async def _keep_once(
        self, user: str, channel_id: str, deliveries: list[Delivery], params: ChannelSendParams
    ) -> list[str]:
        """Keep deliveries; under a key that was used, those of that time are answered."""
        if params.idempotency_key is None:
            await self._store.commit(Change(deliveries=deliveries))
            return [delivery.id for delivery in deliveries]
        key = f"{user}/{params.idempotency_key}"
        for at, delivery in enumerate(deliveries):
            delivery.id = f"msg-{_digest(channel_id, key)}-{at}"
        claim = Claim(name=f"send:{channel_id}", key=key, at=self._replies.now())
        # Where it was sent before under its key, the ids are the same.
        with suppress(AlreadyClaimed):
            await self._store.commit(Change(deliveries=deliveries, claims=[claim]))
        return [delivery.id for delivery in deliveries]

    async def hook(self, channel_id: str, request: HookRequest) -> HookReply:
        """A request to ``/hooks/ID``; 404 for what is off, 503 while it is not connected or can not keep it."""
        link = self._links.get(channel_id)
        if link is None or not link.enabled:
            return HookReply(status=404)
        reply = await self.hook_here(link, request)
        if reply is None and self.elsewhere is not None:
            reply = await self.elsewhere(channel_id, request)
        return reply or HookReply(status=503)

    async def hook_here(self, link: Link, request: HookRequest) -> HookReply | None:
        """The same, where the channel is connected here."""
        channel = link.channel
        if channel is None:
            return None

        async def take(message: Message) -> None:
            await self._inbound.receive(link, message)

        return await channel.answer_hook(request, take)


def _digest(*parts: str) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def _nobody(_info: ChannelInfo) -> None:
    """Nobody listens."""
