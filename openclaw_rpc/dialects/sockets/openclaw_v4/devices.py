"""`device.*`: the programs that came in with a key of their own."""

from __future__ import annotations

from openclaw_rpc.dialects.sockets.openclaw_v4.method import Open, OpenClawPeer, Row
from openclaw_rpc.dialects.sockets.openclaw_v4.names import ALLOWS, PAIRING, millis, now_ms
from openclaw_rpc.protocol import device
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.device import DeviceInfo, DeviceParams
from openclaw_rpc.protocol.validation import checked
from openclaw_rpc.rpc.frames import Ask, SocketPlan

ROLE = "operator"


class WhichDevice(Open, frozen=True, kw_only=True):
    """Which device; ``role`` is always that of an operator."""

    device_id: str
    role: str = ROLE


def listed(peer: OpenClawPeer, params: Open) -> SocketPlan:
    """`device.pair.list`: nobody has to wait for an approval, since its token already says who a device belongs to."""
    found = yield Ask(device.list_, Empty())
    return {"pending": [], "paired": [_row(each) for each in found.devices]}


def _row(found: DeviceInfo) -> dict[str, object]:
    scopes = [name for scope in found.scopes for name in ALLOWS[scope]]
    token = {"role": ROLE, "scopes": scopes, "createdAtMs": millis(found.created_at)}
    named = {"displayName": found.name, "platform": found.platform, "clientId": found.client}
    return {
        "deviceId": found.device_id,
        **{name: value for name, value in named.items() if value},
        "role": ROLE,
        "roles": [ROLE],
        "scopes": scopes,
        "tokens": [token | ({"revokedAtMs": millis(found.last_seen_at)} if found.revoked else {})],
        "createdAtMs": millis(found.created_at),
        "lastSeenAtMs": millis(found.last_seen_at),
    }


def remove(peer: OpenClawPeer, params: WhichDevice) -> SocketPlan:
    """`device.pair.remove`."""
    wanted = checked({"deviceId": params.device_id}, DeviceParams, device.remove.name)
    yield Ask(device.remove, wanted)
    return {"deviceId": params.device_id}


def revoke(peer: OpenClawPeer, params: WhichDevice) -> SocketPlan:
    """`device.token.revoke`."""
    wanted = checked({"deviceId": params.device_id}, DeviceParams, device.revoke.name)
    yield Ask(device.revoke, wanted)
    return {"deviceId": params.device_id, "role": params.role, "revokedAtMs": now_ms()}


ROWS: dict[str, Row] = {
    "device.pair.list": Row(Open, listed, PAIRING),
    "device.pair.remove": Row(WhichDevice, remove, PAIRING, counted=True),
    "device.token.revoke": Row(WhichDevice, revoke, PAIRING, counted=True),
}
