"""The port :class:`~openclaw_rpc.domain.ports.Tasks` on asyncio."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Self


class LoopTasks:
    """Tasks of the running loop. anyio's groups give each of theirs a scope and an event, which not every run needs."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """See the port."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
