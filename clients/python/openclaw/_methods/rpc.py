"""`rpc.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Rpc:
    """`rpc.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def discover(
        self,
        *,
        timeout: float | None = None,
    ) -> Dict[str, Any]:
        """The OpenRPC document of this gateway (OpenRPC 1.3.2).

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("rpc.discover", types.Empty(), Dict[str, Any], timeout)


class AsyncRpc:
    """`rpc.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def discover(
        self,
        *,
        timeout: float | None = None,
    ) -> Dict[str, Any]:
        """The OpenRPC document of this gateway (OpenRPC 1.3.2).

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("rpc.discover", types.Empty(), Dict[str, Any], timeout)
