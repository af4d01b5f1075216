"""`memory.*`: the join of the memory's rows and what remembers."""

from openclaw_rpc.domain.memory.service import Memories
from openclaw_rpc.protocol import memory
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.memory import (
    MemoryCompacted,
    MemoryDeleted,
    MemoryDeleteParams,
    MemoryPruned,
    MemoryPruneParams,
    MemoryResults,
    MemorySearchParams,
    MemoryStats,
    MemoryStored,
    MemoryStoreParams,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class MemoryMethods:
    """Stores, finds and removes the caller's memories."""

    def __init__(self, memories: Memories) -> None:
        self._memories = memories

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(memory.store, self.store),
            bind(memory.search, self.search),
            bind(memory.delete, self.delete),
            bind(memory.stats, self.stats),
            bind(memory.prune, self.prune),
            bind(memory.compact, self.compact),
        )

    async def store(self, params: MemoryStoreParams, call: Call) -> MemoryStored:
        """Remember a value."""
        return await self._memories.store(call.principal, params)

    async def search(self, params: MemorySearchParams, call: Call) -> MemoryResults:
        """Find memories."""
        return await self._memories.search(call.principal, params)

    async def delete(self, params: MemoryDeleteParams, call: Call) -> MemoryDeleted:
        """Forget one."""
        return await self._memories.delete(call.principal, params)

    async def stats(self, params: Empty, call: Call) -> MemoryStats:
        """How much there is."""
        return await self._memories.stats(call.principal)

    async def prune(self, params: MemoryPruneParams, call: Call) -> MemoryPruned:
        """Forget what is old."""
        return await self._memories.prune(call.principal, params)

    async def compact(self, params: Empty, call: Call) -> MemoryCompacted:
        """Fold the log into files."""
        return await self._memories.compact(call.principal)
