"""Channels run at one node: what chat platforms bring to another one is answered there."""

from __future__ import annotations

import msgspec

from openclaw_rpc.domain.channels.channel import ChannelFault, HookReply, HookRequest
from openclaw_rpc.domain.channels.service import Channels
from openclaw_rpc.domain.nodes.calls import NodeCalls, NodeGone
from openclaw_rpc.domain.nodes.membership import Membership
from openclaw_rpc.protocol.errors import Unavailable

HOOK = "hook"


class _Brought(msgspec.Struct, frozen=True):
    channel_id: str
    request: HookRequest


class SharedChannels:
    """Hands on what came here, and answers what came elsewhere."""

    def __init__(self, channels: Channels, asking: NodeCalls, membership: Membership) -> None:
        self._channels = channels
        self._asking = asking
        self._membership = membership
        channels.elsewhere = self._ask
        asking.does(HOOK, self._answer)

    async def _ask(self, channel_id: str, request: HookRequest) -> HookReply | None:
        leader = self._membership.leader
        if leader == self._membership.number:
            return None
        try:
            answer = await self._asking.ask(leader, HOOK, msgspec.msgpack.encode(_Brought(channel_id, request)))
        except NodeGone:
            return None
        return msgspec.json.decode(answer, type=HookReply)

    async def _answer(self, body: bytes) -> bytes:
        brought = msgspec.msgpack.decode(body, type=_Brought)
        try:
            reply = await self._channels.hook_here(self._channels.link(brought.channel_id), brought.request)
        except ChannelFault as fault:
            raise Unavailable(str(fault), retryAfter=5) from None
        # As JSON: what a channel answers is written as JSON in the end.
        return msgspec.json.encode(reply or HookReply(status=503))
