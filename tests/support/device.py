"""A device of OpenClaw: an Ed25519 key, and what it signs when it connects."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from openclaw_rpc.dialects.sockets.openclaw_v4.connect import Connect, signed_texts

SEED = bytes.fromhex("d0cf5efe1d1b4ceeeae381998b6004443fbd4c223ab6562a47763682e51906d6")
DEVICE_ID = "656a41bed63ef3835b35427d49b5e53f040e8b04bff3f10c10538b5248d81292"


def connecting(
    nonce: str,
    at: int,
    version: int = 3,
    *,
    secret: str = "t",
    seed: bytes = SEED,
    scopes: Sequence[str] = ("operator.read",),
    changes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The params of ``connect`` of a device that signs in one of the two ways."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    raw = key.public_key().public_bytes_raw()
    device: dict[str, Any] = {"id": hashlib.sha256(raw).hexdigest(), "publicKey": base64url(raw), "signature": ""}
    device |= {"signedAt": at, "nonce": nonce}
    client = {"id": "openclaw-tui", "version": "1", "platform": "Linux", "mode": "ui", "deviceFamily": "Linux"}
    params: dict[str, Any] = {"minProtocol": 4, "maxProtocol": 4, "client": client, "scopes": [*scopes]}
    params |= {"auth": {"token": secret}, "device": device}
    said = msgspec.convert(params, Connect)
    assert said.device is not None
    device["signature"] = base64url(key.sign(signed_texts(said, said.device)[3 - version]))
    device |= changes or {}
    return params


def base64url(raw: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
