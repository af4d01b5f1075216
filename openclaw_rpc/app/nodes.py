"""This process among those of one gateway: alone, as it mostly is, or one of several."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from openclaw_rpc import __version__
from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.storage import Kept
from openclaw_rpc.config.settings import Settings, node_name
from openclaw_rpc.domain.clock import SystemClock, iso
from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.kept import StorageUnusable
from openclaw_rpc.domain.nodes.ports import NodeState
from openclaw_rpc.domain.ports import BackgroundTasks
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.installing import install_command
from openclaw_rpc.protocol.system import NodeStatus
from openclaw_rpc.transports.http.health import Phase

if TYPE_CHECKING:
    from openclaw_rpc.app.assembly import Gateway
    from openclaw_rpc.app.cluster import Cluster


class Load(NamedTuple):
    """What a process is busy with."""

    runs_running: int
    runs_queued: int
    connections: int


class Nodes:
    """The processes of this gateway.

    ``phase`` and ``load`` say how this one is. ``fenced`` is called at once when others took it for dead.
    """

    def __init__(
        self, settings: Settings, phase: Callable[[], Phase], load: Callable[[], Load], fenced: Callable[[], None]
    ) -> None:
        self.name = node_name(settings)
        self.cluster: Cluster | None = None
        """What this process shares with the others, where there are some."""
        self._settings = settings
        self._phase = phase
        self._load = load
        self._fenced = fenced
        self._started_at = iso(SystemClock().now())

    async def join(self, stack: AsyncExitStack, kept: Kept, workspace: Path, logs: Logs) -> None:
        """Be one of several, where `bus.url` says so, or alone.

        Raises:
            StorageUnusable: a library is missing, or a node of this name is alive.
        """
        self._kept = kept
        self._alone = MemoryBus(logs.get("bus"))
        if self._settings.bus.url is None:
            return
        try:
            from openclaw_rpc.app.cluster import joined
        except ModuleNotFoundError as error:
            if error.name != "redis":
                raise
            raise StorageUnusable(f"bus.url needs Redis' library: {install_command('redis')}") from None
        self.cluster = await joined(
            stack,
            self._settings,
            kept,
            workspace,
            logs,
            name=self.name,
            state=self._state,
            fenced=self._fenced,
        )

    @property
    def bus(self) -> Bus:
        """What this process tells, and for those who hear it alone."""
        return self._alone if self.cluster is None else self.cluster.bus

    @property
    def here(self) -> Bus:
        """What is told to those who listen at this process, and to nobody else."""
        return self._alone if self.cluster is None else self.cluster.bus.local

    @property
    def everywhere(self) -> Bus:
        """The same for those who hear all processes."""
        return self._alone if self.cluster is None else self.cluster.bus.everywhere

    @property
    def stream_of(self) -> Callable[[SessionRecord, int], Awaitable[Stream]] | None:
        """Finds the stream of a session, where not all are this process's."""
        return None if self.cluster is None else self.cluster.stream_of

    def serve(self, tasks: BackgroundTasks, parts: Gateway) -> None:
        """Do what other nodes ask for, and have them asked."""
        if self.cluster is not None:
            self.cluster.serve(tasks, parts)

    def led(self, work: Work) -> Work:
        """Work that one process does for all of them."""
        cluster = self.cluster
        return work if cluster is None else lambda: cluster.led(work)

    async def begin(self) -> None:
        """Take over what was left behind before this process came."""
        if self.cluster is not None:
            await self.cluster.take_over()

    def chores(self) -> Iterator[tuple[str, Work]]:
        """What goes on by itself."""
        if self.cluster is not None:
            yield from self.cluster.chores()

    def _state(self) -> NodeState:
        phase = self._phase()
        return NodeState(
            version=__version__,
            started_at=self._started_at,
            status="draining" if phase == "draining" else "ready",
            **({} if phase == "starting" else self._load()._asdict()),
        )

    def shown(self) -> list[NodeStatus]:
        """All of them, as clients see them; those that are gone for an hour."""
        if self.cluster is None:
            state = self._state()
            return [_shown(self.name, state, state.status, 0)]
        seen = self.cluster.membership.seen
        return [_shown(each.name, each.state, each.status, round(each.silent * 1000)) for each in seen]

    def warnings(self) -> list[str]:
        """What should be looked at, and anybody may know."""
        return [] if self.cluster is None else self.cluster.workspace.warnings

    def engines(self) -> dict[str, bool]:
        """What keeps things, and what carries messages, by name, and whether each answers."""
        engines = {self._kept.engine: self._kept.answers()}
        return engines if self.cluster is None else {**engines, "redis": self.cluster.link.answers}


def _shown(name: str, state: NodeState, status: Literal["ready", "draining", "dead"], beat_ms: int) -> NodeStatus:
    return NodeStatus(
        node=name,
        status=status,
        version=state.version,
        started_at=state.started_at,
        beat_ms=beat_ms,
        runs_running=state.runs_running,
        runs_queued=state.runs_queued,
        connections=state.connections,
    )
