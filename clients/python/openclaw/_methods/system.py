"""`system.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class System:
    """`system.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def status(
        self,
        *,
        timeout: float | None = None,
    ) -> types.SystemStatus:
        """The state of the gateway.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("system.status", types.Empty(), types.SystemStatus, timeout)

    def methods(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.MethodList:
        """Every method, with the scope and the rate it needs.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("system.methods", types.Paged(cursor=cursor), types.MethodList, timeout)


class AsyncSystem:
    """`system.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def status(
        self,
        *,
        timeout: float | None = None,
    ) -> types.SystemStatus:
        """The state of the gateway.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("system.status", types.Empty(), types.SystemStatus, timeout)

    async def methods(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.MethodList:
        """Every method, with the scope and the rate it needs.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("system.methods", types.Paged(cursor=cursor), types.MethodList, timeout)
