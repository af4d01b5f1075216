"""Where the gateway is and who asks: options first, then the environment, then `gateway.yaml`."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import Shared
from openclaw_rpc.config.gateway import GatewaySettings
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.domain.principals import bare

if TYPE_CHECKING:
    from openclaw_rpc.config.decoding import Contradictions
    from openclaw_rpc.config.storage import StorageSettings

S = TypeVar("S", bound=msgspec.Struct)

URL_VARIABLE = "OPENCLAW_URL"
TOKEN_VARIABLE = "OPENCLAW_TOKEN"  # noqa: S105 - its name
SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class GatewayTarget:
    """Where a gateway is, as ``http://`` or ``https://``, and the headers that say who asks (never shown)."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    certificate: str | None = None

    @property
    def shown(self) -> str:
        """The address as people know it, ``http://host:port``."""
        return self.url.rstrip("/")


def find_paths(options: Shared) -> Paths:
    """The gateway's files, for this environment and `--config`."""
    return Paths.find(os.environ, options.config)


def gateway_settings(paths: Paths) -> GatewaySettings:
    """What `gateway.yaml` says of the gateway itself.

    Raises:
        ConfigError: that section is not valid.
    """
    from openclaw_rpc.config.gateway import contradictions

    return _section(paths, "gateway", GatewaySettings, contradictions)


def storage_settings(paths: Paths) -> "StorageSettings":
    """What `gateway.yaml` says of what keeps things.

    Raises:
        ConfigError: that section is not valid.
    """
    from openclaw_rpc.config.storage import StorageSettings, contradictions

    return _section(paths, "storage", StorageSettings, contradictions)


def _section(paths: Paths, name: str, kind: type[S], check: "Contradictions[S]") -> S:
    from openclaw_rpc.config.decoding import section
    from openclaw_rpc.config.dotenv import variables
    from openclaw_rpc.config.parsing import parse, read

    document = parse(read(paths.config), str(paths.config))
    return section(document, variables(os.environ, paths.home), name, kind, check)


def is_given(options: Shared) -> bool:
    """Whether somebody said where the gateway is."""
    return bool(options.url or os.environ.get(URL_VARIABLE))


def find_target(options: Shared, *, port: int | None = None) -> GatewayTarget:
    """Where to connect, and with which headers. ``port`` goes before where the running one listens.

    Raises:
        CliError: the URL is none.
        ConfigError: `gateway.yaml` is needed, and not valid.
    """
    given = options.url or os.environ.get(URL_VARIABLE)
    token = options.token or os.environ.get(TOKEN_VARIABLE)
    if given:
        url = gateway_url(given)
        if token:
            return GatewayTarget(url, _bearer(token))
        # the owner's token is for this machine's own gateway: no other host is ever sent it
        settings = gateway_settings(find_paths(options)) if is_this_machine(urlsplit(url).hostname or "") else None
        return GatewayTarget(
            url, _headers(settings) if settings else {}, settings.tls.certificate if settings else None
        )
    paths = find_paths(options)
    settings = gateway_settings(paths)
    running = paths.announcement() if port is None else None
    url = local_url(settings, port) if running is None else f"{running.url}/"
    return GatewayTarget(url, _bearer(token) if token else _headers(settings), settings.tls.certificate)


def gateway_url(text: str) -> str:
    """A gateway's address as it is asked: ``host:port`` → ``http://host:port/``; queries are dropped.

    Raises:
        CliError: it is no address.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable:
        raise CliError("The gateway's URL is invalid.", hint="Write it like http://127.0.0.1:18789.", exit_code=2)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit((SCHEMES[parts.scheme], address, parts.path or "/", "", ""))


def local_url(settings: GatewaySettings, port: int | None = None) -> str:
    """The URL of the gateway that runs with these settings on this machine."""
    chosen = settings.port if port is None else port
    if chosen == 0:
        raise CliError("gateway.port is 0, any free one: it can't be known from here.", hint="Say where: --url URL")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}.get(settings.bind, settings.bind)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.tls.certificate else 'http'}://{shown}:{chosen}/"


def is_this_machine(host: str) -> bool:
    """Whether a host's name is one of loopback's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _bearer(token: str) -> dict[str, str]:
    token = bare(token.strip())
    if not token.isascii() or not token.isprintable():
        raise CliError("The token holds characters that no token has.", exit_code=2)
    return {"Authorization": f"Bearer {token}"}


def _headers(settings: GatewaySettings) -> dict[str, str]:
    if not settings.auth.enabled:
        return {}
    if settings.auth.token:
        return _bearer(settings.auth.token)
    if settings.auth.password:
        return {"X-OpenClaw-Password": settings.auth.password}
    return {}
