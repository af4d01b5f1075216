"""`budget.*`: how much may be spent, by whom, in a day or a month, and what of it is left."""

from typing import Annotated, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Name, Page, Paged, Params, Result, Scope, Topic
from openclaw_rpc.protocol.errors import Conflict, NotFound
from openclaw_rpc.protocol.method import Event, Method

BudgetPer = Literal["gateway", "user", "token", "agent"]
BudgetPeriod = Literal["day", "month"]
BudgetUnit = Literal["tokens", "cost"]
TokenLimit = Annotated[int, Meta(ge=0, le=10**15, description="Tokens that models may read and write.")]
CostLimit = Annotated[
    float, Meta(ge=0, le=1e12, description="Money, in the currency of `prices`; what has no price costs nothing.")
]
Only = Annotated[
    list[Name], Meta(max_length=1000, description="The users, tokens or agents that it is for; else for each of them.")
]
ResetAt = Annotated[int, Meta(description="When the period ends, in s since 1970.")]


class BudgetInfo(Result, frozen=True, kw_only=True):
    """A budget as `gateway.yaml` has it: ``tokens`` or ``cost`` a day or a month (UTC), one for each of ``per``."""

    name: str
    per: BudgetPer
    period: BudgetPeriod
    tokens: int | None = None
    cost: float | None = None
    only: list[str] = []


class BudgetList(Page, frozen=True, kw_only=True):
    """All budgets, by their names."""

    budgets: list[BudgetInfo]


class BudgetSetParams(Params, frozen=True, kw_only=True):
    """A budget, new or in the place of the one of its name: ``tokens`` or ``cost``; or ``remove`` it."""

    name: Name
    tokens: TokenLimit | None = None
    cost: CostLimit | None = None
    per: Annotated[BudgetPer, Meta(description="One budget for all, or one for each of these.")] = "gateway"
    period: Annotated[BudgetPeriod, Meta(description="How long it is for, in UTC.")] = "day"
    only: Only = []
    remove: Annotated[bool, Meta(description="Take it away.")] = False


class BudgetSet(Result, frozen=True, kw_only=True):
    """The budget that is in force now; ``removed`` once no budget has that name."""

    budget: BudgetInfo | None = None
    removed: bool = False


class BudgetStatusParams(Paged, frozen=True, kw_only=True):
    """Which of them. The owner's admin tokens see all, others only those that count their own use."""

    budget: Annotated[Name, Meta(description="The budget of that name.")] | None = None
    user: Annotated[Name, Meta(description="Another user's; only for the owner's admin tokens.")] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="How many at most.")] = 100


class BudgetState(Result, frozen=True, kw_only=True):
    """How a budget stands for one user, token or agent (``subject``), or for the gateway.

    ``used`` was used in this period; ``held`` is kept for requests under way, by an estimate.
    """

    budget: str
    per: BudgetPer
    period: BudgetPeriod
    unit: BudgetUnit
    limit: float
    used: float
    held: float
    left: float
    reset_at: ResetAt
    subject: str | None = None


class BudgetStatus(Page, frozen=True, kw_only=True):
    """Budgets as they stand, those with the least left first."""

    budgets: list[BudgetState]


class BudgetExceededEvent(Result, frozen=True, kw_only=True):
    """A request was refused since a budget has too little left: told once a period for each subject."""

    budget: str
    per: BudgetPer
    period: BudgetPeriod
    unit: BudgetUnit
    limit: float
    used: float
    reset_at: ResetAt
    subject: str | None = None


budget_exceeded = Event(
    "budget.exceeded", BudgetExceededEvent, "A budget has too little left for a request.", topic=Topic.GATEWAY
)

list_ = Method(
    name="budget.list",
    params=Paged,
    result=BudgetList,
    pages="budgets",
    doc="The budgets that are configured.",
    scope=Scope.ADMIN,
    safe=True,
)
set_ = Method(
    name="budget.set",
    params=BudgetSetParams,
    result=BudgetSet,
    doc="Set or remove a budget: it is written into `gateway.yaml` and holds for the next request to a model.",
    scope=Scope.ADMIN,
    emits=(budget_exceeded,),
    errors=(Conflict, NotFound),
)
status = Method(
    name="budget.status",
    params=BudgetStatusParams,
    result=BudgetStatus,
    pages="budgets",
    doc="What is used and what is left of the budgets, those with the least left first.",
    scope=Scope.READ,
    errors=(NotFound,),
)

METHODS = (list_, set_, status)
