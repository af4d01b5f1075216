"""Budgets: what is held, what is counted, and when there is nothing left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from openclaw_rpc.domain.budgets import Budgets, BudgetSettings, Who
from openclaw_rpc.domain.clock import iso
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.protocol.budget import BudgetExceededEvent, BudgetState
from openclaw_rpc.protocol.errors import BudgetExceeded
from tests.support.clock import ManualClock
from tests.support.store import used
from tests.support.volatile.store import VolatileStore

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
ADA = Who("ada", "phone", "main")
BOB = Who("bob", "laptop", "")


class World:
    """Budgets, and what is around them."""

    def __init__(self, **budgets: BudgetSettings) -> None:
        self.clock = ManualClock(NOON)
        self.store = VolatileStore()
        self.told: list[tuple[str, str | None, float]] = []
        self.begin(budgets)

    def begin(self, budgets: Mapping[str, BudgetSettings]) -> None:
        """As at a start."""
        self.budgets = Budgets(budgets, self.store, self.clock, self.hear)

    def hear(self, data: BudgetExceededEvent, user: str) -> None:
        self.told.append((user, data.subject, data.used))

    async def spend(self, who: Who, tokens: int, cost: float = 0.0, *, held: int = 1) -> None:
        hold = await self.budgets.hold(who, held, cost)
        self.budgets.settle(hold, who, tokens, cost)

    async def refused(self, who: Who, tokens: int = 1, cost: float = 0.0) -> BudgetExceeded:
        with pytest.raises(BudgetExceeded) as found:
            await self.budgets.hold(who, tokens, cost)
        return found.value

    async def state(self, budget: str, subject: str = "") -> BudgetState:
        return next(state for state, whose in await self.budgets.states() if (state.budget, whose) == (budget, subject))


def tokens(limit: int, **more: object) -> BudgetSettings:
    return BudgetSettings(tokens=limit, **more)  # pyright: ignore[reportArgumentType]


async def test_what_is_held_can_not_be_spent_by_others_and_what_was_used_takes_its_place() -> None:
    world = World(all=tokens(100))
    first = await world.budgets.hold(ADA, 60, 0.0)
    await world.budgets.hold(BOB, 40, 0.0)
    error = await world.refused(BOB)
    assert (error.details["used"], (await world.state("all")).held) == (0, 100)
    assert "100 are held for requests under way, and this takes about 1" in error.message
    world.budgets.settle(first, ADA, 10, 0.0)
    await world.budgets.hold(BOB, 50, 0.0)
    state = await world.state("all")
    assert (state.used, state.held, state.left) == (10, 90, 0)


async def test_a_request_that_used_nothing_holds_nothing_any_more() -> None:
    world = World(all=tokens(100))
    hold = await world.budgets.hold(ADA, 100, 0.0)
    world.budgets.release(hold)
    world.budgets.release(hold)
    assert (await world.state("all")).held == 0
    await world.budgets.hold(ADA, 100, 0.0)


@pytest.mark.parametrize(("per", "subject"), [("user", "ada"), ("token", "phone"), ("agent", "main")])
async def test_a_budget_per_user_token_or_agent_is_each_ones_own(per: str, subject: str) -> None:
    world = World(own=tokens(10, per=per))
    await world.spend(ADA, 10)
    assert (await world.refused(ADA)).details["used"] == 10
    await world.spend(Who("eve", "tablet", "other"), 10)
    assert (await world.state("own", subject)).left == 0


async def test_a_budget_of_agents_does_not_count_what_models_are_asked_directly() -> None:
    world = World(agents=tokens(1, per="agent"))
    await world.spend(BOB, 1000)
    await world.spend(BOB, 1000)


async def test_a_budget_for_some_counts_theirs_alone() -> None:
    world = World(guests=tokens(10, per="user", only=["bob"]))
    await world.spend(ADA, 1000)
    await world.spend(BOB, 10)
    await world.refused(BOB)
    await world.spend(ADA, 1000)
    assert [subject for _, subject in await world.budgets.states()] == ["bob"]


async def test_a_refusal_says_which_budget_and_until_when() -> None:
    world = World(daily=tokens(1000))
    await world.spend(ADA, 1012)
    error = await world.refused(ADA)
    assert error.details == {
        "budget": "daily",
        "limit": 1000,
        "used": 1012,
        "resetAt": int(datetime(2026, 4, 1, tzinfo=UTC).timestamp()),
    }
    assert error.message == (
        "the budget 'daily' is used up: 1,012 of 1,000 tokens a day are used; it begins anew at 2026-04-01 00:00 UTC"
    )
    assert (error.code, error.rpc, error.status, error.retryable) == ("budget_exceeded", -32030, 402, False)


async def test_money_is_counted_where_there_is_a_price() -> None:
    world = World(euros=BudgetSettings(cost=1.0))
    await world.spend(ADA, 100, 0.75)
    error = await world.refused(ADA, 100, 0.5)
    assert "0.75 of 1 a day are used, and this takes about 0.5" in error.message
    await world.spend(ADA, 100, 0.25)
    await world.spend(ADA, 10_000, 0.0)
    with pytest.raises(BudgetExceeded):
        await world.budgets.check(ADA, priced=True)
    await world.budgets.check(ADA, priced=False)


async def test_a_limit_of_zero_allows_nothing() -> None:
    world = World(none=tokens(0))
    await world.refused(ADA)
    with pytest.raises(BudgetExceeded):
        await world.budgets.check(ADA, priced=False)


async def test_with_a_new_day_and_a_new_month_nothing_is_used_yet() -> None:
    world = World(day=tokens(10), month=tokens(15, period="month"))
    world.clock.advance(-86_400)
    world.begin(world.budgets.settings)
    await world.spend(ADA, 10)
    assert (await world.refused(ADA)).details["budget"] == "day"
    world.clock.advance(86_400)
    under_way = await world.budgets.hold(ADA, 5, 0.0)
    assert (await world.refused(ADA)).details["budget"] == "month"
    world.clock.advance(86_400)
    state = await world.state("month")
    assert (state.used, state.held) == (0, 5)
    world.budgets.settle(under_way, ADA, 7, 0.0)
    assert [(await world.state(name)).used for name in ("day", "month")] == [7, 7]


async def test_what_was_used_before_the_start_is_read_from_the_ledger() -> None:
    world = World(day=tokens(100), month=tokens(1000, period="month", per="user"))
    moments = [NOON - 40 * 86_400, NOON - 2 * 86_400, NOON - 60, NOON + 60]
    given = [used(at=iso(at), user="ada", prompt_tokens=30, completion_tokens=0) for at in moments]
    await world.store.commit(Change(usage=given))
    assert (await world.state("day")).used == 30
    assert (await world.state("month", "ada")).used == 60


async def test_other_budgets_hold_at_once_and_know_what_was_used_and_is_held() -> None:
    world = World()
    world.budgets.settle(None, ADA, 40, 0.0)
    world.budgets.settings = {"late": tokens(100)}
    under_way = await world.budgets.hold(ADA, 30, 0.0)
    world.budgets.settings = {"later": tokens(75)}
    state = await world.state("later")
    assert (state.used, state.held) == (40, 30)
    await world.refused(BOB, 10)
    world.budgets.settle(under_way, ADA, 1, 0.0)
    assert (await world.state("later")).used == 41
    world.budgets.settings = {}
    assert await world.budgets.states() == []


async def test_that_a_budget_was_exceeded_is_told_once_a_period() -> None:
    world = World(daily=tokens(10, per="user"))
    for who in (ADA, BOB):
        await world.spend(who, 10)
    for _ in range(3):
        for who in (ADA, BOB):
            await world.refused(who)
    assert world.told == [("ada", "ada", 10), ("bob", "bob", 10)]
    world.clock.advance(86_400)
    await world.spend(ADA, 10)
    await world.refused(ADA)
    assert len(world.told) == 3
