"""The wiring of a gateway of several nodes: what this process shares with the others, and what it asks of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.adapters.redis.bus import RedisBus
from openclaw_rpc.adapters.redis.link import RedisLink
from openclaw_rpc.adapters.workspace.shared import SharedWorkspace
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.storage import Kept
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.events.replay import Replayer
from openclaw_rpc.domain.events.stream import Stream
from openclaw_rpc.domain.nodes.calls import NodeCalls
from openclaw_rpc.domain.nodes.channels import SharedChannels
from openclaw_rpc.domain.nodes.counts import SharedCounts
from openclaw_rpc.domain.nodes.limits import SharedLimits
from openclaw_rpc.domain.nodes.membership import Membership
from openclaw_rpc.domain.nodes.mirrors import Mirrors
from openclaw_rpc.domain.nodes.owners import Owners
from openclaw_rpc.domain.nodes.ports import NodeState
from openclaw_rpc.domain.nodes.remote import RemoteRuns
from openclaw_rpc.domain.nodes.sign_ins import SharedSignIns
from openclaw_rpc.domain.nodes.wire import Changed, Wire
from openclaw_rpc.domain.ports import BackgroundTasks, Log
from openclaw_rpc.domain.records import RunRecord, SessionRecord
from openclaw_rpc.domain.runs.elsewhere import HeldElsewhere
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.errors import GatewayError
from openclaw_rpc.rpc.forwarding import MEMORISED, Forwarding
from openclaw_rpc.services.remote_responses import RemoteResponses

if TYPE_CHECKING:
    from openclaw_rpc.app.assembly import Gateway

AGAIN_SECONDS = 0.5
LOOK_SECONDS = 10.0
"""How often it is looked whether this node sees the others' workspace."""
AWAY_SECONDS = 0.1
"""How often it is looked what other nodes left for this one while Redis is away; else its beat says so."""


class Cluster:
    """This process as a node. Made once it has joined the others; ``serve`` makes what needs the gateway's parts."""

    def __init__(
        self,
        membership: Membership,
        link: RedisLink,
        kept: Kept,
        workspace: Path,
        logs: Logs,
    ):
        self.membership = membership
        self.link = link
        assert kept.nodes is not None  # noqa: S101 - without a store of nodes nobody joins
        self._kept, self._nodes = kept, kept.nodes
        events = self._events = table.events()
        self._log: Log = logs.get("nodes")
        self.workspace = SharedWorkspace(workspace, kept.sessions.documents, self._log)
        self._wire = Wire(link, link.node)
        self.bus = RedisBus(MemoryBus(logs.get("bus")), self._wire, events, self._log)
        self._counts: SharedCounts | None = None
        self._left_over = anyio.Event()
        self._posted = anyio.Event()
        self._changed: set[str] = set()
        self._news = anyio.Event()
        membership.gone = self._gone
        membership.take_over = self._leave_over
        membership.posted = self._wake_collecting
        self.bus.held = lambda: membership.lapsed

    def _gone(self, number: int) -> None:
        self.bus.forget(str(number))
        if self._counts is not None:
            self._counts.forget(str(number))

    def _leave_over(self) -> None:
        self._left_over.set()

    def _wake_collecting(self) -> None:
        self._posted.set()

    def serve(self, tasks: BackgroundTasks, parts: Gateway) -> None:
        """Find the way to sessions' nodes, and do what those ask for."""
        nodes = self._nodes
        streams, runs, sessions, approvals = parts.streams, parts.runs, parts.sessions, parts.tools.approvals
        asking = NodeCalls(self._wire, self.membership.lives, tasks, self._log)
        self._streams = streams
        self._mirrors = Mirrors(
            self._kept.sessions,
            nodes,
            streams,
            Replayer(self._events),
            self.bus.remote,
            self.bus.want,
            self._log,
        )
        self.bus.arrived = self._mirrors.arrived

        async def recover(session: SessionRecord, left: Sequence[RunRecord]) -> None:
            for run in left:
                await approvals.recover(run.id)
            await runs.recover(session, left)
            tasks.start(runs.resume())

        self._owners = Owners(nodes, self.membership, streams, self._mirrors, recover, runs.is_live, self._leave_over)
        self.bus.ours = self._owners.ours
        sessions.elsewhere = self._owners.active
        remote = RemoteRuns(self._kept.sessions, self._owners, self._mirrors, asking)
        remote.serve(runs)
        runs.join(remote)
        responses = parts.openai.responses
        RemoteResponses(self._kept.responses, asking, self.membership.number).serve(responses)
        Forwarding(remote, sessions, approvals, asking, self._look_again, responses.holder, self.membership).serve(
            parts.dispatcher
        )
        SharedChannels(parts.outside.channels, asking, self.membership)
        SharedSignIns(parts.access.sign_ins, asking, self.membership)
        streams.held = self.bus.held

        def renewed() -> None:
            streams.tell_held()
            self.bus.release()

        self.membership.renewed = renewed
        guesses, lives = parts.access.authenticator.guesses, self.membership.lives
        self._counts = SharedCounts(self._wire, parts.doors.places, guesses, parts.money.budgets, lives)
        self._limits = SharedLimits(parts.access.limiter, self._wire, self._living)
        self._wire.post = lambda node, message: tasks.start(self._post(int(node), message))
        self._devices, self._outside, self._openai = parts.access.devices, parts.outside, parts.openai
        nodes.changed = lambda kind: self._wire.send(None, Changed(self._wire.node, kind))
        self._wire.on(Changed, lambda message: self._changed.add(message.kind) or self._news.set())
        self._wire.on_joined(self._everything_changed)

    def _living(self) -> int:
        return sum(node.living for node in self.membership.seen)

    async def _post(self, node: int, message: bytes) -> None:
        # It is asked again: a message that could not be left is one that got lost.
        with suppress(GatewayError):
            await self._nodes.post(node, message)

    async def _keep_collecting(self) -> None:
        """Take what other nodes left for this one while Redis was away from either."""
        while True:
            with anyio.move_on_after(AGAIN_SECONDS if self.link.answers else AWAY_SECONDS):
                await self._posted.wait()
            if self.link.answers and not self._posted.is_set():
                continue
            self._posted = anyio.Event()
            try:
                for message in await self._nodes.letters():
                    self._wire.hear(message)
            except GatewayError as error:
                self._log.warning("what other nodes left can't be read", error=error.message)
                await anyio.sleep(AWAY_SECONDS)

    async def stream_of(self, session: SessionRecord, after: int) -> Stream:
        """The stream of a session, whichever node tells its events, once it is told up to ``after``."""
        try:
            return self._streams.of(await self._owners.take(session))
        except HeldElsewhere as there:
            return await self._mirrors.reached(there.session, after)

    async def take_over(self) -> None:
        """End the runs that dead nodes left behind. At the start, and whenever a node is gone."""
        await self._owners.adopt()
        await self._outside.recover()
        await self._openai.responses.recover()

    async def led(self, work: Work) -> None:
        """Do what one node does for all, once this is the one."""
        await self.membership.led.wait()
        await work()

    def _everything_changed(self) -> None:
        # While the link was away nobody could say what.
        self._changed.update(MEMORISED)
        self._news.set()

    async def _look_again(self, kind: str) -> None:
        await (self._devices.open() if kind == "device" else self._outside.look_again(kind))

    async def _keep_reading(self) -> None:
        """Read again what other nodes changed."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            while self._changed:
                await self._look_again(self._changed.pop())

    async def _keep_comparing(self) -> None:
        """Look whether the others see the same workspace."""
        while True:
            await self.workspace.look(alone=self._living() == 1)
            await anyio.sleep(LOOK_SECONDS)

    async def _keep_taking_over(self) -> None:
        while True:
            await self._left_over.wait()
            self._left_over = anyio.Event()
            try:
                await self.take_over()
            except GatewayError as error:
                self._log.error("what a dead node left behind is not settled yet", error=error.message)
                self._left_over.set()
                await anyio.sleep(AGAIN_SECONDS)
            except Exception:
                self._left_over.set()  # for when this is begun again
                raise

    def chores(self) -> Iterator[tuple[str, Work]]:
        """What goes on by itself."""
        yield "link", self.link.serve
        yield "mirrors", self._mirrors.serve
        yield "takeover", self._keep_taking_over
        yield "documents", self._keep_reading
        yield "letters", self._keep_collecting
        yield "limits", self._limits.serve
        yield "workspace", self._keep_comparing


async def joined(
    stack: AsyncExitStack,
    settings: Settings,
    kept: Kept,
    workspace: Path,
    logs: Logs,
    *,
    name: str,
    state: Callable[[], NodeState],
    fenced: Callable[[], None],
) -> Cluster:
    """Join the other nodes. This one beats until ``stack`` is left.

    Raises:
        StorageUnusable: a node of this name is alive.
    """
    assert kept.nodes is not None  # noqa: S101 - the settings say PostgreSQL
    log: Log = logs.get("nodes")
    membership = Membership(kept.nodes, name, settings.cluster.lease_seconds, state, log)
    membership.fenced = kept.nodes.fenced = fenced
    await membership.join()
    await membership.beat()
    link = RedisLink(settings.bus.url or "", settings.bus.prefix, str(membership.number), log)
    stack.push_async_callback(link.close)
    await stack.enter_async_context(_beating(membership))
    return Cluster(membership, link, kept, workspace, logs)


@asynccontextmanager
async def _beating(membership: Membership) -> AsyncGenerator[None]:
    """Beat beside all else, also while the gateway is assembled and while it stops."""
    task = asyncio.create_task(membership.serve(), name="membership")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
