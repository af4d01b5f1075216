"""`channel.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Channel:
    """`channel.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ChannelList:
        """All channels and how they stand.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("channel.list", types.Empty(), types.ChannelList, timeout)

    def status(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """How a channel stands.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("channel.status", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)


class AsyncChannel:
    """`channel.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ChannelList:
        """All channels and how they stand.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("channel.list", types.Empty(), types.ChannelList, timeout)

    async def status(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """How a channel stands.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("channel.status", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)
