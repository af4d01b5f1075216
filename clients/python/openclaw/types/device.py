"""What `device.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class DeviceInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A device of a user. `token` names the token that it signed in with last, `scopes` are what it was granted.

    `revoked`: the token that it was given when it signed in is refused, whether it comes alone or with the other.
    """

    device_id: str
    user: str
    token: str
    scopes: list[Literal["read", "chat", "tools", "admin"]]
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    last_seen_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    revoked: bool = False
    name: str | None = None
    platform: str | None = None
    client: str | None = None


class DeviceList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All devices; who was seen last comes first."""

    next_cursor: str | None = None
    devices: list[DeviceInfo]


class DeviceParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which device."""

    device_id: str
    """The SHA-256 of its key, in hexadecimal."""


class DeviceRevoked(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Its token is refused from now on; sockets that it opened are closed."""

    device_id: str
    revoked: bool


class DeviceRemoved(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is forgotten, and its token refused; sockets that it opened are closed."""

    device_id: str
    removed: bool


class DeviceRevokedEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A device's token was revoked, or the device was removed."""

    device_id: str
    user: str
