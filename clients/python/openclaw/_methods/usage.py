"""`usage.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Usage:
    """`usage.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def query(
        self,
        *,
        cursor: str | None = None,
        by: Literal["agent", "day", "model", "provider", "session", "token", "user"] = "day",
        since: str | None = None,
        until: str | None = None,
        session_key: str | None = None,
        agent_id: str | None = None,
        model: str | None = None,
        limit: int = 100,
        user: str | None = None,
        timeout: float | None = None,
    ) -> types.UsageReport:
        """Tokens, cost and latency, added up per day, session, agent, user, token, provider or model.

        Args:
            cursor: The last page's `nextCursor`.
            by: What each row is for.
            since: A date or a time, ISO 8601; UTC where no zone is given.
            until: A date or a time, ISO 8601; UTC where no zone is given.
            session_key: Only that session's.
            agent_id: Only that agent's.
            model: Only that model's.
            limit: How many rows at most.
            user: Another user's; only for the owner's admin tokens.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("usage.query", types.UsageQueryParams(cursor=cursor, by=by, since=since, until=until, session_key=session_key, agent_id=agent_id, model=model, limit=limit, user=user), types.UsageReport, timeout)


class AsyncUsage:
    """`usage.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def query(
        self,
        *,
        cursor: str | None = None,
        by: Literal["agent", "day", "model", "provider", "session", "token", "user"] = "day",
        since: str | None = None,
        until: str | None = None,
        session_key: str | None = None,
        agent_id: str | None = None,
        model: str | None = None,
        limit: int = 100,
        user: str | None = None,
        timeout: float | None = None,
    ) -> types.UsageReport:
        """Tokens, cost and latency, added up per day, session, agent, user, token, provider or model.

        Args:
            cursor: The last page's `nextCursor`.
            by: What each row is for.
            since: A date or a time, ISO 8601; UTC where no zone is given.
            until: A date or a time, ISO 8601; UTC where no zone is given.
            session_key: Only that session's.
            agent_id: Only that agent's.
            model: Only that model's.
            limit: How many rows at most.
            user: Another user's; only for the owner's admin tokens.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("usage.query", types.UsageQueryParams(cursor=cursor, by=by, since=since, until=until, session_key=session_key, agent_id=agent_id, model=model, limit=limit, user=user), types.UsageReport, timeout)
