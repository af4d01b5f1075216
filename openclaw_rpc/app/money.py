"""What models cost: budgets, the ledger, and the way to models that minds both."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.features import Feature
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.budgets import Budgets
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import Models
from openclaw_rpc.domain.ports import ConfigFile, Log, Store
from openclaw_rpc.domain.runs.spending import Meter, Spending
from openclaw_rpc.domain.tracing import Tracing
from openclaw_rpc.methods.budget import BudgetMethods
from openclaw_rpc.methods.usage import UsageMethods
from openclaw_rpc.protocol.budget import BudgetExceededEvent, budget_exceeded
from openclaw_rpc.rpc.bind import Namespace


class Money(Feature):
    """The parts, joined."""

    def __init__(self, settings: Settings, file: ConfigFile, store: Store, bus: Bus, clock: Clock, log: Log) -> None:
        self.budgets = Budgets(settings.budgets, store, clock, self._exceeded)
        self.ledger = Ledger(store, log)
        self._store = store
        self._bus = bus
        self._file = file
        self._clock = clock

    def way(self, models: Models, meter: Meter, tracing: Tracing) -> Spending:
        """The way to models."""
        self.spending = Spending(models, self.budgets, meter, self._clock, tracing)
        return self.spending

    def namespaces(self) -> tuple[Namespace, ...]:
        """Their rows."""
        return BudgetMethods(self.budgets, self._file), UsageMethods(self._store, self.ledger, self.budgets)

    def chores(self) -> Iterator[tuple[str, Work]]:
        """What goes on by itself."""
        yield "usage", self.ledger.keep

    def _exceeded(self, data: BudgetExceededEvent, user: str) -> None:
        # Behind the answer to the call that was refused.
        asyncio.get_running_loop().call_soon(self._bus.publish, Published(budget_exceeded, data, user=user))

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self.budgets.settings = settings.budgets
