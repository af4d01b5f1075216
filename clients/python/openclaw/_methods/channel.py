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
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.ChannelList:
        """All channels and their state.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("channel.list", types.Paged(cursor=cursor), types.ChannelList, timeout)

    def status(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """The state of a channel.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("channel.status", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)

    def enable(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """Switch a channel on; it stays on after a restart.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("channel.enable", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)

    def disable(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """Switch a channel off; it stays off after a restart. What waits to be sent stays.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("channel.disable", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)

    def send(
        self,
        *,
        channel_id: str,
        to: str,
        text: str = "",
        attachments: List[types.ChannelFile | Dict[str, Any]] | UnsetType = UNSET,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.ChannelSent:
        """Send a message to a chat. It is on disk before the answer, and is sent once.

        Args:
            channel_id: The channel's name in `gateway.yaml`.
            to: A chat by the platform's id; `CHAT/THREAD` for a thread.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("channel.send", types.ChannelSendParams(channel_id=channel_id, to=to, text=text, attachments=attachments, idempotency_key=idempotency_key), types.ChannelSent, timeout)

    def pair(
        self,
        *,
        channel_id: str,
        code: str,
        timeout: float | None = None,
    ) -> types.ChannelPaired:
        """Let a stranger in who was given this code.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("channel.pair", types.ChannelPairParams(channel_id=channel_id, code=code), types.ChannelPaired, timeout)

    def install(
        self,
        *,
        path: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """Install a channel that somebody wrote: its code runs in the gateway from then on.

        Args:
            path: On the gateway's machine; else a package's name.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("channel.install", types.ChannelInstallParams(path=path), types.ChannelInfo, timeout)

    def remove(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelRemoved:
        """Remove an installed channel.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("channel.remove", types.ChannelParams(channel_id=channel_id), types.ChannelRemoved, timeout)


class AsyncChannel:
    """`channel.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.ChannelList:
        """All channels and their state.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("channel.list", types.Paged(cursor=cursor), types.ChannelList, timeout)

    async def status(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """The state of a channel.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("channel.status", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)

    async def enable(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """Switch a channel on; it stays on after a restart.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("channel.enable", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)

    async def disable(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """Switch a channel off; it stays off after a restart. What waits to be sent stays.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("channel.disable", types.ChannelParams(channel_id=channel_id), types.ChannelInfo, timeout)

    async def send(
        self,
        *,
        channel_id: str,
        to: str,
        text: str = "",
        attachments: List[types.ChannelFile | Dict[str, Any]] | UnsetType = UNSET,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> types.ChannelSent:
        """Send a message to a chat. It is on disk before the answer, and is sent once.

        Args:
            channel_id: The channel's name in `gateway.yaml`.
            to: A chat by the platform's id; `CHAT/THREAD` for a thread.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("channel.send", types.ChannelSendParams(channel_id=channel_id, to=to, text=text, attachments=attachments, idempotency_key=idempotency_key), types.ChannelSent, timeout)

    async def pair(
        self,
        *,
        channel_id: str,
        code: str,
        timeout: float | None = None,
    ) -> types.ChannelPaired:
        """Let a stranger in who was given this code.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("channel.pair", types.ChannelPairParams(channel_id=channel_id, code=code), types.ChannelPaired, timeout)

    async def install(
        self,
        *,
        path: str,
        timeout: float | None = None,
    ) -> types.ChannelInfo:
        """Install a channel that somebody wrote: its code runs in the gateway from then on.

        Args:
            path: On the gateway's machine; else a package's name.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("channel.install", types.ChannelInstallParams(path=path), types.ChannelInfo, timeout)

    async def remove(
        self,
        *,
        channel_id: str,
        timeout: float | None = None,
    ) -> types.ChannelRemoved:
        """Remove an installed channel.

        Args:
            channel_id: The channel's name in `gateway.yaml`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("channel.remove", types.ChannelParams(channel_id=channel_id), types.ChannelRemoved, timeout)
