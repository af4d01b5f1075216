"""`channel.*`: the join of the channels' rows and the channels."""

from openclaw_rpc.domain.channels.service import Channels
from openclaw_rpc.protocol import channel
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.channel import (
    ChannelInfo,
    ChannelInstallParams,
    ChannelList,
    ChannelPaired,
    ChannelPairParams,
    ChannelParams,
    ChannelRemoved,
    ChannelSendParams,
    ChannelSent,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class ChannelMethods:
    """Shows channels, switches them, sends over them."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(channel.list_, self.list_),
            bind(channel.status, self.status),
            bind(channel.enable, self.enable, shielded=True),
            bind(channel.disable, self.disable, shielded=True),
            bind(channel.send, self.send, shielded=True),
            bind(channel.pair, self.pair, shielded=True),
            bind(channel.install, self.install, shielded=True),
            bind(channel.remove, self.remove, shielded=True),
        )

    async def list_(self, params: Empty, call: Call) -> ChannelList:
        """All channels."""
        return ChannelList(channels=await self._channels.list())

    async def status(self, params: ChannelParams, call: Call) -> ChannelInfo:
        """One channel."""
        return await self._channels.get(params.channel_id)

    async def enable(self, params: ChannelParams, call: Call) -> ChannelInfo:
        """Switch one on."""
        return await self._channels.enable(params.channel_id)

    async def disable(self, params: ChannelParams, call: Call) -> ChannelInfo:
        """Switch one off."""
        return await self._channels.disable(params.channel_id)

    async def send(self, params: ChannelSendParams, call: Call) -> ChannelSent:
        """Send a message."""
        return await self._channels.send(call.principal.user, params)

    async def pair(self, params: ChannelPairParams, call: Call) -> ChannelPaired:
        """Let a stranger in."""
        return await self._channels.pair(params.channel_id, params.code)

    async def install(self, params: ChannelInstallParams, call: Call) -> ChannelInfo:
        """Install one."""
        return await self._channels.install(params.path)

    async def remove(self, params: ChannelParams, call: Call) -> ChannelRemoved:
        """Remove one."""
        return await self._channels.remove(params.channel_id)
