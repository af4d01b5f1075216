"""An aiohttp session whose connector judges the very address of each socket, before it is connected.

A check of names, or in the resolver, is not enough: literal addresses ask no resolver, redirects lead elsewhere, and a
name may resolve to something else from one moment to the next. So the check sits where sockets are made.
"""

import errno
import socket
from collections.abc import Callable
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from openclaw_rpc import __version__
from openclaw_rpc.adapters.tls import client_context
from openclaw_rpc.domain.outbound import OutboundPolicy

Policy = Callable[[], OutboundPolicy]
USER_AGENT: Final = f"openclaw-rpc/{__version__}"
CONNECT_SECONDS: Final = 10.0


class ClosedAddress(OSError):
    """The guard lets nobody connect there. One text for all, so that aiohttp keeps the class where it meets several."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "the address is private, and outbound.allow_private_hosts does not name it")


class NamedAddress(str):
    """An address that a host resolved to which the settings name. Only `GuardedResolver` makes these."""

    __slots__ = ()


class GuardedResolver(AbstractResolver):
    """Marks the addresses of hosts that the settings name."""

    def __init__(self, policy: Policy, inner: AbstractResolver) -> None:
        self._policy = policy
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host."""
        found = await self._inner.resolve(host, port, family)
        if self._policy().names(host):
            for result in found:
                result["host"] = NamedAddress(result["host"])
        return found

    async def close(self) -> None:
        """Release what the resolver holds."""
        await self._inner.close()


def socket_factory(policy: Policy) -> Callable[[Any], socket.socket]:
    """A maker of sockets for aiohttp's connector, which refuses closed addresses."""

    def make(info: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, proto, _, address = info
        host = address[0]
        if not isinstance(host, NamedAddress) and policy().refusal(host) is not None:
            raise ClosedAddress
        return socket.socket(family, kind, proto)

    return make


def guarded_session(
    policy: Policy,
    *,
    seconds: float = 60,
    connections: int = 100,
    resolver: AbstractResolver | None = None,
) -> aiohttp.ClientSession:
    """A session for all that the gateway fetches or calls because somebody said so. Whoever asks for it closes it.

    It keeps no cookies, and takes no proxy from the environment: a proxy would connect in its stead, unjudged.
    Connecting to a closed address raises `aiohttp.ClientConnectorError` whose ``os_error`` is a `ClosedAddress`.

    Args:
        policy: What holds at the moment; asked for each connection, so that new settings need no new session.
        seconds: How long a request may take in all.
        connections: How many at a time.
        resolver: Who resolves names; the system where it is missing.
    """
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(policy, resolver or DefaultResolver()),
        socket_factory=socket_factory(policy),
        ssl=client_context(),
        use_dns_cache=False,
        limit=connections,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS),
        trust_env=False,
        headers={"User-Agent": USER_AGENT},
    )
