"""What `channel.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class ChannelInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A channel. `account` and `botUsername` say as whom it speaks, once it is connected."""

    id: str
    name: str
    enabled: bool
    status: Literal["connected", "connecting", "disabled", "disconnected", "error", "not_configured"]
    account: str | None = None
    bot_username: str | None = None
    connected_since: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""
    last_error: str | None = None
    messages_today: int | None = None


class ChannelList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All channels, built in and installed."""

    channels: list[ChannelInfo]


class ChannelParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which channel."""

    channel_id: str
