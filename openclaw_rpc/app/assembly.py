"""Every part of a gateway, made and joined, the inner ones first: the one place that knows all of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from openclaw_rpc import __version__, durable
from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.app.access import Access
from openclaw_rpc.app.agent_runs import AgentRuns
from openclaw_rpc.app.chores import Chores
from openclaw_rpc.app.counting import counted
from openclaw_rpc.app.doors import Doors
from openclaw_rpc.app.features import Feature, Ground
from openclaw_rpc.app.models import ModelServers
from openclaw_rpc.app.money import Money
from openclaw_rpc.app.nodes import Load, Nodes
from openclaw_rpc.app.openai import OpenAiParts
from openclaw_rpc.app.outside import Outside
from openclaw_rpc.app.reporting import Described, LogPublisher, Observed, RunCounts, resident_bytes
from openclaw_rpc.app.retention import RetentionFeature
from openclaw_rpc.app.storage import Kept, opened_together
from openclaw_rpc.app.tools import AgentTools
from openclaw_rpc.app.tracing import traced
from openclaw_rpc.config.errors import dotted
from openclaw_rpc.config.node_file import NodeFile
from openclaw_rpc.config.patching import differences, plain
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tokens import KnownTokens
from openclaw_rpc.methods.config import ConfigMethods
from openclaw_rpc.methods.log import LogMethods
from openclaw_rpc.methods.system import SystemMethods
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.config import ConfigChangedEvent, config_changed
from openclaw_rpc.protocol.device import device_revoked
from openclaw_rpc.protocol.system import GatewayStatus, LoadStatus, ReasoningStatus, SystemStatus
from openclaw_rpc.protocol.token import token_revoked
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.transports.http.health import Health
from openclaw_rpc.transports.http.metrics import Metrics

if TYPE_CHECKING:
    from openclaw_rpc.app.gateway import App


@dataclass(kw_only=True)
class Gateway:
    """The parts of a gateway. ``made_token`` is the owner's token where it was made at this start."""

    app: App
    made_token: str | None
    file: NodeFile
    paths: Paths
    logs: Logs
    log: Log
    chores: Chores
    kept: Kept
    nodes: Nodes
    metrics: Metrics
    run_counts: RunCounts
    streams: Streams
    sessions: Sessions
    servers: ModelServers
    tools: AgentTools
    runs: Runs
    openai: OpenAiParts
    outside: Outside
    access: Access
    dispatcher: Dispatcher
    money: Money
    doors: Doors
    features: tuple[Feature, ...]

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.file.settings

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens: host and port."""
        return self.doors.addresses

    @property
    def url(self) -> str:
        """Where a client on this machine connects."""
        return self.doors.url

    def sign_in_link(self) -> str | None:
        """A link that signs the owner in to the dashboard, once; None where nobody has to."""
        principal = self.access.authenticator.owner()
        return None if principal is None else f"{self.url}/login#code={self.access.sign_ins.offer(principal)}"

    def load(self) -> Load:
        """What this process is busy with."""
        return Load(self.runs.running, self.runs.queued, self.doors.ws.open)

    def status(self) -> SystemStatus:
        """The state of the gateway."""
        auth = self.settings.gateway.auth
        latency, load = self.metrics.provider_latency, self.load()
        spans = list(latency.items())
        requests = int(sum(buckets[-1][1] for _, buckets, _ in spans))
        seconds = sum(seconds for _, _, seconds in spans)
        return SystemStatus(
            status="ok",
            version=__version__,
            uptime=round(time.monotonic() - self.app.started, 3),
            gateway=GatewayStatus(
                port=self.addresses[0][1],
                bind=self.addresses[0][0],
                auth=("token" if auth.token else "password") if auth.enabled else "none",
                addresses=self.doors.listening,
            ),
            channels={channel.id: channel.status for channel in self.outside.channels.brief()},
            reasoning=ReasoningStatus(
                primary_provider=self.servers.primary_type,
                primary_model=self.servers.models.resolve(None)[0].model,
                total_requests=requests,
                avg_latency_ms=round(seconds * 1000 / requests, 3) if requests else 0,
                latency_p50_ms=round(latency.quantile(0.5) * 1000, 3),
                latency_p95_ms=round(latency.quantile(0.95) * 1000, 3),
            ),
            load=LoadStatus(
                connections=load.connections,
                runs_running=load.runs_running,
                runs_queued=load.runs_queued,
                memory_bytes=resident_bytes(),
            ),
            chores=self.chores.status(),
            node=self.nodes.name,
            nodes=self.nodes.shown(),
            warnings=[*self.file.warnings(), *self.nodes.warnings()],
        )

    def apply(self, old: Settings, new: Settings) -> None:
        """Take what changed in the configuration, all but what waits for a restart."""
        self.logs.apply(new)
        for feature in self.features:
            feature.apply(new)
        changed = [dotted(keys) for keys in differences(plain(old), plain(new))]
        waiting = [path for path in self.file.restart_needed if path in changed]
        event = ConfigChangedEvent(changed=changed, needs_restart=waiting)
        # Behind the answer to the call that changed it; each node says so when it holds there.
        asyncio.get_running_loop().call_soon(self.nodes.here.publish, Published(config_changed, event, user=""))

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[None]:
        """Take connections, and do what goes on by itself; on leaving, that ends. `stop` comes before."""
        async with self.chores as chores, self.runs.serving(), self.openai.serving():
            await self.doors.listen()
            if self.kept.watch is not None:
                chores.start("storage", self.kept.watch)
            for feature in self.features:
                for name, work in feature.chores():
                    chores.start(name, self.nodes.led(work) if name in feature.of_one else work)
            for name, work in (*self.file.chores(), *self.nodes.chores()):
                chores.start(name, work)
            await self.nodes.begin()
            await self.servers.begin()
            await self.runs.resume()
            yield

    async def stop(self) -> None:
        """Nothing new; what is under way gets its time, and an end in any case; then everybody is sent away."""
        self.log.info("stopping", reason=self.app.stop_reason, runs=self.runs.running)
        deadline = anyio.current_time() + (seconds := self.settings.gateway.shutdown_seconds)
        self.doors.take_nothing_new(self.runs.busy)
        async with anyio.create_task_group() as group:
            for feature in self.features:
                group.start_soon(feature.close, seconds)
        await self.doors.leave(deadline)


async def assembled(app: App, stack: AsyncExitStack, logs: Logs, log: Log) -> Gateway:
    """Make every part; what has to be closed is left to ``stack``.

    Raises:
        StorageUnusable: what is kept can't be opened, or this process can't be one of several.
    """
    file, paths, options = app.file, app.paths, app.options
    tracing = await traced(file.settings.tracing, stack)
    chores = Chores(log)
    kept, made_token = await opened_together(stack, file, paths)
    settings, store, clock, tasks, rows = file.settings, kept.sessions, SystemClock(), LoopTasks(), table.by_name()

    def load() -> Load:
        return gateway.load()

    def status() -> SystemStatus:
        return gateway.status()

    nodes = Nodes(settings, lambda: app.phase, load, lambda: app.fenced(gateway))
    await nodes.join(stack, kept, paths.workspace, logs)
    bus = nodes.bus
    streams = Streams(store, table.events(), tasks, bus)
    ground = Ground(
        file=file, kept=kept, nodes=nodes, streams=streams, clock=clock, tasks=tasks, tracing=tracing, logs=logs
    )
    agents = Agents(settings.agents)
    servers = ModelServers(settings, Described(status, store), tracing, log, options.program)
    models = servers.models
    stack.push_async_callback(models.aclose)
    metrics = Metrics(rows, models.has, lambda name: models.knows(name, agents.models))
    observed = Observed(metrics, logs.get("rpc"))
    sessions = Sessions(store, streams, agents, clock)
    money = Money(settings, file, store, bus, clock, logs.get("usage"))
    spending = money.way(models, observed, tracing)
    tools = AgentTools(settings, paths, agents, money, streams, sessions, clock, logs)
    await tools.build(stack, kept, bus)
    agent_runs = AgentRuns(
        ground,
        sessions=sessions,
        agents=agents,
        models=models,
        tools=tools,
        spending=spending,
        ledger=money.ledger,
    )
    runs = agent_runs.runs
    direct = lambda: file.settings.openai.allow_provider_models  # noqa: E731
    openai = OpenAiParts(store, models, agents, money, clock, logs, direct)
    openai.build(kept.responses, sessions, runs, bus)
    known = KnownTokens(kept.tokens)
    await known.refresh()
    outside = Outside(settings, store, streams, bus, tools, tasks, clock, logs)
    await outside.build(stack, paths, file, runs, sessions, known)
    access = Access(settings, known, store.documents, clock, bus)
    await access.devices.open()
    retention = RetentionFeature(settings, kept, sessions, runs, clock, logs)
    features = (servers, money, agent_runs, openai, tools, outside, retention, access)
    namespaces = (
        SystemMethods(status, rows, f"ws://{settings.gateway.bind}:{settings.gateway.port}/"),
        ConfigMethods(file, tools.pins),
        LogMethods(logs),
        *(namespace for feature in features for namespace in feature.namespaces()),
    )
    dispatcher = Dispatcher(join(rows, namespaces), access.limiter, observed, tools.guard)
    kept_in = paths.database(settings.storage.file).parent
    health = Health(lambda: app.phase, nodes.engines, nodes.name, lambda: durable.room(kept_in), nodes.warnings)
    doors = Doors(file, options, dispatcher, access, outside, nodes, metrics, health)
    gateway = Gateway(
        app=app,
        made_token=made_token,
        file=file,
        paths=paths,
        logs=logs,
        log=log,
        chores=chores,
        kept=kept,
        nodes=nodes,
        metrics=metrics,
        run_counts=RunCounts(),
        streams=streams,
        sessions=sessions,
        servers=servers,
        tools=tools,
        runs=runs,
        openai=openai,
        outside=outside,
        access=access,
        dispatcher=dispatcher,
        money=money,
        doors=doors,
        features=(*features, doors),
    )
    nodes.serve(tasks, gateway)
    counted(gateway)
    listen(gateway, stack)
    return gateway


def listen(gateway: Gateway, stack: AsyncExitStack) -> None:
    """Have the parts hear of each other."""
    bus, doors = gateway.nodes.bus, gateway.doors
    ended = frozenset({token_revoked.name, device_revoked.name})
    stack.callback(gateway.logs.subscribe(LogPublisher(bus)))
    stack.callback(gateway.nodes.everywhere.subscribe(Filter(names=ended), doors.ws))
    stack.callback(bus.subscribe(Filter(names=frozenset({chat_done.name})), gateway.run_counts))
    stack.callback(gateway.file.subscribe(gateway.apply))
    gateway.access.tokens.on_looked.append(doors.close_invalid)
