"""`agent.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Agent:
    """`agent.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.AgentList:
        """The agents that `chat.run` can be addressed to.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("agent.list", types.Paged(cursor=cursor), types.AgentList, timeout)

    def run(
        self,
        *,
        message: str,
        session_key: str | None = None,
        agent_id: str | None = None,
        options: types.RunOptions | dict[str, Any] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> AgentAnswer:
        """Ask an agent and wait for its answer.

        Raises:
            RunError: the run failed, was aborted, or was interrupted.
        """
        params = types.ChatRunParams(message=message, session_key=session_key, agent_id=agent_id, options=options)
        return self._client.answer(params, timeout)


class AsyncAgent:
    """`agent.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.AgentList:
        """The agents that `chat.run` can be addressed to.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("agent.list", types.Paged(cursor=cursor), types.AgentList, timeout)

    async def run(
        self,
        *,
        message: str,
        session_key: str | None = None,
        agent_id: str | None = None,
        options: types.RunOptions | dict[str, Any] | UnsetType = UNSET,
        timeout: float | None = None,
    ) -> AgentAnswer:
        """Ask an agent and wait for its answer.

        Raises:
            RunError: the run failed, was aborted, or was interrupted.
        """
        params = types.ChatRunParams(message=message, session_key=session_key, agent_id=agent_id, options=options)
        return await self._client.answer(params, timeout)
