"""Agents at work: sessions, and the runs in them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from openclaw_rpc.app.features import Feature, Ground
from openclaw_rpc.app.tools import AgentTools
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import Models
from openclaw_rpc.domain.runs.compacting import Compacting
from openclaw_rpc.domain.runs.drafts import Drafts
from openclaw_rpc.domain.runs.model_requests import ModelRequests
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.runs.spending import Spending
from openclaw_rpc.domain.runs.turn import Turn
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.methods.agent import AgentMethods
from openclaw_rpc.methods.chat import ChatMethods
from openclaw_rpc.methods.event import EventMethods
from openclaw_rpc.methods.session import SessionMethods
from openclaw_rpc.rpc.bind import Namespace
from openclaw_rpc.rpc.following import Following


class AgentRuns(Feature):
    """The parts, joined."""

    def __init__(
        self,
        ground: Ground,
        *,
        sessions: Sessions,
        agents: Agents,
        models: Models,
        tools: AgentTools,
        spending: Spending,
        ledger: Ledger,
    ) -> None:
        log, store, streams, nodes = ground.logs.get("reasoning"), ground.kept.sessions, ground.streams, ground.nodes
        requests = ModelRequests(models, sessions, spending, log)
        self.runs = Runs(
            ground.file.settings.runs,
            store=store,
            streams=streams,
            sessions=sessions,
            drafts=Drafts(streams, sessions, agents, tools.toolbox),
            turn=Turn(store, sessions, tools.toolbox, requests, ground.tracing),
            tasks=ground.tasks,
            log=log,
        )
        self._agents = agents
        self._sessions = sessions
        self._compacting = Compacting(store, streams, sessions, agents, models, requests.compaction, ledger)
        self._following = Following(store, streams, nodes.everywhere, nodes.stream_of)

    def namespaces(self) -> Iterable[Namespace]:
        """Their rows."""
        return (
            ChatMethods(self.runs, self._sessions, self._following),
            SessionMethods(self._sessions, self.runs, self._compacting),
            EventMethods(self.runs, self._sessions, self._following),
            AgentMethods(self._agents),
        )

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Give runs a place to live in."""
        async with self.runs.serving():
            yield

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self.runs.apply(settings.runs)
        self._agents.replace(settings.agents)

    async def close(self, seconds: float) -> None:
        """Take no new runs, let those under way end for so long, then interrupt them."""
        await self.runs.close(seconds)
