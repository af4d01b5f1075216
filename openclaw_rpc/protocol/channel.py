"""`channel.*`: the ways in from other messengers."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Empty, Params, Result, Scope, When
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.method import Method

ChannelStatus = Literal["connected", "connecting", "disconnected", "disabled", "not_configured", "error"]


class ChannelInfo(Result, frozen=True, kw_only=True):
    """A channel. ``account`` and ``botUsername`` say as whom it speaks, once it is connected."""

    id: str
    name: str
    enabled: bool
    status: ChannelStatus
    account: str | None = None
    bot_username: str | None = None
    connected_since: When | None = None
    last_error: str | None = None
    messages_today: int | None = None


class ChannelList(Result, frozen=True, kw_only=True):
    """All channels, built in and installed."""

    channels: list[ChannelInfo]


class ChannelParams(Params, frozen=True, kw_only=True):
    """Which channel."""

    channel_id: Annotated[str, Meta(min_length=1, max_length=100)]


list_ = Method(
    name="channel.list",
    params=Empty,
    result=ChannelList,
    doc="All channels and how they stand.",
    scope=Scope.READ,
)
status = Method(
    name="channel.status",
    params=ChannelParams,
    result=ChannelInfo,
    doc="How a channel stands.",
    scope=Scope.READ,
    errors=(NotFound,),
)

METHODS = (list_, status)
