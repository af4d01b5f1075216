"""What proxies in between say of a client and of how it sees us: it counts from `gateway.trusted_proxies` alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_FOR: Final = re.compile(r'(?:^|[;,\s])for="?(\[[0-9a-fA-F:.]+\]|[0-9a-fA-F:.]+)', re.IGNORECASE)
_PROTO: Final = re.compile(r'(?:^|[;,\s])proto="?(https?)', re.IGNORECASE)
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class Seen(NamedTuple):
    """How a client sees the gateway: over TLS or not, and below which path (`/gateway`; empty where it is the root)."""

    secure: bool = False
    prefix: str = ""


def seen_through(
    peer: str, trusted: Sequence[str], proto: Sequence[str], forwarded: Sequence[str], prefix: Sequence[str]
) -> Seen:
    """How a client sees the gateway, as the proxy says that connected.

    Args:
        peer: Who connected.
        trusted: Addresses and networks whose word counts.
        proto: The values of `X-Forwarded-Proto`.
        forwarded: The values of `Forwarded`, of which `proto` counts where the other is missing.
        prefix: The values of `X-Forwarded-Prefix`; what is no plain path is left out.
    """
    if not trusted or not _in(peer, trusted):
        return Seen()
    said = proto[-1].rpartition(",")[2].strip() if proto else "".join(_PROTO.findall(",".join(forwarded))[-1:])
    path = prefix[-1].strip().rstrip("/") if prefix else ""
    return Seen(said.lower() == "https", path if _PREFIX.fullmatch(path) and ".." not in path else "")


def client_of(peer: str, trusted: Sequence[str], forwarded_for: Sequence[str], forwarded: Sequence[str]) -> str:
    """The address of a client.

    Args:
        peer: Who connected.
        trusted: Addresses and networks whose word counts.
        forwarded_for: The values of `X-Forwarded-For`.
        forwarded: The values of `Forwarded` (RFC 7239), which counts where the other is missing.

    Returns:
        The last address that no trusted proxy has: what stands before it may be the client's own invention.
    """
    if not trusted or not _in(peer, trusted):
        return peer
    said = [part.strip() for value in forwarded_for for part in value.split(",")]
    if not said:
        said = [found[1] for value in forwarded for found in _FOR.finditer(value)]
    client = peer
    for part in reversed(said):
        address = _address(part)
        if address is None:
            break
        client = address
        if not _in(address, trusted):
            break
    return client


def _address(text: str) -> str | None:
    """An address, without a port and brackets."""
    bare = text.strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def _in(address: str, networks: Sequence[str]) -> bool:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return any(known in ipaddress.ip_network(network, strict=False) for network in networks)
