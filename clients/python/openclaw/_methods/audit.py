"""`audit.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Audit:
    """`audit.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def query(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        tool: str | None = None,
        user: str | None = None,
        outcome: Literal["approved", "asked", "begun", "cancelled", "denied", "done", "expired", "failed", "pin_locked", "pin_wrong", "withdrawn"] | None = None,
        limit: int = 100,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.AuditPage:
        """What dangerous tools did, and who allowed it. For the owner's admin tokens.

        Args:
            since: At or after.
            until: Before.
            tool: Only uses of that tool.
            user: Only that user's.
            outcome: Only those that came to that.
            limit: How many items at most.
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("audit.query", types.AuditQueryParams(since=since, until=until, tool=tool, user=user, outcome=outcome, limit=limit, cursor=cursor), types.AuditPage, timeout)

    def verify(
        self,
        *,
        timeout: float | None = None,
    ) -> types.AuditVerdict:
        """Read the whole audit log and check that nothing in it was changed or removed. For the owner's admin tokens.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("audit.verify", types.Empty(), types.AuditVerdict, timeout)


class AsyncAudit:
    """`audit.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def query(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        tool: str | None = None,
        user: str | None = None,
        outcome: Literal["approved", "asked", "begun", "cancelled", "denied", "done", "expired", "failed", "pin_locked", "pin_wrong", "withdrawn"] | None = None,
        limit: int = 100,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.AuditPage:
        """What dangerous tools did, and who allowed it. For the owner's admin tokens.

        Args:
            since: At or after.
            until: Before.
            tool: Only uses of that tool.
            user: Only that user's.
            outcome: Only those that came to that.
            limit: How many items at most.
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("audit.query", types.AuditQueryParams(since=since, until=until, tool=tool, user=user, outcome=outcome, limit=limit, cursor=cursor), types.AuditPage, timeout)

    async def verify(
        self,
        *,
        timeout: float | None = None,
    ) -> types.AuditVerdict:
        """Read the whole audit log and check that nothing in it was changed or removed. For the owner's admin tokens.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("audit.verify", types.Empty(), types.AuditVerdict, timeout)
