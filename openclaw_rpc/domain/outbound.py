"""The outbound guard: which addresses and URLs the gateway may connect to on somebody's behalf.

URLs are judged before anything is sent, and once more the address that is really connected to: a name may resolve to
anything, and to something else a moment later. Sources: IANA's special-purpose registries (RFC 6890 and its updates),
RFC 6052 for NAT64, `inet_aton` for the notations of IPv4.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

import msgspec
from msgspec import Meta

from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InvalidRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HTTP: Final = frozenset({"http", "https"})
WEBSOCKET: Final = frozenset({"ws", "wss"})
DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
MAX_URL: Final = 8192

_CLOSED_V4: Final = tuple(
    (ipaddress.IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared (RFC 6598)"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's metadata service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_OPEN_V6: Final = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    (ipaddress.IPv6Network(network), what)
    for network, what in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "reserved"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "reserved"),
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+", re.ASCII)
_NUMERIC_HOST: Final = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]*|[0-9]+))*\.?", re.ASCII)
_HOST: Final = re.compile(r"[^\x00-\x20\x7f/\\?#@%\[\]<>^`{|}]+")
_DIGITS: Final = 64


class OutboundSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the gateway may connect to on somebody's behalf."""

    allow_private_hosts: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\s/@\[\]]+(/[0-9]{1,3})?$")]],
        Meta(
            max_length=1000,
            description="Loopback, private and link-local hosts that may be reached all the same: names, `*.corp`, "
            "addresses, networks as `10.1.0.0/16`.",
        ),
    ] = []


class Target(NamedTuple):
    """Where a URL leads: ``host`` without brackets, in lower case, as it is connected to."""

    scheme: str
    host: str
    port: int


class OutboundRefused(Forbidden):
    """The guard does not let anybody connect there."""


def closed(address: Address) -> str | None:
    """Why nobody outside may be led to an address: ``loopback``, ``private`` …; None for one on the open internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return next((what for network, what in _CLOSED_V4 if address in network), None)
    inner = embedded(address)
    if inner is not None:
        return closed(inner)
    for network, what in _CLOSED_V6:
        if address in network:
            return what
    return None if address in _OPEN_V6 else "reserved"


def embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that one of IPv6 stands for: mapped (``::ffff:``) or translated (``64:ff9b::``, RFC 6052)."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def parse_address(host: str) -> Address | None:
    """The address that a host is, in any notation that a resolver takes for one; None for a name.

    Raises:
        ValueError: it looks like an address and is none.
    """
    if ":" in host:
        return ipaddress.IPv6Address(host.partition("%")[0])
    if not _NUMERIC_HOST.fullmatch(host):
        return None
    return ipaddress.IPv4Address(_aton(host))


def _aton(host: str) -> int:
    """IPv4 as `inet_aton` takes it: one to four numbers, decimal, octal (``0177``) or hexadecimal (``0x7f``)."""
    parts = host.removesuffix(".").split(".")
    if len(parts) > 4 or any(len(part) > _DIGITS or not _NUMBER.fullmatch(part) for part in parts):
        raise ValueError(f"{host[:_DIGITS]!r} is not an address")
    numbers = [_number(part) for part in parts]
    total = 0
    for number in numbers[:-1]:
        if number > 0xFF:
            raise ValueError(f"{host!r} is not an address")
        total = total << 8 | number
    rest = 8 * (5 - len(numbers))
    if numbers[-1] >= 1 << rest:
        raise ValueError(f"{host!r} is not an address")
    return total << rest | numbers[-1]


def _number(part: str) -> int:
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if part[0] == "0" else int(part)


class OutboundPolicy:
    """What may be connected to, by the settings in force."""

    def __init__(self, settings: OutboundSettings | Iterable[str] = ()) -> None:
        entries = settings.allow_private_hosts if isinstance(settings, OutboundSettings) else settings
        networks: list[Network] = []
        names: list[str] = []
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                names.append(_folded(entry))
        self._networks = tuple(networks)
        self._names = frozenset(name for name in names if not name.startswith("*."))
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))

    def names(self, host: str) -> bool:
        """Whether the settings name that host, so that whatever it resolves to may be reached."""
        host = _folded(host)
        return host in self._names or host.endswith(self._suffixes)

    def refusal(self, address: Address | str) -> str | None:
        """Why an address must not be connected to; None where it may."""
        if isinstance(address, str):
            try:
                address = ipaddress.ip_address(address.partition("%")[0])
            except ValueError:
                return "no address"
        what = closed(address)
        if what is None or self._allowed(address):
            return None
        return what

    def _allowed(self, address: Address) -> bool:
        inner = embedded(address) if isinstance(address, ipaddress.IPv6Address) else None
        same = {address} if inner is None else {address, inner}
        return any(each in network for each in same for network in self._networks)

    def check(self, url: str, schemes: Iterable[str] = HTTP, *, field: str = "url") -> Target:
        """Where a URL leads, if it may: literal addresses are judged here, names when they are connected to.

        Raises:
            InvalidRequest: it is no URL, or of another scheme, or carries a user name or password.
            Refused: it leads to an address that is closed.
        """
        parts = _split(url, field)
        scheme = parts.scheme.lower()
        allowed = frozenset(schemes)
        if scheme not in allowed:
            raise _wrong(field, f"must begin with {' or '.join(f'{each}://' for each in sorted(allowed))}")
        if "@" in parts.netloc:
            raise _wrong(field, "must not carry a user name or a password")
        try:
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _wrong(field, "has an invalid port") from None
        host = self.check_host(host, field=field)
        return Target(scheme, host, DEFAULT_PORTS.get(scheme, 0) if port is None else port)

    def check_host(self, host: str, *, field: str = "host") -> str:
        """A host, if it may be connected to, as it is to be connected to.

        Raises:
            InvalidRequest: it is none.
            Refused: it is an address that is closed, and not named by the settings.
        """
        host = _folded(host)
        if not host or not (":" in host or _HOST.fullmatch(host)):
            raise _wrong(field, "has no valid host")
        try:
            address = parse_address(host)
        except ValueError:
            raise _wrong(field, "has a host that looks like an IP address but is not one") from None
        if address is None:
            if host == "localhost" or host.endswith(".localhost"):
                address = ipaddress.IPv4Address("127.0.0.1")
            else:
                return host
        if not self.names(host):
            what = self.refusal(address)
            if what is not None:
                raise refused(host, what, field)
        return host


def refused(host: str, what: str, field: str = "url") -> OutboundRefused:
    """The error for an address that is closed."""
    return OutboundRefused(
        f"{host} may not be reached: it is {what}; add it to outbound.allow_private_hosts to allow it",
        field=field,
        reason="closed_address",
        host=host,
    )


def shown(url: str) -> str:
    """A URL for logs and errors: no user, password, query or fragment."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(no URL)"
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))[:500]


def same_origin(one: Target, other: Target) -> bool:
    """Whether what was meant for one may be told to the other."""
    return one == other


def _folded(host: str) -> str:
    """Full-width digits, ideographic full stops and the like as what a resolver makes of them (UTS 46)."""
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").replace("\u00ad", "").lower()
    return host[:-1] if host.endswith(".") else host


def _split(url: str, field: str) -> SplitResult:
    if len(url) > MAX_URL or any(char <= " " or char in "\\\x7f" for char in url):
        raise _wrong(field, "has blanks, backslashes or control characters, or is too long")
    try:
        return urlsplit(url)
    except ValueError:
        raise _wrong(field, "is not a URL") from None


def _wrong(field: str, reason: str) -> GatewayError:
    return InvalidRequest(f"{field} {reason}", field=field, reason=reason)
