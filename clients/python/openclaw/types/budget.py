"""What `budget.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class BudgetInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A budget as `gateway.yaml` has it: `tokens` or `cost` a day or a month (UTC), one for each of `per`."""

    name: str
    per: Literal["agent", "gateway", "token", "user"]
    period: Literal["day", "month"]
    tokens: int | None = None
    cost: float | None = None
    only: list[str] = []


class BudgetList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All budgets, by their names."""

    next_cursor: str | None = None
    budgets: list[BudgetInfo]


class BudgetSetParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A budget, new or in the place of the one of its name: `tokens` or `cost`; or `remove` it."""

    name: str
    tokens: int | None = None
    """Tokens that models may read and write."""
    cost: float | None = None
    """Money, in the currency of `prices`; what has no price costs nothing."""
    per: Literal["agent", "gateway", "token", "user"] = "gateway"
    """One budget for all, or one for each of these."""
    period: Literal["day", "month"] = "day"
    """How long it is for, in UTC."""
    only: list[str] | UnsetType = UNSET
    """The users, tokens or agents that it is for; else for each of them."""
    remove: bool = False
    """Take it away."""


class BudgetSet(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The budget that is in force now; `removed` once no budget has that name."""

    budget: BudgetInfo | None = None
    removed: bool = False


class BudgetStatusParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which of them. The owner's admin tokens see all, others only those that count their own use."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    budget: str | None = None
    """The budget of that name."""
    user: str | None = None
    """Another user's; only for the owner's admin tokens."""
    limit: int = 100
    """How many at most."""


class BudgetState(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How a budget stands for one user, token or agent (`subject`), or for the gateway.

    `used` was used in this period; `held` is kept for requests under way, by an estimate.
    """

    budget: str
    per: Literal["agent", "gateway", "token", "user"]
    period: Literal["day", "month"]
    unit: Literal["cost", "tokens"]
    limit: float
    used: float
    held: float
    left: float
    reset_at: int
    """When the period ends, in s since 1970."""
    subject: str | None = None


class BudgetStatus(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Budgets as they stand, those with the least left first."""

    next_cursor: str | None = None
    budgets: list[BudgetState]


class BudgetExceededEvent(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A request was refused since a budget has too little left: told once a period for each subject."""

    budget: str
    per: Literal["agent", "gateway", "token", "user"]
    period: Literal["day", "month"]
    unit: Literal["cost", "tokens"]
    limit: float
    used: float
    reset_at: int
    """When the period ends, in s since 1970."""
    subject: str | None = None
