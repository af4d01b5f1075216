"""Who a client is where proxies stand in between: what they say counts from `gateway.trusted_proxies` alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

_FOR: Final = re.compile(r'(?:^|[;,\s])for="?(\[[0-9a-fA-F:.]+\]|[0-9a-fA-F:.]+)', re.IGNORECASE)


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
