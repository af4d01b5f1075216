"""`usage.*`: the join of the usage rows and what is kept of it."""

from typing import Final

from openclaw_rpc.domain.budgets import Budgets
from openclaw_rpc.domain.clock import parse_time
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.records import UsageQuery, UsageSum
from openclaw_rpc.domain.sessions import reach
from openclaw_rpc.methods.budget import states_for
from openclaw_rpc.protocol import usage
from openclaw_rpc.protocol.usage import UsageQueryParams, UsageReport, UsageRow
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call

BUDGETS: Final = 20
"""How many budgets a report shows; `budget.status` has all."""


class UsageMethods:
    """Adds up what was used."""

    def __init__(self, store: Store, ledger: Ledger, budgets: Budgets) -> None:
        self._store = store
        self._ledger = ledger
        self._budgets = budgets

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(usage.query, self.query),)

    async def query(self, params: UsageQueryParams, call: Call) -> UsageReport:
        """The sums."""
        query = UsageQuery(
            user=reach(call.principal, params.user),
            by=params.by,
            limit=params.limit,
            since=parse_time(params.since, "since") if params.since else None,
            until=parse_time(params.until, "until") if params.until else None,
            session_key=params.session_key,
            agent_id=params.agent_id,
            model=params.model,
        )
        await self._ledger.flush()
        sums, total = await self._store.usage(query)
        left = await states_for(self._budgets, call.principal, params.user) if params.cursor is None else []
        return UsageReport(rows=[_row(item) for item in sums], total=_row(total), budgets=left[:BUDGETS])


def _row(item: UsageSum) -> UsageRow:
    return UsageRow(
        key=item.key,
        requests=item.requests,
        prompt_tokens=item.prompt_tokens,
        completion_tokens=item.completion_tokens,
        total_tokens=item.prompt_tokens + item.completion_tokens,
        avg_latency_ms=round(item.latency_ms / item.requests, 3) if item.requests else 0,
        cost=item.cost,
        cached_tokens=item.cached_tokens,
        reasoning_tokens=item.reasoning_tokens,
    )
