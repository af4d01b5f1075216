"""`memory.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Memory:
    """`memory.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def store(
        self,
        *,
        key: str,
        value: Any,
        metadata: Dict[str, Any] | UnsetType = UNSET,
        tags: List[str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.MemoryStored:
        """Remember a value under a key; a value that the key had before is replaced.

        Args:
            key: The client's name of a memory.
            metadata: Facts about the value; up to 64 KiB of JSON.
            tags: Words of the client's own; they are found too.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, too_large,
            unauthorized.
        """
        return self._client.request("memory.store", types.MemoryStoreParams(key=key, value=value, metadata=metadata, tags=tags), types.MemoryStored, timeout)

    def search(
        self,
        *,
        query: str,
        cursor: str | None = None,
        limit: int = 10,
        type: Literal["all", "compacted", "wal"] = "all",
        since: str | None = None,
        until: str | None = None,
        category: str | None = None,
        timeout: float | None = None,
    ) -> types.MemoryResults:
        """The memories that hold any of the words, ranked by how many and how rare they are.

        Args:
            query: Any of its words, or a key's beginning.
            cursor: The last page's `nextCursor`.
            limit: How many items at most.
            type: Where to look.
            since: Stored at or after.
            until: Stored before.
            category: The `category` of the metadata.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("memory.search", types.MemorySearchParams(query=query, cursor=cursor, limit=limit, type=type, since=since, until=until, category=category), types.MemoryResults, timeout)

    def delete(
        self,
        *,
        key: str,
        timeout: float | None = None,
    ) -> types.MemoryDeleted:
        """Forget a memory.

        Args:
            key: The client's name of a memory.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("memory.delete", types.MemoryDeleteParams(key=key), types.MemoryDeleted, timeout)

    def stats(
        self,
        *,
        timeout: float | None = None,
    ) -> types.MemoryStats:
        """How much is remembered: in the log and in the dated files.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("memory.stats", types.Empty(), types.MemoryStats, timeout)

    def prune(
        self,
        *,
        before: str,
        type: Literal["all", "compacted", "wal"] = "all",
        confirm: bool = False,
        timeout: float | None = None,
    ) -> types.MemoryPruned:
        """Forget all that was stored before a time.

        Args:
            before: Everything that was stored before.
            type: Where.
            confirm: Must be true.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("memory.prune", types.MemoryPruneParams(before=before, type=type, confirm=confirm), types.MemoryPruned, timeout)

    def compact(
        self,
        *,
        timeout: float | None = None,
    ) -> types.MemoryCompacted:
        """Fold the caller's log into dated files now.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("memory.compact", types.Empty(), types.MemoryCompacted, timeout)


class AsyncMemory:
    """`memory.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def store(
        self,
        *,
        key: str,
        value: Any,
        metadata: Dict[str, Any] | UnsetType = UNSET,
        tags: List[str] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> types.MemoryStored:
        """Remember a value under a key; a value that the key had before is replaced.

        Args:
            key: The client's name of a memory.
            metadata: Facts about the value; up to 64 KiB of JSON.
            tags: Words of the client's own; they are found too.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, too_large,
            unauthorized.
        """
        return await self._client.request("memory.store", types.MemoryStoreParams(key=key, value=value, metadata=metadata, tags=tags), types.MemoryStored, timeout)

    async def search(
        self,
        *,
        query: str,
        cursor: str | None = None,
        limit: int = 10,
        type: Literal["all", "compacted", "wal"] = "all",
        since: str | None = None,
        until: str | None = None,
        category: str | None = None,
        timeout: float | None = None,
    ) -> types.MemoryResults:
        """The memories that hold any of the words, ranked by how many and how rare they are.

        Args:
            query: Any of its words, or a key's beginning.
            cursor: The last page's `nextCursor`.
            limit: How many items at most.
            type: Where to look.
            since: Stored at or after.
            until: Stored before.
            category: The `category` of the metadata.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("memory.search", types.MemorySearchParams(query=query, cursor=cursor, limit=limit, type=type, since=since, until=until, category=category), types.MemoryResults, timeout)

    async def delete(
        self,
        *,
        key: str,
        timeout: float | None = None,
    ) -> types.MemoryDeleted:
        """Forget a memory.

        Args:
            key: The client's name of a memory.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("memory.delete", types.MemoryDeleteParams(key=key), types.MemoryDeleted, timeout)

    async def stats(
        self,
        *,
        timeout: float | None = None,
    ) -> types.MemoryStats:
        """How much is remembered: in the log and in the dated files.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("memory.stats", types.Empty(), types.MemoryStats, timeout)

    async def prune(
        self,
        *,
        before: str,
        type: Literal["all", "compacted", "wal"] = "all",
        confirm: bool = False,
        timeout: float | None = None,
    ) -> types.MemoryPruned:
        """Forget all that was stored before a time.

        Args:
            before: Everything that was stored before.
            type: Where.
            confirm: Must be true.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("memory.prune", types.MemoryPruneParams(before=before, type=type, confirm=confirm), types.MemoryPruned, timeout)

    async def compact(
        self,
        *,
        timeout: float | None = None,
    ) -> types.MemoryCompacted:
        """Fold the caller's log into dated files now.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("memory.compact", types.Empty(), types.MemoryCompacted, timeout)
