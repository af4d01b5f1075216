"""The head of an HTTP/1.1 request: parsed strictly, and judged by its Host and Origin. Pure: no sockets here."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import msgspec

from openclaw_rpc.http_fields import TOKEN, MalformedField, header_fields
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InvalidRequest, TooLarge

MAX_LINE = 8190
"""Bytes of a line; what stands behind the listener takes no longer ones."""
MAX_FIELDS = 128
"""Header fields of a head, for the same reason."""

_REQUEST_LINE = re.compile(rb"(" + TOKEN + rb"{1,64}) ([\x21-\x7e\x80-\xff]+) HTTP/([0-9])\.([0-9])")
_METHOD_BYTES = frozenset(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._\-]+)(?::([0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class HeadTooLarge(TooLarge):
    """The head has more bytes, or more fields, than is taken (RFC 6585, 5)."""

    status = 431


class VersionNotSupported(InvalidRequest):
    """Neither HTTP/1.1 nor HTTP/1.0 (RFC 9110, 15.6.6)."""

    status = 505


Refusal = Callable[[str, int, str, str], bytes]
"""How a refusal's body is spelled: path, HTTP status, the error's code, its message → JSON."""


def default_refusal(path: str, status: int, code: str, message: str) -> bytes:
    """The body of an error as reference 003 spells it, which is also OpenAI's shape."""
    kind = "server_error" if status >= 500 else "client_error"
    return msgspec.json.encode({"error": {"code": code, "message": message, "type": kind, "param": None}})


class RequestHead(msgspec.Struct, frozen=True, dict=True):
    """A request's head. ``target`` as it was sent; ``headers`` in order, their names in lower case."""

    method: str
    target: str
    minor: int
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Every value of the header ``name`` (lower case), in order."""
        return [value for key, value in self.headers if key == name]

    @cached_property
    def path(self) -> str:
        """The target without its query; never logged with it, since a query may hold a token."""
        return path_of(self.target)

    @property
    def is_upgrade(self) -> bool:
        """Whether it asks for a WebSocket (RFC 6455, 4.2.1)."""
        return (
            self.method == "GET" and self.minor == 1 and asks_for_websocket(self.all("upgrade"), self.all("connection"))
        )


def path_of(target: str) -> str:
    """The path of a request's target, in origin form or in absolute form."""
    path = target.partition("?")[0]
    if not path.startswith("/") and "://" in path:
        return "/" + path.partition("://")[2].partition("/")[2]
    return path


def claimed_path(start: bytes | bytearray) -> str:
    """The path that the beginning of a request names, for a refusal in its dialect; ``/`` where it names none."""
    words = bytes(start[: MAX_LINE + 1]).partition(b"\r\n")[0].split(b" ")
    return path_of(words[1].decode("latin-1")) if len(words) > 1 else "/"


def asks_for_websocket(upgrade: Sequence[str], connection: Sequence[str]) -> bool:
    """Whether these values of Upgrade and Connection ask for a WebSocket."""
    return _has(upgrade, "websocket") and _has(connection, "upgrade")


def _has(values: Sequence[str], word: str) -> bool:
    return any(part.strip().lower() == word for value in values for part in value.split(","))


def no_http(start: bytes | bytearray) -> str | None:
    """Why these first bytes of a connection can't begin an HTTP/1 request, or None while they still may."""
    if start[:1] == b"\x16":
        return "this port speaks plain HTTP, not TLS"
    line, newline, _ = start.partition(b"\n")
    if newline and not (line.endswith(b"\r") and _REQUEST_LINE.fullmatch(line, 0, len(line) - 1)):
        return "the request line is not HTTP"
    if not newline and start and not _METHOD_BYTES.issuperset(start.partition(b" ")[0]):
        return "this is not HTTP"
    return None


def parse_head(raw: bytes) -> RequestHead:
    r"""Parse a whole head, up to and including the empty line that ends it.

    Strict where parsers are known to disagree (RFC 9112, 2.2, 5.1, 5.2): no bare LF, no folded lines, no space
    before a colon, no control characters.

    Raises:
        InvalidRequest: it is no well-formed head, or asks to be relayed elsewhere.
        VersionNotSupported: another version of HTTP.
        HeadTooLarge: a line is longer than ``MAX_LINE``, or there are more than ``MAX_FIELDS`` fields.
    """
    lines = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    if len(lines) > MAX_FIELDS + 1:
        raise HeadTooLarge(f"the request has more than {MAX_FIELDS} header fields")
    if max(map(len, lines)) > MAX_LINE:
        raise HeadTooLarge(f"a line of the request's head is longer than {MAX_LINE} bytes")
    first = _REQUEST_LINE.fullmatch(lines[0])
    if first is None:
        raise InvalidRequest("the request line is not HTTP")
    if first[3] != b"1" or first[4] not in (b"0", b"1"):
        raise VersionNotSupported("only HTTP/1.1 is supported")
    try:
        headers = header_fields(lines[1:])
    except MalformedField as error:
        raise InvalidRequest(str(error)) from None
    head = RequestHead(first[1].decode("ascii"), first[2].decode("latin-1"), int(first[4]), headers)
    _check_target(head)
    return head


def _check_target(head: RequestHead) -> None:
    """Refuse what asks a proxy, not a server (RFC 9112, 3.2); an absolute target must name the Host it is sent to."""
    target = head.target
    if target.startswith("/") or (target == "*" and head.method == "OPTIONS"):
        return
    scheme, _, rest = target.partition("://")
    authority = re.split("[/?]", rest, maxsplit=1)[0].lower()
    if scheme.lower() not in _DEFAULT_PORTS or [host.lower() for host in head.all("host")] != [authority]:
        raise InvalidRequest("the request's target is not a path of this server: it is not a proxy")


class Authority(msgspec.Struct, frozen=True, dict=True):
    """A host's name, in lower case and without brackets or a final dot, and its port where one was named."""

    name: str
    port: int | None

    @cached_property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The address that the name is, if it is one."""
        try:
            address = ip_address(self.name)
        except ValueError:
            return None
        return getattr(address, "ipv4_mapped", None) or address

    @property
    def is_loopback(self) -> bool:
        """Whether it can only be this machine (RFC 6761, 6.3)."""
        if self.address is not None:
            return self.address.is_loopback
        return self.name == "localhost" or self.name.endswith(".localhost")


def parse_authority(text: str) -> Authority | None:
    """``host``, ``host:port``, ``[v6]`` or ``[v6]:port``; None where it is none of these."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    port = int(match[2]) if match[2] else None
    if port is not None and port > 65535:
        return None
    name = match[1].lower()
    if name.startswith("["):
        authority = Authority(name[1:-1], port)
        return authority if authority.address is not None else None
    name = name.removesuffix(".")
    return Authority(name, port) if name else None


class _Pattern(msgspec.Struct, frozen=True):
    """An entry of ``allowed_hosts``."""

    suffix: str | None
    authority: Authority

    def matches(self, host: Authority) -> bool:
        port = self.authority.port
        # A client leaves the scheme's own port out.
        if port is not None and host.port != port and not (host.port is None and port in _DEFAULT_PORTS.values()):
            return False
        if self.suffix is not None:
            return host.name.endswith(self.suffix)
        if self.authority.address is not None:
            return host.address == self.authority.address
        return host.name == self.authority.name


class HeadRules(msgspec.Struct, frozen=True):
    """What the configuration says: ``gateway.allowed_hosts``, ``allowed_origins`` and ``trusted_proxies``."""

    allowed_hosts: Sequence[str] = ()
    allowed_origins: Sequence[str] = ()
    trusted_proxies: Sequence[str] = ()


class HeadJudge:
    """Judges by which name, and from which web page, a request comes.

    A Host that is not ours is a DNS name that somebody pointed at us (DNS rebinding); an Origin that is not ours is a
    foreign page in the user's browser. Both are refused before anything else is looked at. ``rules`` may be replaced
    at any time, and hold from the next request on.
    """

    def __init__(self, rules: HeadRules | None = None, *, bind: str = "127.0.0.1", port: int = 0) -> None:
        self.listening(bind, port)
        self.rules = rules or HeadRules()

    def listening(self, bind: str, port: int) -> None:
        """Tell where the gateway listens; the listener does, once it knows its port."""
        self._bind = parse_authority(f"[{bind}]" if ":" in bind and not bind.startswith("[") else bind)
        self._port = port

    @property
    def rules(self) -> HeadRules:
        """What is allowed besides the gateway's own names."""
        return self._rules

    @rules.setter
    def rules(self, rules: HeadRules) -> None:
        self._patterns = tuple(pattern for entry in rules.allowed_hosts if (pattern := _pattern(entry)) is not None)
        self._any_host = "*" in rules.allowed_hosts
        self._any_origin = "*" in rules.allowed_origins
        self._origins = frozenset(origin.lower().rstrip("/") for origin in rules.allowed_origins)
        self._rules = rules

    def judge(self, head: RequestHead) -> None:
        """Judge a head; see `check`."""
        self.check(head.all("host"), head.all("origin"), host_required=head.minor > 0)

    def check(self, hosts: Sequence[str], origins: Sequence[str], *, host_required: bool = True) -> None:
        """Let the values of Host and Origin pass, or raise.

        Raises:
            InvalidRequest: Host is missing (HTTP/1.1), sent twice, or no host (RFC 9112, 3.2).
            Forbidden: the Host or the Origin is not allowed; ``reason`` is ``host`` or ``origin``.
        """
        host = None
        if hosts or host_required:
            host = parse_authority(hosts[0]) if len(hosts) == 1 else None
            if host is None:
                raise InvalidRequest("a request needs exactly one valid Host header", field="Host", reason="invalid")
        named = host is not None and self._is_named(host)
        if host is not None and not named and not self._any_host:
            raise Forbidden(
                f"the gateway is not known as {host.name!r}: add it to gateway.allowed_hosts to reach it by that name",
                field="Host",
                reason="host",
            )
        if origins and not (len(origins) == 1 and self._allows(origins[0], host if named else None)):
            raise Forbidden(
                "pages of this origin may not use the gateway: add it to gateway.allowed_origins to allow it",
                field="Origin",
                reason="origin",
            )

    def trusts(self, origins: Sequence[str], hosts: Sequence[str]) -> bool:
        """Whether a page of that Origin may act as whoever signed in: `*` in ``allowed_origins`` names no page."""
        host = parse_authority(hosts[0]) if len(hosts) == 1 else None
        if host is not None and not self._is_named(host):
            host = None
        return len(origins) == 1 and self._is_own(origins[0].strip().lower(), host)

    def _is_named(self, host: Authority) -> bool:
        """Whether the host is one of the gateway's own names, or listed by more than ``*``."""
        return host.is_loopback or self._is_bind(host) or any(pattern.matches(host) for pattern in self._patterns)

    def _is_bind(self, host: Authority) -> bool:
        if self._bind is None:
            return False
        if self._bind.address is None or host.address is None:
            return host.name == self._bind.name
        if self._bind.address.is_unspecified:
            # Bound to every interface. No DNS name can be turned into an address in the Host header.
            return not host.address.is_unspecified
        return host.address == self._bind.address

    def _allows(self, origin: str, host: Authority | None) -> bool:
        """Whether a page of ``origin`` may call; ``host`` is the name it calls us by, where that is ours."""
        origin = origin.strip().lower()
        return self._is_own(origin, host) or (self._any_origin and _parse_origin(origin) is not None)

    def _is_own(self, origin: str, host: Authority | None) -> bool:
        """Whether ``origin`` is listed by name, or the gateway's own."""
        if origin in self._origins:
            return True
        found = _parse_origin(origin)
        default = None if found is None else _DEFAULT_PORTS.get(found[0])
        if found is None or default is None:
            return False
        own = found[1]
        port = own.port or default
        if port == self._port and (own.is_loopback or self._is_bind(own)):
            return True
        # The same origin, seen through a tunnel or a proxy that kept the Host.
        return host is not None and own.name == host.name and port == (host.port or default)


def _parse_origin(origin: str) -> tuple[str, Authority] | None:
    """The scheme, and the host with its port; None where it is no origin."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    own = parse_authority(parts.netloc)
    return None if own is None or parts.path or parts.query or parts.fragment else (parts.scheme, own)


def _pattern(entry: str) -> _Pattern | None:
    wild = entry.startswith("*.")
    authority = parse_authority(entry[2:] if wild else entry)
    if authority is None and ":" in entry:
        authority = parse_authority(f"[{entry}]")
    return None if authority is None else _Pattern("." + authority.name if wild else None, authority)


def http_refusal(error: GatewayError, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """A whole response that ends its connection, for where no HTTP server is in charge yet."""
    lines = [
        f"HTTP/1.1 {error.status} {_REASONS.get(error.status, 'Error')}",
        "Server: openclaw",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}
