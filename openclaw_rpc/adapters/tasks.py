"""The port :class:`~openclaw_rpc.domain.ports.Tasks` on asyncio."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")


class LoopTasks:
    """Tasks of the running loop. anyio's groups give each of theirs a scope and an event, which not every run needs."""

    def __init__(self) -> None:
        self._started: set[asyncio.Task[None]] = set()
        self._finishing: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """See the port."""
        task = asyncio.get_running_loop().create_task(work)
        self._started.add(task)
        task.add_done_callback(self._started.discard)

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """See the port."""
        task = asyncio.get_running_loop().create_task(work)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        return await asyncio.shield(task)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._started:
            task.cancel()
        await asyncio.gather(*self._started, *self._finishing, return_exceptions=True)
