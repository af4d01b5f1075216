"""Budgets: how much may be spent, by whom, in a day or a month (UTC).

Before a model is asked an estimate is held; when it has answered, what it used is counted in its place. What was used
before this process began stands in the ledger and is read once; what is used since is counted here as well, so that
no request waits for the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple

import anyio
import msgspec
from msgspec import Meta

from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.protocol.budget import (
    BudgetExceededEvent,
    BudgetPer,
    BudgetPeriod,
    BudgetState,
    BudgetUnit,
    CostLimit,
    Only,
    TokenLimit,
)
from openclaw_rpc.protocol.errors import BudgetExceeded

_DAY: Final = 86_400


class BudgetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of ``budgets`` in `gateway.yaml`: what may be spent in a period, by everybody or by each of some."""

    tokens: TokenLimit | None = None
    cost: CostLimit | None = None
    per: Annotated[
        BudgetPer, Meta(description="Who has it: the gateway as a whole, or each user, token or agent for itself.")
    ] = "gateway"
    period: Annotated[BudgetPeriod, Meta(description="How long it is for, in UTC.")] = "day"
    only: Only = []

    def __post_init__(self) -> None:
        if (self.tokens is None) == (self.cost is None):
            raise ValueError("`tokens` or `cost` must be given, one of them")
        if self.only and self.per == "gateway":
            raise ValueError("`only` needs `per`: user, token or agent")

    @property
    def unit(self) -> BudgetUnit:
        """What it counts."""
        return "cost" if self.tokens is None else "tokens"

    @property
    def limit(self) -> float:
        """How much of that."""
        return (self.cost or 0.0) if self.tokens is None else self.tokens

    def subject(self, who: Who) -> str | None:
        """Whose budget a request counts towards: '' the gateway's; None where it does not count."""
        if self.per == "gateway":
            return ""
        name: str = getattr(who, self.per)
        return name if name and (not self.only or name in self.only) else None


class Who(NamedTuple):
    """Who asks a model. ``token`` is the token's name, ``agent`` '' where the model is asked directly."""

    user: str
    token: str
    agent: str


Used = tuple[Who, int, float]
"""By whom, how many tokens, and what they cost."""


class _Sum:
    """Tokens and money."""

    __slots__ = ("cost", "tokens")

    def __init__(self) -> None:
        self.tokens = 0
        self.cost = 0.0


class _Account:
    """A budget of one subject, in the period that is now."""

    __slots__ = ("budget", "held", "limit", "name", "subject", "unit", "used")

    def __init__(self, name: str, budget: BudgetSettings, subject: str, used: float) -> None:
        self.name = name
        self.budget = budget
        self.subject = subject
        self.unit: BudgetUnit = budget.unit
        self.limit = budget.limit
        self.used = used
        self.held: float = 0


class Hold:
    """What is kept for a request under way, by an estimate."""

    __slots__ = ("accounts", "cost", "tokens", "who")

    def __init__(self, who: Who, tokens: int, cost: float) -> None:
        self.who = who
        self.tokens = tokens
        self.cost = cost
        self.accounts: list[_Account] = []

    def place(self, accounts: list[_Account]) -> None:
        """Have these accounts hold it."""
        self.accounts = accounts
        for account in accounts:
            account.held += self.cost if account.unit == "cost" else self.tokens

    def lift(self) -> None:
        """Have them hold it no longer."""
        for account in self.accounts:
            account.held -= self.cost if account.unit == "cost" else self.tokens


class Budgets:
    """The budgets, what is used of them, and what is held. ``tell`` is given each one that is exceeded, once a period,
    with the user whose request was refused.
    """

    def __init__(
        self,
        settings: Mapping[str, BudgetSettings],
        store: Store,
        clock: Clock,
        tell: Callable[[BudgetExceededEvent, str], None],
    ) -> None:
        self._settings = dict(settings)
        self._store = store
        self._tell = tell
        self._clock = clock
        self._began = clock.now()
        self._read = False
        self._reading = anyio.Lock()
        self._day = -1
        self._month: str = ""
        self._sums: dict[BudgetPeriod, dict[Who, _Sum]] = {"day": {}, "month": {}}
        self._accounts: dict[tuple[str, str], _Account] = {}
        self._holds: set[Hold] = set()
        self.changed: Callable[[Used | None], None] | None = None
        """Hears what was spent here, and that what is held is another, where there are other processes."""
        self._theirs: dict[str, list[Hold]] = {}
        """What other processes hold."""
        self._told: dict[tuple[str, str], int] = {}
        """Which were told to be exceeded, and until when that holds."""
        self._turn_over()

    @property
    def active(self) -> bool:
        """Whether there is any."""
        return bool(self._settings)

    @property
    def settings(self) -> Mapping[str, BudgetSettings]:
        """The budgets by their names. Others hold for the next request; what is used and held stays."""
        return self._settings

    @settings.setter
    def settings(self, settings: Mapping[str, BudgetSettings]) -> None:
        if settings != self._settings:
            self._settings = dict(settings)
            self._reopen()

    async def check(self, who: Who, *, priced: bool) -> None:
        """Refuse what can't be afforded whatever it takes. ``priced``: the model has a price.

        Raises:
            BudgetExceeded: a budget is used up. Unavailable: the ledger can't be read.
        """
        for account in await self._of(who):
            if account.used >= account.limit and (priced or account.unit == "tokens"):
                raise self._refusal(account, who, 0)

    async def hold(self, who: Who, tokens: int, cost: float) -> Hold:
        """Keep so much for a request; to be given back with `settle`.

        Raises:
            BudgetExceeded: a budget has less left. Unavailable: the ledger can't be read.
        """
        accounts = await self._of(who)
        for account in accounts:
            needed = cost if account.unit == "cost" else tokens
            if needed > 0 and account.used + account.held + needed > account.limit:
                raise self._refusal(account, who, needed)
        hold = Hold(who, tokens, cost)
        hold.place(accounts)
        self._holds.add(hold)
        if self.changed is not None:
            self.changed(None)
        return hold

    def settle(self, hold: Hold | None, who: Who, tokens: int, cost: float) -> None:
        """A request has ended: count what it used in the place of what was held for it."""
        if hold is not None:
            self._lift(hold)
        self.charge(who, tokens, cost)
        if self.changed is not None:
            self.changed((who, tokens, cost))

    def charge(self, who: Who, tokens: int, cost: float) -> None:
        """Count what was used, here or in another process."""
        self._turn_over()
        accounts = self._named(who)
        for sums in self._sums.values():
            found = sums.get(who)
            if found is None:
                found = sums[who] = _Sum()
            found.tokens += tokens
            found.cost += cost
        for account in accounts:
            account.used += cost if account.unit == "cost" else tokens

    @property
    def held(self) -> list[Used]:
        """What is held here: a sum for each who asked."""
        sums: dict[Who, _Sum] = {}
        for hold in self._holds:
            found = sums.setdefault(hold.who, _Sum())
            found.tokens += hold.tokens
            found.cost += hold.cost
        return [(who, found.tokens, found.cost) for who, found in sums.items()]

    def hold_theirs(self, process: str, held: Sequence[Used]) -> None:
        """All that another process holds."""
        for hold in self._theirs.pop(process, ()):
            hold.lift()
        if held:
            self._theirs[process] = [Hold(who, tokens, cost) for who, tokens, cost in held]
            for hold in self._theirs[process]:
                hold.place(self._named(hold.who))

    def read_again(self) -> None:
        """Others spent what nobody told: the ledger says it, at the next request."""
        self._began, self._read = self._clock.now(), False
        for sums in self._sums.values():
            sums.clear()
        self._reopen()

    def release(self, hold: Hold) -> None:
        """A request used nothing."""
        if self._lift(hold) and self.changed is not None:
            self.changed(None)

    def _lift(self, hold: Hold) -> bool:
        """Hold it no longer, once."""
        if hold not in self._holds:
            return False
        self._holds.discard(hold)
        hold.lift()
        return True

    async def states(self) -> list[tuple[BudgetState, str]]:
        """How all stand of which anything is known, each with its subject ('' the gateway), the least left first."""
        if self._settings:
            await self._ready()
            self._turn_over()
        for name, budget in self._settings.items():
            for subject in self._subjects(budget):
                self._account(name, budget, subject)
        states = [(self._state(account), account.subject) for account in self._accounts.values()]
        return sorted(states, key=lambda pair: (_share(pair[0]), pair[0].budget, pair[1]))

    def _subjects(self, budget: BudgetSettings) -> Iterator[str]:
        """Whom a budget is known to be of."""
        if budget.per == "gateway":
            yield ""
            return
        yield from budget.only
        for who in list(self._sums["month"]):
            if (subject := budget.subject(who)) is not None:
                yield subject

    async def _of(self, who: Who) -> list[_Account]:
        """The accounts that a request counts towards."""
        if not self._read and self._settings:
            await self._ready()
        self._turn_over()
        return self._named(who)

    def _named(self, who: Who) -> list[_Account]:
        return [
            self._account(name, budget, subject)
            for name, budget in self._settings.items()
            if (subject := budget.subject(who)) is not None
        ]

    def _account(self, name: str, budget: BudgetSettings, subject: str) -> _Account:
        account = self._accounts.get((name, subject))
        if account is None:
            sums = [found for who, found in self._sums[budget.period].items() if budget.subject(who) == subject]
            used = sum(found.cost if budget.unit == "cost" else found.tokens for found in sums)
            account = self._accounts[name, subject] = _Account(name, budget, subject, used)
        return account

    async def _ready(self) -> None:
        """Read once what was used before this process began."""
        async with self._reading:
            while not self._read:
                began = self._began
                spent = [
                    (self._sums[period], await self._store.spent(since, iso(began)))
                    for period, since in _beginnings(self._clock.now()).items()
                ]
                if began != self._began:
                    continue  # it is to be read again
                for known, rows in spent:
                    for found in rows:
                        sums = known.setdefault(Who(found.user, found.token, found.agent_id), _Sum())
                        sums.tokens += found.tokens
                        sums.cost += found.cost
                self._read = True
                self._reopen()

    def _turn_over(self) -> None:
        """With a new day, and a new month, nothing is used yet."""
        day = int(self._clock.now() // _DAY)
        if day == self._day:
            return
        month = iso(day * _DAY)[:7]
        self._sums["day"].clear()
        if month != self._month:
            self._sums["month"].clear()
        self._day, self._month = day, month
        self._reopen()

    def _reopen(self) -> None:
        """Open the accounts anew: by the budgets, and what was used, as they are now."""
        self._accounts.clear()
        for hold in (*self._holds, *(hold for theirs in self._theirs.values() for hold in theirs)):
            hold.place(self._named(hold.who))

    def _refusal(self, account: _Account, who: Who, needed: float) -> BudgetExceeded:
        state = self._state(account)
        self._exceeded(account, state, who)
        unit = " tokens" if account.unit == "tokens" else ""
        used = f"{_amount(state.used)} of {_amount(state.limit)}{unit} a {state.period} are used"
        if needed and state.used < state.limit:
            held = f", {_amount(state.held)} are held for requests under way" if state.held else ""
            said = f"has too little left: {used}{held}, and this takes about {_amount(needed)}"
        else:
            said = f"is used up: {used}"
        again = iso(state.reset_at)[:16].replace("T", " ")
        return BudgetExceeded(
            f"the budget {account.name!r} {said}; it begins anew at {again} UTC",
            budget=account.name,
            limit=state.limit,
            used=state.used,
            resetAt=state.reset_at,
        )

    def _exceeded(self, account: _Account, state: BudgetState, who: Who) -> None:
        """Tell that a budget was exceeded, once a period."""
        key = account.name, account.subject
        if self._told.get(key) == state.reset_at:
            return
        now = self._clock.now()
        self._told = {told: until for told, until in self._told.items() if until > now} | {key: state.reset_at}
        told = {name: getattr(state, name) for name in BudgetExceededEvent.__struct_fields__}
        self._tell(BudgetExceededEvent(**told), who.user)

    def _state(self, account: _Account) -> BudgetState:
        budget = account.budget
        used, held = _rounded(account.used), _rounded(max(0, account.held))
        return BudgetState(
            budget=account.name,
            per=budget.per,
            period=budget.period,
            unit=account.unit,
            limit=account.limit,
            used=used,
            held=held,
            left=max(0, _rounded(account.limit - used - held)),
            reset_at=_end(budget.period, self._clock.now()),
            subject=account.subject or None,
        )


def _beginnings(now: float) -> dict[BudgetPeriod, str]:
    """When the day and the month began."""
    today = iso(now)[:10]
    return {"day": f"{today}T00:00:00.000Z", "month": f"{today[:7]}-01T00:00:00.000Z"}


def _end(period: BudgetPeriod, now: float) -> int:
    """When a period ends, in s since 1970."""
    if period == "day":
        return (int(now // _DAY) + 1) * _DAY
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int((first + timedelta(days=32)).replace(day=1).timestamp())


def _share(state: BudgetState) -> float:
    return state.left / state.limit if state.limit else 0.0


def _rounded(value: float) -> float:
    """Without the noise that adding fractions makes."""
    return value if isinstance(value, int) else round(value, 9)


def _amount(value: float) -> str:
    return f"{value:,.6g}" if value < 1_000_000 and value != int(value) else f"{value:,.0f}"
