"""How fast this machine is just now, told by what the limits were set beside: a bare echo of websockets.

Machines differ, and one that is shared has moods: the same work takes two or three times as long as an hour ago. A
limit in seconds says something only together with the speed at which it was set.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from websockets.asyncio.client import ClientConnection

from tests.bench.measure import Process, free_port, running
from tests.bench.ws import CONNECTIONS, open_sockets, ping_pong

ECHO_US = 22.0
"""Microseconds of CPU that an echo took where and when the limits were set (64 connections, uvloop)."""
ECHOES = 200


class Yardstick:
    """An echo server with its clients, to be asked again and again."""

    def __init__(self, process: Process, sockets: list[ClientConnection]) -> None:
        self._process = process
        self._sockets = sockets

    async def slowness(self, echoes: int = ECHOES) -> float:
        """How many times longer than there ``echoes`` echoes of each client take here and now."""
        before = self._process.cpu()
        await ping_pong(self._sockets, echoes)
        return (self._process.cpu() - before) / echoes / CONNECTIONS * 1e6 / ECHO_US


@asynccontextmanager
async def yardstick() -> AsyncGenerator[Yardstick]:
    """One that is warm."""
    port = free_port()
    async with AsyncExitStack() as stack:
        process = stack.enter_context(running("-m", "tests.bench.echo", str(port), port=port))
        sockets = await open_sockets(stack, port, CONNECTIONS, greeted=False)
        await ping_pong(sockets, 50)
        yield Yardstick(process, sockets)


async def slowness() -> float:
    """How many times longer than there an echo takes here and now."""
    async with yardstick() as echo:
        return await echo.slowness()
