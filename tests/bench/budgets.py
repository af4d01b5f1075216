"""What budgets add to a turn: looked at when it is asked for, an estimate held, what was used counted in its place."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from openclaw_rpc.domain.budgets import Budgets, BudgetSettings
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.models import Models, Price, ProviderSettings
from openclaw_rpc.domain.runs.context import tokens_of
from openclaw_rpc.domain.runs.spending import Spender, Spending
from openclaw_rpc.domain.tracing import Tracing
from openclaw_rpc.protocol.chat import Usage
from tests.bench.measure import Row
from tests.support.tools import ObedientModel, Unmeasured
from tests.support.volatile.store import VolatileStore

LIMIT_US: Final = 30
TURNS: Final = 20_000
MESSAGES: Final = 20
"""Of the conversation whose tokens are estimated."""
FOUR: Final = {
    "gateway": BudgetSettings(cost=1e9, period="month"),
    "users": BudgetSettings(tokens=10**12, per="user"),
    "tokens": BudgetSettings(cost=1e9, per="token"),
    "agents": BudgetSettings(tokens=10**12, per="agent", period="month"),
}


async def _turn_us(budgets: Mapping[str, BudgetSettings]) -> float:
    """The CPU time of what a turn has to do with money, the best of five."""
    clock = SystemClock()
    settings = ProviderSettings(type="openai", model="m", prices={"m": Price(input=1, output=2)})
    models = Models({"primary": ObedientModel()}, {"primary": settings})
    kept = Budgets(budgets, VolatileStore(), clock, lambda data, user: None)
    spending = Spending(models, kept, Unmeasured(), clock, Tracing())
    choice = models.resolve(None)[0]
    spender = Spender("ada", "s_1", "one", "main", "phone")
    said = [{"role": "user", "content": "How is the weather in the mountains today? " * 5}] * MESSAGES
    usage = Usage(prompt_tokens=900, completion_tokens=120, total_tokens=1020)
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for _ in range(TURNS):
            await spending.check(spender, choice)
            with await spending.begin(spender, choice, lambda: sum(map(tokens_of, said))) as request:
                request.ended(usage)
        best = min(best, time.process_time() - begun)
    return best / TURNS * 1e6


async def measure() -> list[Row]:
    """Four budgets beside none."""
    without, with_four = await _turn_us({}), await _turn_us(FOUR)
    return [
        Row("the ledger's row of a turn, without budgets", without, "us"),
        Row("four budgets add to a turn", with_four - without, "us", LIMIT_US),
    ]
