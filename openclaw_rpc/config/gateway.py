"""The section `gateway` of `gateway.yaml`: the port, who may come in, and how much of everything."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

MIB: Final = 1024 * 1024
OWN_PATHS: Final = frozenset({"api", "assets", "docs", "health", "hooks", "login", "logout", "mcp", "v1", "ws"})
"""Where paths of the gateway itself begin."""

HostName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[^\s/@\[\]]+$",
        description="A host as a URL has it: `gateway.example.org`, `*.example.org`, `192.168.1.5:18789`.",
    ),
]
Origin = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        pattern=r"^(\*|[a-z][a-z0-9+.-]*://[^\s/]+)$",
        description="An origin as browsers send it: `https://app.example.org`, without a path; `*` is any.",
    ),
]
Network = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=64,
        pattern=r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$",
        description="An address or a network: `127.0.0.1`, `10.0.0.0/8`, `fd00::/8`.",
    ),
]
FilePath = Annotated[str, Meta(min_length=1, max_length=4096)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of `gateway.yaml`. Every key has a default, so that an empty file is valid."""


class AuthSettings(Section, frozen=True, kw_only=True):
    """Who may come in. A token is made at the first start where neither token nor password is set."""

    enabled: Annotated[bool, Meta(description="Without it anybody on this machine is the owner; loopback only.")] = True
    token: Annotated[str, Meta(max_length=4096, description="The owner's bearer token.")] | None = None
    password: Annotated[str, Meta(max_length=1024, description="The owner's password, for Basic auth.")] | None = None


class TlsSettings(Section, frozen=True, kw_only=True):
    """TLS on the gateway's own port; both files, in PEM, or neither."""

    certificate: Annotated[FilePath, Meta(description="The certificate with its chain.")] | None = None
    key: Annotated[FilePath, Meta(description="The certificate's private key.")] | None = None


class RateLimitSettings(Section, frozen=True, kw_only=True):
    """How many calls a minute one principal may make: a token bucket each, `requests` for all of them together."""

    requests_per_minute: Annotated[int, Meta(ge=1, le=10**9, description="Calls of any kind.")] = 100
    messages_per_minute: Annotated[int, Meta(ge=1, le=10**9, description="Messages to agents and models.")] = 100
    skills_per_minute: Annotated[int, Meta(ge=1, le=10**9, description="Calls of skills and tools.")] = 50
    files_per_minute: Annotated[int, Meta(ge=1, le=10**9, description="Calls that touch files.")] = 200


class ControlUiSettings(Section, frozen=True, kw_only=True):
    """OpenClaw's Control UI, which comes with npm's package `openclaw`."""

    root: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=4096,
                description="The folder `dist/control-ui` of that package; `auto` looks where npm installs it.",
            ),
        ]
        | None
    ) = None
    base_path: Annotated[
        str,
        Meta(
            max_length=200,
            pattern=r"^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$",
            description="Where it is served. WebSockets there speak OpenClaw's protocol, whoever opens them.",
        ),
    ] = "/openclaw"


class GatewaySettings(Section, frozen=True, kw_only=True):
    """The port and its limits."""

    port: Annotated[int, Meta(ge=0, le=65535, description="The one port; 0 takes any free one.")] = 18789
    bind: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=255,
            pattern=r"^[0-9A-Za-z.:_%-]+$",
            description="The address or name to listen on: `127.0.0.1`, `::1`, `0.0.0.0` and `::` for all.",
        ),
    ] = "127.0.0.1"
    reuse_port: Annotated[bool, Meta(description="Listen with SO_REUSEPORT, beside other processes.")] = False
    tls: Annotated[TlsSettings, Meta(description="TLS on this port.")] = TlsSettings()
    auth: Annotated[AuthSettings, Meta(description="Who may come in.")] = AuthSettings()
    control_ui: Annotated[ControlUiSettings, Meta(description="OpenClaw's Control UI.")] = ControlUiSettings()
    allowed_hosts: Annotated[
        list[HostName], Meta(max_length=1000, description="Names of this gateway besides its loopback names.")
    ] = []
    allowed_origins: Annotated[
        list[Origin], Meta(max_length=1000, description="Web pages that may talk to it, by their origins.")
    ] = []
    trusted_proxies: Annotated[
        list[Network],
        Meta(max_length=1000, description="Proxies whose X-Forwarded-* or Forwarded says who a client is."),
    ] = []
    heartbeat_seconds: Annotated[
        float, Meta(ge=0.01, le=3600, description="How often a WebSocket gets a heartbeat.")
    ] = 30
    request_timeout_seconds: Annotated[
        float, Meta(ge=0.01, le=86400, description="How long a call over HTTP may take.")
    ] = 300
    auth_timeout_seconds: Annotated[
        float, Meta(ge=0.01, le=600, description="How long a WebSocket may stay without authentication.")
    ] = 10
    shutdown_seconds: Annotated[
        float, Meta(ge=0, le=3600, description="How long runs may go on when the gateway stops.")
    ] = 10
    max_connections: Annotated[int, Meta(ge=1, le=1_000_000, description="WebSockets and streams in all.")] = 1000
    max_connections_per_principal: Annotated[
        int, Meta(ge=1, le=1_000_000, description="WebSockets and event streams of one token.")
    ] = 10
    max_in_flight: Annotated[int, Meta(ge=1, le=100_000, description="Unanswered calls of one WebSocket.")] = 64
    max_message_bytes: Annotated[
        int, Meta(ge=1024, le=1024 * MIB, description="The largest frame or request body, in bytes.")
    ] = 10 * MIB
    outbox_bytes: Annotated[
        int, Meta(ge=64 * 1024, le=1024 * MIB, description="What may wait for a slow peer, in bytes, before it is cut.")
    ] = 8 * MIB
    compression: Annotated[bool, Meta(description="Offer permessage-deflate; it costs memory per connection.")] = False
    rate_limit: Annotated[RateLimitSettings, Meta(description="Calls a minute.")] = RateLimitSettings()


class RunSettings(Section, frozen=True, kw_only=True):
    """How many runs at a time, and for how long."""

    max_running: Annotated[int, Meta(ge=1, le=100_000, description="Runs at a time.")] = 64
    max_queued: Annotated[int, Meta(ge=0, le=1_000_000, description="Runs that may wait; more are refused.")] = 256
    timeout_seconds: Annotated[float, Meta(ge=0.01, le=604_800, description="The longest a run may take.")] = 600
    on_crash: Annotated[
        Literal["interrupt", "retry"],
        Meta(
            description="What becomes of a run whose process dies: it ends as `interrupted`, or begins again under the "
            "same id where it has used no tool yet."
        ),
    ] = "interrupt"


class LoggingSettings(Section, frozen=True, kw_only=True):
    """What is written down, and where."""

    level: Annotated[Literal["debug", "info", "warn", "error"], Meta(description="The lowest level that is kept.")] = (
        "info"
    )
    file: Annotated[bool, Meta(description="Keep lines in files, besides the newest in memory.")] = True
    max_bytes: Annotated[
        int, Meta(ge=64 * 1024, le=10 * 1024 * MIB, description="A file's size, in bytes, before the next is begun.")
    ] = 10 * MIB
    backups: Annotated[int, Meta(ge=0, le=1000, description="How many older files are kept.")] = 5


def is_loopback(bind: str) -> bool:
    """Whether only this machine can reach what listens on ``bind``; of names, `localhost` alone is known to be so."""
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind.lower().rstrip(".") == "localhost" or bind.lower().rstrip(".").endswith(".localhost")


def contradictions(gateway: GatewaySettings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Problems between its keys: where, and what is wrong with it."""
    if not gateway.auth.enabled and not is_loopback(gateway.bind):
        yield (
            ("gateway", "auth", "enabled"),
            f"without authentication the gateway listens on loopback only, and gateway.bind is {gateway.bind!r}: "
            "set gateway.auth.enabled to true, or gateway.bind to 127.0.0.1",
        )
    if (gateway.tls.certificate is None) != (gateway.tls.key is None):
        missing = "key" if gateway.tls.key is None else "certificate"
        yield ("gateway", "tls", missing), "TLS needs both gateway.tls.certificate and gateway.tls.key"
    if (taken := gateway.control_ui.base_path.split("/")[1]) in OWN_PATHS:
        yield (
            ("gateway", "control_ui", "base_path"),
            f"/{taken} is the gateway's own; take another path, like /openclaw",
        )
    for at, network in enumerate(gateway.trusted_proxies):
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            yield ("gateway", "trusted_proxies", str(at)), f"{network!r} is not an address or a network"
