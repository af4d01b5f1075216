"""`usage.*`: what was used, and what it cost."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Name, Page, Paged, Result, Scope, Timestamp
from openclaw_rpc.protocol.budget import BudgetState
from openclaw_rpc.protocol.method import Method

UsageBy = Literal["day", "session", "agent", "user", "token", "provider", "model"]


class UsageQueryParams(Paged, frozen=True, kw_only=True):
    """What to add up, by what, and from when to when."""

    by: Annotated[UsageBy, Meta(description="What each row is for.")] = "day"
    since: Timestamp | None = None
    until: Timestamp | None = None
    session_key: Annotated[Name, Meta(description="Only that session's.")] | None = None
    agent_id: Annotated[Name, Meta(description="Only that agent's.")] | None = None
    model: Annotated[Name, Meta(description="Only that model's.")] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="How many rows at most.")] = 100
    user: Annotated[Name, Meta(description="Another user's; only for the owner's admin tokens.")] | None = None


class UsageRow(Result, frozen=True, kw_only=True):
    """Sums over one day, session, agent, user, token, provider or model. ``cost`` only where prices are configured.

    ``cachedTokens`` are part of the prompts', ``reasoningTokens`` of the completions'.
    """

    key: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    avg_latency_ms: float
    cost: float | None = None
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class UsageReport(Page, frozen=True, kw_only=True):
    """The rows, their sum, and what is left of the budgets, those with the least left first (`budget.status`)."""

    rows: list[UsageRow]
    total: UsageRow
    budgets: list[BudgetState] = []


query = Method(
    name="usage.query",
    params=UsageQueryParams,
    result=UsageReport,
    pages="rows",
    doc="Tokens, cost and latency, added up per day, session, agent, user, token, provider or model.",
    scope=Scope.READ,
)

METHODS = (query,)
