"""`response.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Response:
    """`response.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def create(
        self,
        *,
        body: Any,
        run: types.ChatRunParams | Dict[str, Any] | None = None,
        conversation_key: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """Answer an input. Unless `store` is false, the response is kept and can be continued.

        Args:
            body: The request, an object with at least `input`.
            conversation_key: The client's name of a session.
            request_id: Repeated in the events of this call.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("response.create", types.ResponseCreateParams(body=body, run=run, conversation_key=conversation_key, request_id=request_id), types.ResponseBody, timeout)

    def get(
        self,
        *,
        response_id: str,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """A response in its present state.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("response.get", types.ResponseIdParams(response_id=response_id), types.ResponseBody, timeout)

    def follow(
        self,
        *,
        response_id: str,
        starting_after: int = -1,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """The events of a response: those that were, then those that come, to its end.

        Args:
            response_id: The `id` of a response.
            request_id: Repeated in the events of this call.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("response.follow", types.ResponseFollowParams(response_id=response_id, starting_after=starting_after, request_id=request_id), types.ResponseBody, timeout)

    def cancel(
        self,
        *,
        response_id: str,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """Stop a response; what was said is kept.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("response.cancel", types.ResponseIdParams(response_id=response_id), types.ResponseBody, timeout)

    def delete(
        self,
        *,
        response_id: str,
        timeout: float | None = None,
    ) -> types.ResponseDeleted:
        """Remove a response; one that is under way is stopped.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("response.delete", types.ResponseIdParams(response_id=response_id), types.ResponseDeleted, timeout)

    def items(
        self,
        *,
        response_id: str,
        limit: int = 20,
        order: Literal["asc", "desc"] = "desc",
        after: str | None = None,
        timeout: float | None = None,
    ) -> types.ResponseItems:
        """What a response was an answer to.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("response.items", types.ResponseItemsParams(response_id=response_id, limit=limit, order=order, after=after), types.ResponseItems, timeout)


class AsyncResponse:
    """`response.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def create(
        self,
        *,
        body: Any,
        run: types.ChatRunParams | Dict[str, Any] | None = None,
        conversation_key: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """Answer an input. Unless `store` is false, the response is kept and can be continued.

        Args:
            body: The request, an object with at least `input`.
            conversation_key: The client's name of a session.
            request_id: Repeated in the events of this call.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, provider_error, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("response.create", types.ResponseCreateParams(body=body, run=run, conversation_key=conversation_key, request_id=request_id), types.ResponseBody, timeout)

    async def get(
        self,
        *,
        response_id: str,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """A response in its present state.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("response.get", types.ResponseIdParams(response_id=response_id), types.ResponseBody, timeout)

    async def follow(
        self,
        *,
        response_id: str,
        starting_after: int = -1,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """The events of a response: those that were, then those that come, to its end.

        Args:
            response_id: The `id` of a response.
            request_id: Repeated in the events of this call.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("response.follow", types.ResponseFollowParams(response_id=response_id, starting_after=starting_after, request_id=request_id), types.ResponseBody, timeout)

    async def cancel(
        self,
        *,
        response_id: str,
        timeout: float | None = None,
    ) -> types.ResponseBody:
        """Stop a response; what was said is kept.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("response.cancel", types.ResponseIdParams(response_id=response_id), types.ResponseBody, timeout)

    async def delete(
        self,
        *,
        response_id: str,
        timeout: float | None = None,
    ) -> types.ResponseDeleted:
        """Remove a response; one that is under way is stopped.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("response.delete", types.ResponseIdParams(response_id=response_id), types.ResponseDeleted, timeout)

    async def items(
        self,
        *,
        response_id: str,
        limit: int = 20,
        order: Literal["asc", "desc"] = "desc",
        after: str | None = None,
        timeout: float | None = None,
    ) -> types.ResponseItems:
        """What a response was an answer to.

        Args:
            response_id: The `id` of a response.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("response.items", types.ResponseItemsParams(response_id=response_id, limit=limit, order=order, after=after), types.ResponseItems, timeout)
