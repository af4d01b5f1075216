"""What a part of the gateway brings along, as the wiring sees it."""

from collections.abc import Iterable
from dataclasses import dataclass

from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.nodes import Nodes
from openclaw_rpc.app.storage import Kept
from openclaw_rpc.config.node_file import NodeFile
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.tracing import Tracing
from openclaw_rpc.rpc.bind import Namespace


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What features stand on: the configuration, what is kept, where things are told, the clock, the log."""

    file: NodeFile
    kept: Kept
    nodes: Nodes
    streams: Streams
    clock: Clock
    tasks: LoopTasks
    tracing: Tracing
    logs: Logs


class Feature:
    """A part of the gateway. It says only what it has; to add one is to name it in `assembly.assembled`."""

    of_one: frozenset[str] = frozenset()
    """Those of its chores that one process of the gateway does for all."""

    def namespaces(self) -> Iterable[Namespace]:
        """The handlers of its rows."""
        return ()

    def chores(self) -> Iterable[tuple[str, Work]]:
        """What goes on by itself while the gateway runs, by name."""
        return ()

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""

    async def close(self, seconds: float) -> None:
        """The gateway stops: take nothing new, let what is under way end for so long, then interrupt it."""
