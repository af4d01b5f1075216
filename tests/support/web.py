"""Web servers on loopback, and names that resolve as a test says."""

import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from openclaw_rpc.adapters.outbound import GuardedFetcher, guarded_session
from openclaw_rpc.domain.outbound import OutboundPolicy

Handler = Callable[[Any], Awaitable[web.StreamResponse]]
SECRET = "the internal secret"


async def internal(request: web.Request) -> web.Response:
    """What nobody outside may read."""
    return web.Response(text=SECRET)


@asynccontextmanager
async def serving(handler: Handler = internal, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[int]:
    """A server whose every path is answered by one handler: its port."""
    runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class Names(AbstractResolver):
    """Resolves each name to what comes next in its list, the last again and again."""

    def __init__(self, **names: list[str]) -> None:
        self.names = {name.replace("_", "."): list(addresses) for name, addresses in names.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        addresses = self.names.get(host)
        if not addresses:
            raise OSError(None, "no such name")
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def fetching(*allowed: str, names: Names | None = None) -> AsyncGenerator[GuardedFetcher]:
    """A fetcher whose guard lets the hosts through that are named."""
    policy = OutboundPolicy(allowed)
    async with guarded_session(lambda: policy, resolver=names) as session:
        yield GuardedFetcher(lambda: session, lambda: policy)
