"""Work in a worker thread, whose end is awaited whatever cancels the caller.

anyio waits for a thread's end when one of its own scopes is cancelled; asyncio's `Task.cancel` goes through its
shields, so that a caller would close files and generators that the thread still uses.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio
import anyio.to_thread

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


async def in_thread(work: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
    """What `work(*arguments)` returns or raises; a cancellation is raised once the thread has ended."""
    running = asyncio.ensure_future(anyio.to_thread.run_sync(work, *arguments))
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not running.done():
            try:
                await asyncio.wait([running])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        running.exception()  # looked at, so that asyncio does not log it as lost
        raise cancelled
    return running.result()
