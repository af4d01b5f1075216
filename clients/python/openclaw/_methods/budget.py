"""`budget.*`. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from typing import Any, Dict, List, Literal

from msgspec import UNSET, UnsetType

from openclaw import types
from openclaw._async import AsyncCaller, AsyncRun
from openclaw._sync import Caller, Run
from openclaw._verbs import AgentAnswer


class Budget:
    """`budget.*`, each waited for."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.BudgetList:
        """The budgets that are configured.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return self._client.request("budget.list", types.Paged(cursor=cursor), types.BudgetList, timeout)

    def set(
        self,
        *,
        name: str,
        tokens: int | None = None,
        cost: float | None = None,
        per: Literal["agent", "gateway", "token", "user"] = "gateway",
        period: Literal["day", "month"] = "day",
        only: List[str] | UnsetType = UNSET,
        remove: bool = False,
        timeout: float | None = None,
    ) -> types.BudgetSet:
        """Set or remove a budget: it is written into `gateway.yaml` and holds for the next request to a model.

        Args:
            tokens: Tokens that models may read and write.
            cost: Money, in the currency of `prices`; what has no price costs nothing.
            per: One budget for all, or one for each of these.
            period: How long it is for, in UTC.
            only: The users, tokens or agents that it is for; else for each of them.
            remove: Take it away.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return self._client.request("budget.set", types.BudgetSetParams(name=name, tokens=tokens, cost=cost, per=per, period=period, only=only, remove=remove), types.BudgetSet, timeout)

    def status(
        self,
        *,
        cursor: str | None = None,
        budget: str | None = None,
        user: str | None = None,
        limit: int = 100,
        timeout: float | None = None,
    ) -> types.BudgetStatus:
        """What is used and what is left of the budgets, those with the least left first.

        Args:
            cursor: The last page's `nextCursor`.
            budget: The budget of that name.
            user: Another user's; only for the owner's admin tokens.
            limit: How many at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return self._client.request("budget.status", types.BudgetStatusParams(cursor=cursor, budget=budget, user=user, limit=limit), types.BudgetStatus, timeout)


class AsyncBudget:
    """`budget.*`, to be awaited."""

    def __init__(self, client: AsyncCaller) -> None:
        self._client = client

    async def list(
        self,
        *,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> types.BudgetList:
        """The budgets that are configured.

        Args:
            cursor: The last page's `nextCursor`.

        Raises:
            APIError: forbidden, internal_error, invalid_request, rate_limited, service_unavailable, unauthorized.
        """
        return await self._client.request("budget.list", types.Paged(cursor=cursor), types.BudgetList, timeout)

    async def set(
        self,
        *,
        name: str,
        tokens: int | None = None,
        cost: float | None = None,
        per: Literal["agent", "gateway", "token", "user"] = "gateway",
        period: Literal["day", "month"] = "day",
        only: List[str] | UnsetType = UNSET,
        remove: bool = False,
        timeout: float | None = None,
    ) -> types.BudgetSet:
        """Set or remove a budget: it is written into `gateway.yaml` and holds for the next request to a model.

        Args:
            tokens: Tokens that models may read and write.
            cost: Money, in the currency of `prices`; what has no price costs nothing.
            per: One budget for all, or one for each of these.
            period: How long it is for, in UTC.
            only: The users, tokens or agents that it is for; else for each of them.
            remove: Take it away.

        Raises:
            APIError: conflict, forbidden, internal_error, invalid_request, not_found, rate_limited,
            service_unavailable, unauthorized.
        """
        return await self._client.request("budget.set", types.BudgetSetParams(name=name, tokens=tokens, cost=cost, per=per, period=period, only=only, remove=remove), types.BudgetSet, timeout)

    async def status(
        self,
        *,
        cursor: str | None = None,
        budget: str | None = None,
        user: str | None = None,
        limit: int = 100,
        timeout: float | None = None,
    ) -> types.BudgetStatus:
        """What is used and what is left of the budgets, those with the least left first.

        Args:
            cursor: The last page's `nextCursor`.
            budget: The budget of that name.
            user: Another user's; only for the owner's admin tokens.
            limit: How many at most.

        Raises:
            APIError: forbidden, internal_error, invalid_request, not_found, rate_limited, service_unavailable,
            unauthorized.
        """
        return await self._client.request("budget.status", types.BudgetStatusParams(cursor=cursor, budget=budget, user=user, limit=limit), types.BudgetStatus, timeout)
