"""`web.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Web:
    """`web.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def fetch(
        self,
        *,
        url: str,
        pin: str | None = None,
        max_bytes: int = 1000000,
        format: Literal["html", "markdown", "raw", "text"] = "text",
        timeout: float | None = None,
    ) -> types.WebPage:
        """Fetch a page of the web as readable text. Loopback, private and link-local addresses are refused unless
        `outbound.allow_private_hosts` names them.

        Args:
            url: An http or https URL.
            pin: The PIN that was set with `openclaw pin set`.
            max_bytes: How much of it is read, in bytes.
            format: `text`: what a reader sees; `markdown`: with headings, lists and links; `html`: the page's
            source; `raw`: the body of any text type as it came.

        Raises:
            APIError: forbidden, internal_error, invalid_request, provider_error, rate_limited, service_unavailable,
            timeout, unauthorized.
        """
        return self._client.request("web.fetch", types.WebFetchParams(url=url, pin=pin, max_bytes=max_bytes, format=format), types.WebPage, timeout)


class AsyncWeb:
    """`web.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def fetch(
        self,
        *,
        url: str,
        pin: str | None = None,
        max_bytes: int = 1000000,
        format: Literal["html", "markdown", "raw", "text"] = "text",
        timeout: float | None = None,
    ) -> types.WebPage:
        """Fetch a page of the web as readable text. Loopback, private and link-local addresses are refused unless
        `outbound.allow_private_hosts` names them.

        Args:
            url: An http or https URL.
            pin: The PIN that was set with `openclaw pin set`.
            max_bytes: How much of it is read, in bytes.
            format: `text`: what a reader sees; `markdown`: with headings, lists and links; `html`: the page's
            source; `raw`: the body of any text type as it came.

        Raises:
            APIError: forbidden, internal_error, invalid_request, provider_error, rate_limited, service_unavailable,
            timeout, unauthorized.
        """
        return await self._client.request("web.fetch", types.WebFetchParams(url=url, pin=pin, max_bytes=max_bytes, format=format), types.WebPage, timeout)
