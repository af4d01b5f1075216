"""What `usage.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field
from openclaw.types.budget import BudgetState


class UsageQueryParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to add up, by what, and from when to when."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    by: Literal["agent", "day", "model", "provider", "session", "token", "user"] = "day"
    """What each row is for."""
    since: str | None = None
    """A date or a time, ISO 8601; UTC where no zone is given."""
    until: str | None = None
    """A date or a time, ISO 8601; UTC where no zone is given."""
    session_key: str | None = None
    """Only that session's."""
    agent_id: str | None = None
    """Only that agent's."""
    model: str | None = None
    """Only that model's."""
    limit: int = 100
    """How many rows at most."""
    user: str | None = None
    """Another user's; only for the owner's admin tokens."""


class UsageRow(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Sums over one day, session, agent, user, token, provider or model. `cost` only where prices are configured.

    `cachedTokens` are part of the prompts', `reasoningTokens` of the completions'.
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


class UsageReport(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The rows, their sum, and what is left of the budgets, those with the least left first (`budget.status`)."""

    next_cursor: str | None = None
    rows: list[UsageRow]
    total: UsageRow
    budgets: list[BudgetState] = []
