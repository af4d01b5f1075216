"""`channel.*`: the join of the channels' rows and the channels."""

from openclaw_rpc.domain.channels import Channels
from openclaw_rpc.protocol import channel
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.channel import ChannelInfo, ChannelList, ChannelParams
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class ChannelMethods:
    """Shows channels."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return bind(channel.list_, self.list_), bind(channel.status, self.status)

    def list_(self, params: Empty, call: Call) -> ChannelList:
        """All channels."""
        return ChannelList(channels=self._channels.list())

    def status(self, params: ChannelParams, call: Call) -> ChannelInfo:
        """One channel."""
        return self._channels.get(params.channel_id)
