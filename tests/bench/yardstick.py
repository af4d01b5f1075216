"""How fast this machine is just now, told by what the limits were set beside: a bare echo of websockets.

Machines differ, and one that is shared has moods: the same work takes two or three times as long as an hour ago. A
limit in seconds says something only together with the speed at which it was set.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

from tests.bench.measure import free_port, running
from tests.bench.ws import CONNECTIONS, open_sockets, ping_pong

ECHO_US = 22.0
"""Microseconds of CPU that an echo took where and when the limits were set (64 connections, uvloop)."""
ECHOES = 200


async def slowness() -> float:
    """How many times longer than there an echo takes here and now."""
    port = free_port()
    async with AsyncExitStack() as stack:
        process = stack.enter_context(running("-m", "tests.bench.echo", str(port), port=port))
        sockets = await open_sockets(stack, port, CONNECTIONS, greeted=False)
        await ping_pong(sockets, 50)
        before = process.cpu()
        await ping_pong(sockets, ECHOES)
        return (process.cpu() - before) / ECHOES / CONNECTIONS * 1e6 / ECHO_US
