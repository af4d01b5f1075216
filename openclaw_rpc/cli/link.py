"""A connection that comes back: one client at a time, dialled again when the socket was lost."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType

from openclaw_rpc.cli.client import Client, Target, connect
from openclaw_rpc.cli.errors import CliError, ConnectionLost, NoGateway

PATIENCE_SECONDS = 60.0
"""How long to go on dialling after a connection was lost: a restart of the gateway fits in."""


class Link:
    """Holds a connection to ``target``; ``on_lost`` is told each time why it has to be made anew."""

    def __init__(
        self, target: Target, *, patience: float = PATIENCE_SECONDS, on_lost: Callable[[str], None] | None = None
    ) -> None:
        self.target = target
        self._patience = patience
        self._on_lost = on_lost
        self._client: Client | None = None
        self._open = AsyncExitStack()
        self._dialling = asyncio.Lock()

    async def __aenter__(self) -> "Link":
        await self.client()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def client(self) -> Client:
        """The connection, made if there is none that lives.

        Raises:
            CliError: none can be had; the first time at once, later when the patience is used up.
        """
        async with self._dialling:
            if self._client is None:
                self._client = await self._open.enter_async_context(connect(self.target))
            elif self._client.lost is not None:
                if self._on_lost is not None:
                    self._on_lost(self._client.lost.message)
                await self._open.aclose()
                self._client = await self._again()
            return self._client

    async def _again(self) -> Client:
        pause, deadline = 0.1, asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                return await self._open.enter_async_context(connect(self.target))
            except CliError as error:
                lasting = not isinstance(error, NoGateway | ConnectionLost) and error.code not in {
                    "service_unavailable",
                    "timeout",
                }
                if lasting or asyncio.get_running_loop().time() + pause > deadline:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)
