"""What clients of models get beside agents: plain completions, embeddings, responses that are kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio

from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.app.features import Feature
from openclaw_rpc.app.money import Money
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.models import Models
from openclaw_rpc.domain.ports import Store
from openclaw_rpc.domain.responses.ports import ResponseStore
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.methods.conversation import ConversationMethods
from openclaw_rpc.methods.model import ModelMethods
from openclaw_rpc.methods.response import ResponseMethods
from openclaw_rpc.rpc.bind import Namespace
from openclaw_rpc.services.completions import Completions
from openclaw_rpc.services.conversations import Conversations
from openclaw_rpc.services.responses import Responses


class OpenAiParts(Feature):
    """The parts, joined. ``direct`` says whether providers' models may be asked, as it is at that moment."""

    def __init__(
        self,
        store: Store,
        models: Models,
        agents: Agents,
        money: Money,
        clock: Clock,
        logs: Logs,
        direct: Callable[[], bool],
    ) -> None:
        self.completions = Completions(models, agents, money.ledger, money.spending, direct)
        self._store = store
        self._models = models
        self._clock = clock
        self._log = logs.get("responses")

    def build(self, kept: ResponseStore, sessions: Sessions, runs: Runs, bus: Bus) -> None:
        """Make what keeps responses."""
        self.conversations = Conversations(self._store, self._clock)
        self.responses = Responses(
            kept, self.conversations, self.completions, sessions, runs, bus, self._clock, self._log
        )

    def namespaces(self) -> tuple[Namespace, ...]:
        """Their rows."""
        return (
            ModelMethods(self._models, self.completions),
            ResponseMethods(self.responses),
            ConversationMethods(self.conversations),
        )

    async def close(self, seconds: float) -> None:
        """Take no more requests, let those under way end for so long, then interrupt them."""
        async with anyio.create_task_group() as group:
            group.start_soon(self.completions.close, seconds)
            group.start_soon(self.responses.close, seconds)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Give responses a place to live in."""
        async with self.responses.serving():
            yield
