"""`channel.*`: the ways in and out over chat platforms."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Page, Paged, Params, Result, Scope, Topic, When
from openclaw_rpc.protocol.errors import Conflict, Forbidden, NotFound, RateLimited
from openclaw_rpc.protocol.method import Event, Method

ChannelStatus = Literal["connected", "connecting", "disconnected", "disabled", "not_configured", "error"]
ChannelId = Annotated[str, Meta(min_length=1, max_length=100, description="The channel's name in `gateway.yaml`.")]
ChatId = Annotated[
    str, Meta(min_length=1, max_length=200, description="A chat by the platform's id; `CHAT/THREAD` for a thread.")
]


class OutboxCounts(Result, frozen=True, kw_only=True, omit_defaults=False):
    """Messages that wait, that were refused for good, and of which nobody knows whether they arrived."""

    waiting: int = 0
    failed: int = 0
    unknown: int = 0


class ChannelInfo(Result, frozen=True, kw_only=True):
    """A channel. ``account`` and ``botUsername`` say as whom it speaks, once it is connected.

    ``messagesToday`` counts those from outside since midnight, UTC.
    """

    id: str
    name: str
    enabled: bool
    status: ChannelStatus
    type: str | None = None
    account: str | None = None
    bot_username: str | None = None
    connected_since: When | None = None
    last_error: str | None = None
    messages_today: int | None = None
    outbox: OutboxCounts | None = None


class ChannelList(Page, frozen=True, kw_only=True):
    """All channels, built in and installed."""

    channels: list[ChannelInfo]


class ChannelParams(Params, frozen=True, kw_only=True):
    """Which channel."""

    channel_id: ChannelId


class ChannelFile(Params, frozen=True, kw_only=True):
    """A file of the workspace."""

    path: Annotated[str, Meta(min_length=1, max_length=4096)]
    type: Literal["file"] = "file"


class ChannelSendParams(Params, frozen=True, kw_only=True):
    """What to say to whom. ``text`` is Markdown; a text that is too long for one message is split."""

    channel_id: ChannelId
    to: ChatId
    text: Annotated[str, Meta(max_length=100_000)] = ""
    attachments: Annotated[list[ChannelFile], Meta(max_length=10)] = []
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ChannelSent(Result, frozen=True, kw_only=True):
    """The message is on disk, and is sent as soon as the platform takes it: ``deliveryIds``, a part each."""

    channel_id: str
    to: str
    status: Literal["queued"]
    delivery_ids: list[str]


class ChannelPairParams(Params, frozen=True, kw_only=True):
    """The code that a stranger was given."""

    channel_id: ChannelId
    code: Annotated[str, Meta(min_length=1, max_length=20)]


class ChannelPaired(Result, frozen=True, kw_only=True):
    """Who may write from now on."""

    channel_id: str
    sender: str


class ChannelInstallParams(Params, frozen=True, kw_only=True):
    """A Python file, or a folder with ``__init__.py``, that holds a class derived from `Channel`; or the name of a
    package that is installed and brings one.
    """

    path: Annotated[
        str, Meta(min_length=1, max_length=4096, description="On the gateway's machine; else a package's name.")
    ]


class ChannelRemoved(Result, frozen=True, kw_only=True):
    """The channel is gone; its own files stay."""

    id: str
    removed: bool


changed = Event("channel.changed", ChannelInfo, "A channel's state changed.", topic=Topic.CHANNELS)

list_ = Method(
    name="channel.list",
    params=Paged,
    result=ChannelList,
    pages="channels",
    doc="All channels and their state.",
    scope=Scope.READ,
    emits=(changed,),
)
status = Method(
    name="channel.status",
    params=ChannelParams,
    result=ChannelInfo,
    doc="The state of a channel.",
    scope=Scope.READ,
    errors=(NotFound,),
)
enable = Method(
    name="channel.enable",
    params=ChannelParams,
    result=ChannelInfo,
    doc="Switch a channel on; it stays on after a restart.",
    scope=Scope.ADMIN,
    emits=(changed,),
    errors=(NotFound,),
)
disable = Method(
    name="channel.disable",
    params=ChannelParams,
    result=ChannelInfo,
    doc="Switch a channel off; it stays off after a restart. What waits to be sent stays.",
    scope=Scope.ADMIN,
    emits=(changed,),
    errors=(NotFound,),
)
send = Method(
    name="channel.send",
    params=ChannelSendParams,
    result=ChannelSent,
    doc="Send a message to a chat. It is on disk before the answer, and is sent once.",
    scope=Scope.ADMIN,
    errors=(NotFound, Conflict),
)
pair = Method(
    name="channel.pair",
    params=ChannelPairParams,
    result=ChannelPaired,
    doc="Let a stranger in who was given this code.",
    scope=Scope.ADMIN,
    errors=(NotFound, RateLimited),
)
install = Method(
    name="channel.install",
    params=ChannelInstallParams,
    result=ChannelInfo,
    doc="Install a channel that somebody wrote: its code runs in the gateway from then on.",
    scope=Scope.ADMIN,
    errors=(NotFound, Conflict, Forbidden),
)
remove = Method(
    name="channel.remove",
    params=ChannelParams,
    result=ChannelRemoved,
    doc="Remove an installed channel.",
    scope=Scope.ADMIN,
    errors=(NotFound, Conflict),
)

METHODS = (list_, status, enable, disable, send, pair, install, remove)
