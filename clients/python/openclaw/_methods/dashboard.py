"""`dashboard.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Dashboard:
    """`dashboard.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def link(
        self,
        *,
        timeout: float | None = None,
    ) -> types.SignInLink:
        """A link to the dashboard that works once, with the caller's own user and scopes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("dashboard.link", types.Empty(), types.SignInLink, timeout)


class AsyncDashboard:
    """`dashboard.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def link(
        self,
        *,
        timeout: float | None = None,
    ) -> types.SignInLink:
        """A link to the dashboard that works once, with the caller's own user and scopes.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("dashboard.link", types.Empty(), types.SignInLink, timeout)
