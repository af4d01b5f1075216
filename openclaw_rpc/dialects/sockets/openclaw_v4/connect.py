"""The handshake: the frame ``connect``, who it says is there, and what a device signs."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects.sockets.openclaw_v4.names import OpenClawError
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.validation import decoded

PROTOCOL: Final = 4
SKEW_MS: Final = 120_000
CLIENTS: Final = frozenset(
    {
        "webchat-ui", "openclaw-control-ui", "openclaw-browser-copilot", "openclaw-tui", "webchat", "cli",
        "gateway-client", "openclaw-macos", "openclaw-linux", "openclaw-ios", "openclaw-watchos", "openclaw-android",
        "node-host", "openclaw-worker", "test", "fingerprint", "openclaw-probe",
    }
)  # fmt: skip
MODES: Final = frozenset({"webchat", "cli", "ui", "backend", "node", "worker", "probe", "test"})

Short = Annotated[str, Meta(max_length=4096)]


class ClientInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which program is there."""

    id: Short
    version: Short
    platform: Short
    mode: Short
    display_name: Short | None = None
    device_family: Short | None = None
    instance_id: Short | None = None


class Auth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Its secret: a token, the password, or what a device was given."""

    token: Short | None = None
    password: Short | None = None
    device_token: Short | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An Ed25519 key and a signature: proof that the client holds the key. Keys and signatures in base64url."""

    id: Short
    public_key: Short
    signature: Short
    signed_at: int
    nonce: Short = ""


class Connect(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The params of ``connect``."""

    min_protocol: int
    max_protocol: int
    client: ClientInfo
    caps: Annotated[list[Short], Meta(max_length=100)] = []
    role: Short = "operator"
    scopes: Annotated[list[Short], Meta(max_length=100)] = []
    auth: Auth = Auth()
    device: Device | None = None

    @property
    def secret(self) -> str:
        """What the device's signature covers."""
        return self.auth.token or self.auth.device_token or ""


class Req(msgspec.Struct, frozen=True):
    """A request."""

    type: str
    id: str
    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")


def connect_of(params: bytes, nonce: str, now_ms: int) -> Connect:
    """Read and check all of ``connect`` but its secret.

    Raises:
        InvalidRequest: its shape; the client or its mode is unknown.
        OpenClawError: the protocol's number, or the device.
    """
    said = decoded(params, Connect, "connect")
    if not said.min_protocol <= PROTOCOL <= said.max_protocol:
        raise OpenClawError(
            "protocol mismatch",
            "PROTOCOL_MISMATCH",
            clientMinProtocol=said.min_protocol,
            clientMaxProtocol=said.max_protocol,
            expectedProtocol=PROTOCOL,
            minimumProbeProtocol=3,
        )
    if said.client.id not in CLIENTS:
        raise InvalidRequest("client.id is not a known client", field="client.id", reason="unknown")
    if said.client.mode not in MODES:
        raise InvalidRequest("client.mode is not a known mode", field="client.mode", reason="unknown")
    if said.role != "operator":
        raise InvalidRequest(f"this gateway has no role {said.role[:50]!r}", field="role", reason="unknown")
    if said.device is not None:
        check_device(said, said.device, nonce, now_ms)
    if not (said.auth.token or said.auth.password or said.auth.device_token):
        raise OpenClawError("a token or a password is needed", "AUTH_TOKEN_MISSING")
    return said


def check_device(said: Connect, device: Device, nonce: str, now_ms: int) -> None:
    """Check that the client holds the device's key, and signed what it says now, for this socket.

    Raises:
        OpenClawError: it did not; the code says why.
    """
    key = _bytes(device.public_key)
    if key is None or len(key) != 32:
        raise OpenClawError(
            "the device's key is malformed", "DEVICE_AUTH_PUBLIC_KEY_INVALID", reason="device-public-key"
        )
    if hashlib.sha256(key).hexdigest() != device.id:
        raise OpenClawError(
            "the device's id does not belong to its key", "DEVICE_AUTH_DEVICE_ID_MISMATCH", reason="device-id-mismatch"
        )
    if abs(device.signed_at - now_ms) > SKEW_MS:
        raise OpenClawError(
            "the device signed too long ago", "DEVICE_AUTH_SIGNATURE_EXPIRED", reason="device-signature-stale"
        )
    if not device.nonce:
        raise OpenClawError("the device signed no nonce", "DEVICE_AUTH_NONCE_REQUIRED", reason="device-nonce-missing")
    if device.nonce != nonce:
        raise OpenClawError(
            "the device signed another nonce", "DEVICE_AUTH_NONCE_MISMATCH", reason="device-nonce-mismatch"
        )
    signature = _bytes(device.signature)
    # Which of the two a client signs, only trying tells.
    if signature is None or not any(_signed(key, signature, text) for text in signed_texts(said, device)):
        raise OpenClawError(
            "the device's signature is not right", "DEVICE_AUTH_SIGNATURE_INVALID", reason="device-signature"
        )


def signed_texts(said: Connect, device: Device) -> tuple[bytes, bytes]:
    """What a device signs: version 3, and the older version 2."""
    client = said.client
    fields = [device.id, client.id, client.mode, said.role, ",".join(said.scopes), str(device.signed_at)]
    fields += [said.secret, device.nonce]
    platform = [client.platform.lower(), (client.device_family or "").lower()]
    return "|".join(["v3", *fields, *platform]).encode(), "|".join(["v2", *fields]).encode()


def _signed(key: bytes, signature: bytes, text: bytes) -> bool:
    # Needed by clients with a device alone, and it takes its time to import.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def hello(conn_id: str, version: str, scopes: list[str], methods: list[str], more: dict[str, Any]) -> dict[str, Any]:
    """The answer to ``connect``; ``more`` holds presence, policy and uptime."""
    defaults = {
        "defaultAgentId": "main",
        "modelConfigured": True,
        "mainKey": "main",
        "mainSessionKey": "agent:main:main",
        "scope": "per-sender",
    }
    return {
        "type": "hello-ok",
        "protocol": PROTOCOL,
        "server": {"version": version, "connId": conn_id},
        "features": {"methods": methods, "events": list(EVENTS), "capabilities": list(CAPABILITIES)},
        "snapshot": {
            "presence": more["presence"],
            "health": {},
            "stateVersion": {"presence": 1, "health": 1},
            "uptimeMs": more["uptimeMs"],
            "sessionDefaults": defaults,
            "authMode": "token",
        },
        "auth": {"role": "operator", "scopes": scopes},
        "policy": more["policy"],
    }


CAPABILITIES: Final = ("published-model-catalog",)
"""What a client may require: `models.list` answers with the models that there are now."""
EVENTS: Final = (
    "connect.challenge",
    "chat",
    "agent",
    "tick",
    "health",
    "presence",
    "shutdown",
    "sessions.changed",
    "session.message",
    "exec.approval.requested",
    "exec.approval.resolved",
)
