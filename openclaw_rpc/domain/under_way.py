"""Work that the gateway waits for when it stops, and interrupts when it can wait no longer."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from openclaw_rpc.protocol.errors import Unavailable, interrupted


class UnderWay:
    """What is under way of one kind."""

    def __init__(self) -> None:
        self._scopes: set[anyio.CancelScope] = set()
        self._closing = False
        self._done = anyio.Event()

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[None]:
        """Count one, while the block lasts.

        Raises:
            Unavailable: the gateway stops; where it does so in the block, the reason is `interrupted`.
        """
        self.refuse_when_closing()
        scope = anyio.CancelScope()
        self._scopes.add(scope)
        try:
            with scope:
                yield
        finally:
            self._scopes.discard(scope)
            if self._closing and not self._scopes:
                self._done.set()
        if scope.cancelled_caught:
            raise interrupted()

    def refuse_when_closing(self) -> None:
        """Take nothing more once the gateway stops.

        Raises:
            Unavailable: it does.
        """
        if self._closing:
            raise Unavailable("the gateway is stopping", reason="stopping", retryAfter=5)

    async def close(self, seconds: float) -> None:
        """Take no more; wait so long for what there is, then interrupt it and wait for its end."""
        self._closing = True
        if self._scopes:
            with anyio.move_on_after(seconds):
                await self._done.wait()
        for scope in tuple(self._scopes):
            scope.cancel()
        if self._scopes:
            await self._done.wait()
