"""The models' servers: those that are configured, one found on this machine, or the offline agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import anyio

from openclaw_rpc.adapters.providers.discovery import find_local
from openclaw_rpc.adapters.providers.openai_compatible import OpenAIProvider
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.features import Feature
from openclaw_rpc.app.reporting import Described
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.models import OFFLINE, PRIMARY, Models, ProviderSettings
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.providers import Provider
from openclaw_rpc.domain.tracing import Tracing

LOOK_SECONDS = 10.0
"""How often a server on this machine is looked for while none is configured."""


class ModelServers(Feature):
    """Keeps `Models` as the configuration says. ``shown`` is what answers by default, in words."""

    def __init__(self, settings: Settings, described: Described, tracing: Tracing, log: Log, program: str) -> None:
        self._traceparent = tracing.traceparent if tracing.active else None
        self._described = described
        self._program = program
        self._log = log
        self._wanted = self._in_force = settings.providers
        self._changed = anyio.Event()
        self._found: ProviderSettings | None = None
        self._looking = anyio.Lock()
        self.models = Models(self._providers(self._wanted), self._wanted, look=self.look_around)
        self.shown = OFFLINE
        if self._wanted:
            self._show()

    @property
    def primary_type(self) -> str:
        """The type of the provider that answers by default."""
        chosen = self._wanted.get(PRIMARY) or next(iter(self._wanted.values()), self._found)
        return chosen.type if chosen is not None else OFFLINE

    async def begin(self) -> None:
        """Look around for the first time."""
        await self.look_around()
        if self._found is None and not self._wanted:
            self._log.info("no model is configured, the offline agent answers")

    async def look_around(self) -> None:
        """With no provider configured: take a model's server on this machine, else the offline agent.

        A server that was found is kept as long as it offers its model: which one a list has first may change.
        """
        async with self._looking:
            if self._wanted or self._wanted != self._in_force:
                return
            found = await find_local()
            if found is None or self._wanted:
                return
            before, settings = self._found, found.settings
            if before is not None and before.base_url == settings.base_url and before.model in found.models:
                return
            self._found = settings
            provider = OpenAIProvider(PRIMARY, settings, self._traceparent)
            await self.models.replace({PRIMARY: provider}, {PRIMARY: settings})
            self.shown = f"{settings.model} ({found.title} on this machine)"
            self._log.info("a model's server was found on this machine", server=found.title, model=settings.model)

    def chores(self) -> Iterator[tuple[str, Work]]:
        """What goes on by itself."""
        yield "providers", self._keep

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self._wanted = settings.providers
        self._changed.set()

    async def _keep(self) -> None:
        """Take other providers whenever they change, until cancelled."""
        while True:
            self._changed = anyio.Event()
            if self._in_force == self._wanted:
                with anyio.move_on_after(None if self._wanted else LOOK_SECONDS) as waiting:
                    await self._changed.wait()
                if waiting.cancelled_caught:
                    await self.look_around()
                continue
            wanted = self._wanted
            self._found = None
            await self.models.replace(self._providers(wanted), wanted)
            self._in_force = wanted
            self._show()

    def _show(self) -> None:
        self.shown = f"{self.models.resolve(None)[0].model} ({self.primary_type})"

    def _providers(self, settings: Mapping[str, ProviderSettings]) -> dict[str, Provider]:
        if settings:
            return {name: OpenAIProvider(name, chosen, self._traceparent) for name, chosen in settings.items()}
        from openclaw_rpc.adapters.providers.offline import OfflineProvider

        return {OFFLINE: OfflineProvider(self._described, program=self._program)}
