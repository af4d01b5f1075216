"""What forgets, as the wiring has it."""

from __future__ import annotations

from collections.abc import Iterable

from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.features import Feature
from openclaw_rpc.app.storage import Kept
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.retention import Forgettable, Retention
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.threads import in_thread


class RetentionFeature(Feature):
    """Keeps things as long as `retention` says."""

    def __init__(
        self, settings: Settings, kept: Kept, sessions: Sessions, runs: Runs, clock: Clock, logs: Logs
    ) -> None:
        self.retention = Retention(
            settings.retention,
            Forgettable(
                store=kept.sessions,
                kept=kept.retention,
                audit=kept.audit,
                prune_logs=lambda before: in_thread(logs.prune, before),
            ),
            sessions,
            runs.busy,
            clock,
            logs.get("retention"),
        )

    def chores(self) -> Iterable[tuple[str, Work]]:
        """What goes on by itself."""
        yield "retention", self.retention.serve

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self.retention.apply(settings.retention)
