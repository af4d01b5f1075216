"""`device.*`: programs that prove with a key of their own that they are the same as last time."""

from typing import Annotated

from msgspec import Meta

from openclaw_rpc.protocol.base import Page, Paged, Params, Result, Scope, Topic, When
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.method import Event, Method

DeviceId = Annotated[str, Meta(min_length=1, max_length=100, description="The SHA-256 of its key, in hexadecimal.")]


class DeviceInfo(Result, frozen=True, kw_only=True):
    """A device of a user. ``token`` names the token that it signed in with last, ``scopes`` are what it was granted.

    ``revoked``: the token that it was given when it signed in is refused, whether it comes alone or with the other.
    """

    device_id: str
    user: str
    token: str
    scopes: list[Scope]
    created_at: When
    last_seen_at: When
    revoked: bool = False
    name: str | None = None
    platform: str | None = None
    client: str | None = None


class DeviceList(Page, frozen=True, kw_only=True):
    """All devices; who was seen last comes first."""

    devices: list[DeviceInfo]


class DeviceParams(Params, frozen=True, kw_only=True):
    """Which device."""

    device_id: DeviceId


class DeviceRevoked(Result, frozen=True, kw_only=True):
    """Its token is refused from now on; sockets that it opened are closed."""

    device_id: str
    revoked: bool


class DeviceRemoved(Result, frozen=True, kw_only=True):
    """It is forgotten, and its token refused; sockets that it opened are closed."""

    device_id: str
    removed: bool


class DeviceRevokedEvent(Result, frozen=True, kw_only=True):
    """A device's token was revoked, or the device was removed."""

    device_id: str
    user: str


device_revoked = Event(
    "device.revoked", DeviceRevokedEvent, "A device's token was revoked, or it was removed.", topic=Topic.GATEWAY
)

list_ = Method(
    name="device.list",
    params=Paged,
    result=DeviceList,
    pages="devices",
    doc="The devices that signed in with a key of their own; everybody's for the owner's admin tokens.",
    scope=Scope.ADMIN,
    safe=True,
)
revoke = Method(
    name="device.revoke",
    params=DeviceParams,
    result=DeviceRevoked,
    doc="Revoke the token that a device was given. With its user's token it can sign in again, and is given another.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
    emits=(device_revoked,),
)
remove = Method(
    name="device.remove",
    params=DeviceParams,
    result=DeviceRemoved,
    doc="Forget a device, and revoke the token that it was given.",
    scope=Scope.ADMIN,
    errors=(NotFound,),
    emits=(device_revoked,),
)

METHODS = (list_, revoke, remove)
