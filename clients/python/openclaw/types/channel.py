"""What `channel.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class OutboxCounts(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Messages that wait, that were refused for good, and of which nobody knows whether they arrived."""

    waiting: int = 0
    failed: int = 0
    unknown: int = 0


class ChannelInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A channel. `account` and `botUsername` say as whom it speaks, once it is connected.

    `messagesToday` counts those from outside since midnight, UTC.
    """

    id: str
    name: str
    enabled: bool
    status: Literal["connected", "connecting", "disabled", "disconnected", "error", "not_configured"]
    type: str | None = None
    account: str | None = None
    bot_username: str | None = None
    connected_since: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    last_error: str | None = None
    messages_today: int | None = None
    outbox: OutboxCounts | None = None


class ChannelList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All channels, built in and installed."""

    next_cursor: str | None = None
    channels: list[ChannelInfo]


class ChannelParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which channel."""

    channel_id: str
    """The channel's name in `gateway.yaml`."""


class ChannelFile(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A file of the workspace."""

    path: str
    type: Literal["file"] = "file"


class ChannelSendParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to say to whom. `text` is Markdown; a text that is too long for one message is split."""

    channel_id: str
    """The channel's name in `gateway.yaml`."""
    to: str
    """A chat by the platform's id; `CHAT/THREAD` for a thread."""
    text: str = ""
    attachments: list[ChannelFile | dict[str, Any]] | UnsetType = UNSET
    idempotency_key: str | None = None


class ChannelSent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The message is on disk, and is sent as soon as the platform takes it: `deliveryIds`, a part each."""

    channel_id: str
    to: str
    status: Literal["queued"]
    delivery_ids: list[str]


class ChannelPairParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The code that a stranger was given."""

    channel_id: str
    """The channel's name in `gateway.yaml`."""
    code: str


class ChannelPaired(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Who may write from now on."""

    channel_id: str
    sender: str


class ChannelInstallParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A Python file, or a folder with `__init__.py`, that holds a class derived from `Channel`; or the name of a
    package that is installed and brings one.
    """

    path: str
    """On the gateway's machine; else a package's name."""


class ChannelRemoved(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The channel is gone; its own files stay."""

    id: str
    removed: bool
