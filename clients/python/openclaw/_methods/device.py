"""`device.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Device:
    """`device.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.DeviceList:
        """The devices that signed in with a key of their own; everybody's for the owner's admin tokens.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("device.list", types.Paged(cursor=cursor), types.DeviceList, timeout)

    def revoke(
        self,
        *,
        device_id: str,
        timeout: float | None = None,
    ) -> types.DeviceRevoked:
        """Revoke the token that a device was given. With its user's token it can sign in again, and is given another.

        Args:
            device_id: The SHA-256 of its key, in hexadecimal.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("device.revoke", types.DeviceParams(device_id=device_id), types.DeviceRevoked, timeout)

    def remove(
        self,
        *,
        device_id: str,
        timeout: float | None = None,
    ) -> types.DeviceRemoved:
        """Forget a device, and revoke the token that it was given.

        Args:
            device_id: The SHA-256 of its key, in hexadecimal.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("device.remove", types.DeviceParams(device_id=device_id), types.DeviceRemoved, timeout)


class AsyncDevice:
    """`device.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.DeviceList:
        """The devices that signed in with a key of their own; everybody's for the owner's admin tokens.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("device.list", types.Paged(cursor=cursor), types.DeviceList, timeout)

    async def revoke(
        self,
        *,
        device_id: str,
        timeout: float | None = None,
    ) -> types.DeviceRevoked:
        """Revoke the token that a device was given. With its user's token it can sign in again, and is given another.

        Args:
            device_id: The SHA-256 of its key, in hexadecimal.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("device.revoke", types.DeviceParams(device_id=device_id), types.DeviceRevoked, timeout)

    async def remove(
        self,
        *,
        device_id: str,
        timeout: float | None = None,
    ) -> types.DeviceRemoved:
        """Forget a device, and revoke the token that it was given.

        Args:
            device_id: The SHA-256 of its key, in hexadecimal.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("device.remove", types.DeviceParams(device_id=device_id), types.DeviceRemoved, timeout)
