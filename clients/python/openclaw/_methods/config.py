"""`config.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Config:
    """`config.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def get(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigDocument:
        """The configuration in force, without its secrets.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("config.get", types.Empty(), types.ConfigDocument, timeout)

    def schema(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigSchema:
        """What `gateway.yaml` may say: names, types, bounds, defaults, and what each is for.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("config.schema", types.Empty(), types.ConfigSchema, timeout)

    def update(
        self,
        *,
        config: Dict[str, Any],
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.ConfigUpdated:
        """Change a part of `gateway.yaml`. It applies at once, but for port, bind and storage.

        Args:
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("config.update", types.ConfigUpdateParams(config=config, pin=pin), types.ConfigUpdated, timeout)

    def reload(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigUpdated:
        """Take `gateway.yaml` and `.env` as they stand now, not only when an edit is noticed, and say what changed.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("config.reload", types.Empty(), types.ConfigUpdated, timeout)

    def status(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigStatus:
        """Which file is in force, whether it was refused, and what of it waits for a restart.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("config.status", types.Empty(), types.ConfigStatus, timeout)


class AsyncConfig:
    """`config.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def get(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigDocument:
        """The configuration in force, without its secrets.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("config.get", types.Empty(), types.ConfigDocument, timeout)

    async def schema(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigSchema:
        """What `gateway.yaml` may say: names, types, bounds, defaults, and what each is for.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("config.schema", types.Empty(), types.ConfigSchema, timeout)

    async def update(
        self,
        *,
        config: Dict[str, Any],
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.ConfigUpdated:
        """Change a part of `gateway.yaml`. It applies at once, but for port, bind and storage.

        Args:
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("config.update", types.ConfigUpdateParams(config=config, pin=pin), types.ConfigUpdated, timeout)

    async def reload(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigUpdated:
        """Take `gateway.yaml` and `.env` as they stand now, not only when an edit is noticed, and say what changed.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("config.reload", types.Empty(), types.ConfigUpdated, timeout)

    async def status(
        self,
        *,
        timeout: float | None = None,
    ) -> types.ConfigStatus:
        """Which file is in force, whether it was refused, and what of it waits for a restart.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("config.status", types.Empty(), types.ConfigStatus, timeout)
