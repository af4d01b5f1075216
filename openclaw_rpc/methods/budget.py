"""`budget.*`: the join of the budgets' rows, `gateway.yaml` and what is used of them."""

from __future__ import annotations

from openclaw_rpc.domain.budgets import Budgets, BudgetSettings
from openclaw_rpc.domain.ports import ConfigFile
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.sessions import reach, require_owner
from openclaw_rpc.protocol import budget
from openclaw_rpc.protocol.base import JsonObject, Paged
from openclaw_rpc.protocol.budget import (
    BudgetInfo,
    BudgetList,
    BudgetSet,
    BudgetSetParams,
    BudgetState,
    BudgetStatus,
    BudgetStatusParams,
)
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class BudgetMethods:
    """Lists and sets budgets, and tells what is left."""

    def __init__(self, budgets: Budgets, file: ConfigFile) -> None:
        self._budgets = budgets
        self._file = file

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return bind(budget.list_, self.list_), bind(budget.set_, self.set_), bind(budget.status, self.status)

    def list_(self, params: Paged, call: Call) -> BudgetList:
        """All that are configured."""
        require_owner(call.principal)
        return BudgetList(budgets=[_info(name, one) for name, one in sorted(self._budgets.settings.items())])

    async def set_(self, params: BudgetSetParams, call: Call) -> BudgetSet:
        """Write it into the configuration, which applies at once."""
        require_owner(call.principal)
        name, known = params.name, self._budgets.settings
        if params.remove:
            if name not in known:
                raise _unknown(name)
            await self._file.update({"budgets": {name: None}}, outside=True)
            return BudgetSet(removed=True)
        if (params.tokens is None) == (params.cost is None):
            raise InvalidRequest("`tokens` or `cost` must be given, one of them", field="tokens", reason="missing")
        wanted: JsonObject = {
            "tokens": params.tokens,
            "cost": params.cost,
            "per": params.per,
            "period": params.period,
            "only": params.only or None,
        }
        await self._file.update({"budgets": {name: wanted}}, outside=True)
        return BudgetSet(budget=_info(name, self._budgets.settings[name]))

    async def status(self, params: BudgetStatusParams, call: Call) -> BudgetStatus:
        """How they stand."""
        reach(call.principal, params.user)
        if params.budget is not None and params.budget not in self._budgets.settings:
            raise _unknown(params.budget)
        found = await states_for(self._budgets, call.principal, params.user)
        wanted = [state for state in found if params.budget in (None, state.budget)]
        return BudgetStatus(budgets=wanted[: params.limit])


async def states_for(budgets: Budgets, principal: Principal, user: str | None = None) -> list[BudgetState]:
    """The budgets that somebody may see, or those of ``user``: an admin of the owner all, others their own."""
    whose = user or principal.user
    everything = principal.is_owner_admin and user is None
    return [
        state
        for state, subject in await budgets.states()
        if everything
        or state.per == "gateway"
        or (state.per == "user" and subject == whose)
        or (state.per == "token" and user is None and subject == principal.name)
    ]


def _info(name: str, settings: BudgetSettings) -> BudgetInfo:
    return BudgetInfo(
        name=name,
        per=settings.per,
        period=settings.period,
        tokens=settings.tokens,
        cost=settings.cost,
        only=settings.only,
    )


def _unknown(name: str) -> NotFound:
    return NotFound(f"there is no budget {name!r}", field="budget", reason="unknown_budget")
