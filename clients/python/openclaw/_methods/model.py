"""`model.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Model:
    """`model.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.ModelList:
        """The models of all providers; a provider that does not answer is listed with its configured model.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("model.list", types.Paged(cursor=cursor), types.ModelList, timeout)

    def complete(
        self,
        *,
        body: Any,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ModelCompleted:
        """Ask a model, without an agent: bodies as in OpenAI's Chat Completions. Disconnecting cancels the request.

        Args:
            body: The request, an object with at least `messages`.
            request_id: Repeated in the events of this call.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("model.complete", types.ModelCompleteParams(body=body, request_id=request_id), types.ModelCompleted, timeout)

    def embed(
        self,
        *,
        body: Any,
        timeout: float | None = None,
    ) -> types.ModelEmbedded:
        """Turn texts into vectors: bodies as in OpenAI's Embeddings.

        Args:
            body: The request, an object with at least `input`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("model.embed", types.ModelEmbedParams(body=body), types.ModelEmbedded, timeout)


class AsyncModel:
    """`model.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.ModelList:
        """The models of all providers; a provider that does not answer is listed with its configured model.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("model.list", types.Paged(cursor=cursor), types.ModelList, timeout)

    async def complete(
        self,
        *,
        body: Any,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ModelCompleted:
        """Ask a model, without an agent: bodies as in OpenAI's Chat Completions. Disconnecting cancels the request.

        Args:
            body: The request, an object with at least `messages`.
            request_id: Repeated in the events of this call.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("model.complete", types.ModelCompleteParams(body=body, request_id=request_id), types.ModelCompleted, timeout)

    async def embed(
        self,
        *,
        body: Any,
        timeout: float | None = None,
    ) -> types.ModelEmbedded:
        """Turn texts into vectors: bodies as in OpenAI's Embeddings.

        Args:
            body: The request, an object with at least `input`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("model.embed", types.ModelEmbedParams(body=body), types.ModelEmbedded, timeout)
