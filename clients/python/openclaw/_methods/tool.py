"""`tool.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Tool:
    """`tool.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        agent_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ToolList:
        """The tools of an agent, and what each needs before it is used.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("tool.list", types.ToolListParams(cursor=cursor, agent_id=agent_id), types.ToolList, timeout)

    def invoke(
        self,
        *,
        name: str,
        params: Dict[str, Any] | UnsetType = UNSET,
        session_key: str | None = None,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.ToolInvoked:
        """Use a tool directly. Policies and the PIN hold as for agents; the caller's own call counts as its approval.

        Args:
            params: The tool's arguments, as its JSON Schema says.
            session_key: The client's name of a session.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return self._client.request("tool.invoke", types.ToolInvokeParams(name=name, params=params, session_key=session_key, pin=pin), types.ToolInvoked, timeout)

    def pending(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.ApprovalList:
        """The calls that wait for a human.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("tool.pending", types.Paged(cursor=cursor), types.ApprovalList, timeout)

    def approve(
        self,
        *,
        approval_id: str,
        pin: str | None = None,
        content: Dict[str, Any] | None = None,
        timeout: float | None = None,
    ) -> types.ToolApproved:
        """Let a call that waits go on, once. Five wrong PINs lock the caller out for a while.

        Args:
            approval_id: The id that `tool.approval` named.
            pin: The PIN that was set with `openclaw pin set`.
            content: The answer to a question of an MCP server, as `asks` wants it.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("tool.approve", types.ToolApproveParams(approval_id=approval_id, pin=pin, content=content), types.ToolApproved, timeout)

    def deny(
        self,
        *,
        approval_id: str,
        reason: str | None = None,
        timeout: float | None = None,
    ) -> types.ToolDenied:
        """Refuse a call that waits; the agent is told so.

        Args:
            approval_id: The id that `tool.approval` named.
            reason: What the agent is told.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("tool.deny", types.ToolDenyParams(approval_id=approval_id, reason=reason), types.ToolDenied, timeout)


class AsyncTool:
    """`tool.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        agent_id: str | None = None,
        timeout: float | None = None,
    ) -> types.ToolList:
        """The tools of an agent, and what each needs before it is used.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("tool.list", types.ToolListParams(cursor=cursor, agent_id=agent_id), types.ToolList, timeout)

    async def invoke(
        self,
        *,
        name: str,
        params: Dict[str, Any] | UnsetType = UNSET,
        session_key: str | None = None,
        pin: str | None = None,
        timeout: float | None = None,
    ) -> types.ToolInvoked:
        """Use a tool directly. Policies and the PIN hold as for agents; the caller's own call counts as its approval.

        Args:
            params: The tool's arguments, as its JSON Schema says.
            session_key: The client's name of a session.
            pin: The PIN that was set with `openclaw pin set`.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, timeout, unauthorized.
        """
        return await self._client.request("tool.invoke", types.ToolInvokeParams(name=name, params=params, session_key=session_key, pin=pin), types.ToolInvoked, timeout)

    async def pending(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.ApprovalList:
        """The calls that wait for a human.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("tool.pending", types.Paged(cursor=cursor), types.ApprovalList, timeout)

    async def approve(
        self,
        *,
        approval_id: str,
        pin: str | None = None,
        content: Dict[str, Any] | None = None,
        timeout: float | None = None,
    ) -> types.ToolApproved:
        """Let a call that waits go on, once. Five wrong PINs lock the caller out for a while.

        Args:
            approval_id: The id that `tool.approval` named.
            pin: The PIN that was set with `openclaw pin set`.
            content: The answer to a question of an MCP server, as `asks` wants it.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("tool.approve", types.ToolApproveParams(approval_id=approval_id, pin=pin, content=content), types.ToolApproved, timeout)

    async def deny(
        self,
        *,
        approval_id: str,
        reason: str | None = None,
        timeout: float | None = None,
    ) -> types.ToolDenied:
        """Refuse a call that waits; the agent is told so.

        Args:
            approval_id: The id that `tool.approval` named.
            reason: What the agent is told.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("tool.deny", types.ToolDenyParams(approval_id=approval_id, reason=reason), types.ToolDenied, timeout)
