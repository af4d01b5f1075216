"""A gateway: assembled, listening, taking a changed configuration, and stopped."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import cast

import anyio

from openclaw_rpc import __version__, durable
from openclaw_rpc.adapters.logs import Logs, configure_logs
from openclaw_rpc.adapters.npm import find_control_ui, page_in
from openclaw_rpc.adapters.supervisor import Supervisor
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.app.chores import Chores
from openclaw_rpc.app.counting import counted
from openclaw_rpc.app.features import Feature
from openclaw_rpc.app.models import ModelServers
from openclaw_rpc.app.money import Money
from openclaw_rpc.app.nodes import Load, Nodes
from openclaw_rpc.app.openai import OpenAiParts
from openclaw_rpc.app.options import Options
from openclaw_rpc.app.outside import Outside
from openclaw_rpc.app.reporting import Described, LogPublisher, Observed, RunCounts, resident_bytes
from openclaw_rpc.app.retention import Forgetting
from openclaw_rpc.app.storage import opened_together
from openclaw_rpc.app.tools import AgentTools
from openclaw_rpc.app.tracing import traced
from openclaw_rpc.config.dotenv import exposed
from openclaw_rpc.config.errors import dotted
from openclaw_rpc.config.node_file import NodeFile
from openclaw_rpc.config.patching import differences, plain
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.dialects.http import DIALECTS
from openclaw_rpc.dialects.sockets import every as sockets
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.auth import Authenticator
from openclaw_rpc.domain.clock import SystemClock
from openclaw_rpc.domain.devices import Devices
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.limits import RateLimiter
from openclaw_rpc.domain.runs.compacting import Compacting
from openclaw_rpc.domain.runs.drafts import Drafts
from openclaw_rpc.domain.runs.model_requests import ModelRequests
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.runs.turn import Turn
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.sign_ins import SignIns
from openclaw_rpc.domain.tokens import KnownTokens, TokenService
from openclaw_rpc.methods.agent import AgentMethods
from openclaw_rpc.methods.chat import ChatMethods
from openclaw_rpc.methods.config import ConfigMethods
from openclaw_rpc.methods.dashboard import DashboardMethods
from openclaw_rpc.methods.device import DeviceMethods
from openclaw_rpc.methods.event import EventMethods
from openclaw_rpc.methods.log import LogMethods
from openclaw_rpc.methods.session import SessionMethods
from openclaw_rpc.methods.system import SystemMethods
from openclaw_rpc.methods.token import TokenMethods
from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.config import ConfigChangedEvent, config_changed
from openclaw_rpc.protocol.device import device_revoked
from openclaw_rpc.protocol.system import GatewayStatus, LoadStatus, ReasoningStatus, SystemStatus
from openclaw_rpc.protocol.token import token_revoked
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.dispatcher import Dispatcher
from openclaw_rpc.rpc.following import Following
from openclaw_rpc.transports.head import HeadJudge, HeadRules
from openclaw_rpc.transports.http.base import HttpDoor
from openclaw_rpc.transports.http.control_ui import ControlUiDoor
from openclaw_rpc.transports.http.dashboard import DashboardDoor
from openclaw_rpc.transports.http.health import Health, Phase
from openclaw_rpc.transports.http.hooks import HooksDoor
from openclaw_rpc.transports.http.manual import Manual
from openclaw_rpc.transports.http.mcp import McpDoor
from openclaw_rpc.transports.http.metrics import Metrics, MetricsDoor
from openclaw_rpc.transports.http.openapi import OpenApiDoor
from openclaw_rpc.transports.http.people import People
from openclaw_rpc.transports.http.rest import RestDoor
from openclaw_rpc.transports.listener import Listener, hand_over
from openclaw_rpc.transports.places import Places
from openclaw_rpc.transports.sockets import activated, adopted
from openclaw_rpc.transports.ws.door import SocketDoor

LAST_SECONDS = 1
"""How long clients have, once everything has ended, to take note of it."""
CAPABILITIES = ("chat", "channels")


class App:
    """A gateway that listens. ``made_token`` is the owner's token where it was made at this start."""

    def __init__(self, options: Options) -> None:
        self.paths = Paths.find(options.environ, options.config).of_worker(options.worker)
        self.file = NodeFile(self.paths.config, options.environ, home=self.paths.home, overrides=options.overrides())
        self.settings: Settings = self.file.load()
        self.made_token: str | None = None
        self.addresses: list[tuple[str, int]] = []
        self.phase: Phase = "starting"
        self._options = options
        self._started = time.monotonic()
        self.run_counts = RunCounts()
        self.supervisor = Supervisor(options.environ)
        self.stop_reason = "the gateway was asked to stop"
        """What the log says of its stop."""

    @property
    def url(self) -> str:
        """Where a client on this machine connects."""
        host, port = self.addresses[0]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        scheme = "https" if self.settings.gateway.tls.certificate else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def listening(self) -> list[str]:
        """Every address that it listens at, as ``host:port``."""
        return [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.addresses]

    @property
    def model(self) -> str:
        """What answers by default, in words."""
        return self.servers.shown

    def sign_in_link(self) -> str | None:
        """A link that signs the owner in to the dashboard, once; None where nobody has to."""
        principal = self.authenticator.owner()
        return None if principal is None else f"{self.url}/login#code={self.sign_ins.offer(principal)}"

    def status(self) -> SystemStatus:
        """The state of the gateway."""
        auth = self.settings.gateway.auth
        primary = self.models.resolve(None)[0]
        spans = list(self.metrics.provider_latency.items())
        requests = int(sum(buckets[-1][1] for _, buckets, _ in spans))
        seconds = sum(seconds for _, _, seconds in spans)
        return SystemStatus(
            status="ok",
            version=__version__,
            uptime=round(time.monotonic() - self._started, 3),
            gateway=GatewayStatus(
                port=self.addresses[0][1],
                bind=self.addresses[0][0],
                auth=("token" if auth.token else "password") if auth.enabled else "none",
                addresses=self.listening,
            ),
            channels={channel.id: channel.status for channel in self.outside.channels.brief()},
            reasoning=ReasoningStatus(
                primary_provider=self.servers.primary_type,
                primary_model=primary.model,
                total_requests=requests,
                avg_latency_ms=round(seconds * 1000 / requests, 3) if requests else 0,
                latency_p50_ms=round(self.metrics.provider_latency.quantile(0.5) * 1000, 3),
                latency_p95_ms=round(self.metrics.provider_latency.quantile(0.95) * 1000, 3),
            ),
            load=LoadStatus(
                connections=self.door.open,
                runs_running=self.runs.running,
                runs_queued=self.runs.queued,
                memory_bytes=resident_bytes(),
            ),
            chores=self.chores.status(),
            node=self.nodes.name,
            nodes=self.nodes.shown(),
            warnings=[*self.file.warnings(), *self.nodes.warnings()],
        )

    async def _join(self, stack: AsyncExitStack, logs: Logs) -> Nodes:
        nodes = Nodes(self.settings, lambda: self.phase, self._load, self._fenced)
        await nodes.join(stack, self.kept, self.paths.workspace, logs)
        return nodes

    def _load(self) -> Load:
        return Load(self.runs.running, self.runs.queued, self.door.open)

    def _fenced(self) -> None:
        """The other nodes took this one for dead: all that it holds is theirs, and it begins anew."""
        if self.phase == "ready":
            self.phase = "draining"
            self._options.fenced(self.addresses[0][1])

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[App]:
        """Listen; on leaving, stop gracefully."""
        self.paths.prepare()
        self.settings = self.file.settings
        async with AsyncExitStack() as stack:
            logs = self.logs = configure_logs(self.settings, self.paths, terminal=self._options.terminal)
            stack.callback(logs.close)
            self.log = self.file.log = logs.get("gateway")
            if (mode := exposed(self.paths.home)) is not None:
                self.log.warning(".env can be read by others", mode=f"{mode:04o}", should_be="0600")
            try:
                async with self._serving(logs):
                    yield self
            except BaseException as error:
                self.log.error("the gateway stopped", reason=repr(cause_of(error)), exc_info=True)
                raise
            self.log.info("the gateway stopped", reason=self.stop_reason)

    @asynccontextmanager
    async def _serving(self, logs: Logs) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            self.tracing = await traced(self.settings.tracing, stack)
            self.chores = Chores(self.log)
            await self._assemble(stack, logs)
            chores = await stack.enter_async_context(self.chores)
            await stack.enter_async_context(self.runs.serving())
            await stack.enter_async_context(self.openai.serving())
            await self._listen(stack)
            if not self._options.sockets:
                stack.enter_context(self.paths.announced(self.url))
            chores.start("heartbeats", self.door.beat)
            chores.start("tokens", self.door.keep_valid)
            chores.start("revocations", self.tokens.watch)
            chores.start("probes", self.door.probe)
            if self.kept.watch is not None:
                chores.start("storage", self.kept.watch)
            for feature in self._features:
                for name, work in feature.chores():
                    chores.start(name, self.nodes.led(work) if name in feature.of_one else work)
            for name, work in (*self.file.chores(), *self.nodes.chores()):
                chores.start(name, work)
            await self.nodes.begin()
            if self.supervisor.watchdog is not None:
                chores.start("watchdog", self.supervisor.watch)
            await self.servers.begin()
            await self.runs.resume()
            self.phase = "ready"
            self.supervisor.ready(f"listening at {self.url}")
            self.log.info("listening", addresses=[f"{host}:{port}" for host, port in self.addresses], model=self.model)
            try:
                yield
            finally:
                self.phase = "draining"
                self.supervisor.stopping()
                with anyio.CancelScope(shield=True):
                    await self._stop()

    async def _assemble(self, stack: AsyncExitStack, logs: Logs) -> None:
        """Every part, the inner ones first."""
        self.kept, self.made_token = await opened_together(stack, self.file, self.paths)
        kept, self.settings = self.kept, self.file.settings
        settings, paths, clock = self.settings, self.paths, SystemClock()
        store = self.store = kept.sessions
        events = table.events()
        tasks = LoopTasks()
        nodes = self.nodes = await self._join(stack, logs)
        bus = self.bus = nodes.bus
        self.streams = Streams(store, events, tasks, bus)
        self.agents = Agents(settings.agents)
        self.servers = ModelServers(
            settings, Described(self.status, store), self.tracing, self.log, self._options.program
        )
        self.models = models = self.servers.models
        agents = self.agents
        self.metrics = Metrics(table.by_name(), models.has, lambda name: models.knows(name, agents.models))
        stack.push_async_callback(self.models.aclose)
        self.sessions = Sessions(store, self.streams, self.agents, clock)
        observed = Observed(self.metrics, logs.get("rpc"))
        money = Money(settings, self.file, store, bus, clock, logs.get("usage"))
        asking = ModelRequests(models, self.sessions, money.way(models, observed, self.tracing), logs.get("reasoning"))
        self.tools = AgentTools(settings, paths, agents, money, self.streams, self.sessions, clock, logs)
        await self.tools.build(stack, kept, bus)
        self.runs = Runs(
            settings.runs,
            store=store,
            streams=self.streams,
            sessions=self.sessions,
            drafts=Drafts(self.streams, self.sessions, self.agents, self.tools.toolbox),
            turn=Turn(store, self.sessions, self.tools.toolbox, asking, self.tracing),
            tasks=tasks,
            log=logs.get("reasoning"),
        )
        self.openai = OpenAiParts(
            store, models, self.agents, money, clock, logs, lambda: self.settings.openai.allow_provider_models
        )
        self.openai.build(kept.responses, self.sessions, self.runs, bus)
        compacting = Compacting(store, self.streams, self.sessions, agents, models, asking.compaction, money.ledger)
        tokens = KnownTokens(kept.tokens)
        await tokens.refresh()
        self.outside = Outside(settings, store, self.streams, bus, self.tools, tasks, clock, logs)
        await self.outside.build(stack, paths, self.file, self.runs, self.sessions, tokens)
        self._features: tuple[Feature, ...] = (
            self.servers,
            money,
            self.openai,
            self.tools,
            self.outside,
            Forgetting(settings, kept, self.sessions, self.runs, clock, logs),
        )
        self.authenticator = Authenticator(settings.gateway.auth, tokens, clock)
        self.devices = Devices(self.authenticator, tokens, store.documents, clock, bus)
        await self.devices.open()
        self.sign_ins = SignIns(self.authenticator, tokens, clock)
        token_service = self.tokens = TokenService(tokens, clock, bus)
        self.limiter = RateLimiter(settings.gateway.rate_limit, clock)
        following = Following(store, self.streams, nodes.everywhere, nodes.stream_of)
        rows = table.by_name()
        namespaces = (
            ChatMethods(self.runs, self.sessions, following),
            SessionMethods(self.sessions, self.runs, compacting),
            EventMethods(self.runs, self.sessions, following),
            AgentMethods(self.agents),
            SystemMethods(self.status, rows, f"ws://{settings.gateway.bind}:{settings.gateway.port}/"),
            ConfigMethods(self.file, self.tools.pins),
            LogMethods(logs),
            TokenMethods(token_service),
            DeviceMethods(self.devices),
            DashboardMethods(self.sign_ins),
            *(namespace for feature in self._features for namespace in feature.namespaces()),
        )
        self.dispatcher = Dispatcher(join(rows, namespaces), self.limiter, observed, self.tools.guard)
        nodes.serve(tasks, self)
        self.judge = HeadJudge(rules_of(settings), bind=settings.gateway.bind, port=settings.gateway.port)
        self.places = Places(
            lambda: self.settings.gateway.max_connections_per_principal, lambda: self.settings.gateway.max_connections
        )
        self.door = SocketDoor(
            lambda: self.settings.gateway,
            self.devices,
            self.dispatcher,
            nodes.everywhere,
            self.places,
            CAPABILITIES,
            sockets.dialects(settings.gateway.control_ui.base_path),
            trusts=self.judge.trusts,
        )
        stack.callback(logs.subscribe(LogPublisher(bus)))
        stack.callback(
            nodes.everywhere.subscribe(Filter(names=frozenset({token_revoked.name, device_revoked.name})), self.door)
        )
        stack.callback(bus.subscribe(Filter(names=frozenset({chat_done.name})), self.run_counts))
        token_service.on_looked.append(self._end_invalid)
        stack.callback(self.file.subscribe(self._apply))

    def _end_invalid(self) -> None:
        """End what is open by a token that was revoked or has expired, whichever the door."""
        self.door.close_invalid()
        if self.phase == "ready":
            self.http.close_invalid(self.authenticator.valid)

    async def _listen(self, stack: AsyncExitStack) -> None:
        gateway, judge = self.settings.gateway, self.judge
        kept_in = self.paths.database(self.settings.storage.file).parent
        nodes = self.nodes
        health = Health(lambda: self.phase, nodes.engines, nodes.name, lambda: durable.room(kept_in), nodes.warnings)
        self.rest = RestDoor(
            DIALECTS,
            self.dispatcher,
            self.limiter,
            self.nodes.everywhere,
            self.places,
            outbox_bytes=lambda: self.settings.gateway.outbox_bytes,
            request_seconds=lambda: self.settings.gateway.request_timeout_seconds,
            people=People(lambda: self.settings.openai.user_jwt_secret),
        )
        self.mcp = McpDoor(self.dispatcher)
        self.http = HttpDoor(
            (
                *health.routes(),
                *MetricsDoor(self.metrics).routes(),
                *OpenApiDoor(DIALECTS).routes(),
                *Manual().routes(),
                *self.mcp.routes(),
                *HooksDoor(self.outside.channels.hook).routes(),
                *ControlUiDoor(*self._control_ui(), self.authenticator.recognise, self.devices.recognise).routes(),
                *self.rest.routes(),
            ),
            judge=judge,
            identify=self.authenticator.recognise,
            hand_over=lambda request: hand_over(request, self.door.server),
            spell=self.rest.spell,
            body_bytes=lambda: self.settings.gateway.max_message_bytes,
            request_seconds=lambda: self.settings.gateway.request_timeout_seconds,
        )
        self.http.add(
            DashboardDoor(
                self.sign_ins,
                self.authenticator.recognise,
                self.http.address,
                self.http.cookie,
                self.door.close_invalid,
            ).routes()
        )
        await self.door.server.start()
        self.listener = Listener(
            websockets=self.door.server,
            http=self.http.server(),
            judge=judge,
            max_connections=lambda: self.settings.gateway.max_connections,
            tls=tls_context(self.settings),
            refusal=self.rest.refusal,
        )
        counted(self)
        self.addresses = await self.listener.start(
            gateway.bind,
            gateway.port,
            reuse_port=gateway.reuse_port,
            sockets=adopted(self._options.sockets) or activated(self._options.environ, os.getpid()),
        )

    def _control_ui(self) -> tuple[str, Callable[[], Path | None]]:
        """Where OpenClaw's page is served, and how its folder is found."""
        chosen, env = self.settings.gateway.control_ui, self._options.environ
        if chosen.root is None:
            return chosen.base_path, lambda: None
        root = None if chosen.root == "auto" else Path(chosen.root).expanduser()
        return chosen.base_path, lambda: find_control_ui(env) if root is None else page_in(root)

    def _apply(self, old: Settings, new: Settings) -> None:
        """Take what changed in the configuration, all but what waits for a restart."""
        self.settings = new
        self.limiter.settings = new.gateway.rate_limit
        self.authenticator.settings = new.gateway.auth
        self.runs.apply(new.runs)
        self.agents.replace(new.agents)
        self.judge.rules = rules_of(new)
        self.logs.apply(new)
        for feature in self._features:
            feature.apply(new)
        self.door.apply()
        changed = [dotted(keys) for keys in differences(plain(old), plain(new))]
        waiting = [path for path in self.file.restart_needed if path in changed]
        event = ConfigChangedEvent(changed=changed, needs_restart=waiting)
        # Behind the answer to the call that changed it; each node says so when it holds there.
        asyncio.get_running_loop().call_soon(self.nodes.here.publish, Published(config_changed, event, user=""))

    async def _stop(self) -> None:
        """Nothing new; what is under way gets its time, and an end in any case; then everybody is sent away."""
        self.log.info("stopping", reason=self.stop_reason, runs=self.runs.running)
        deadline = anyio.current_time() + (seconds := self.settings.gateway.shutdown_seconds)
        self.door.stopping = True
        if self._options.sockets:  # who comes now waits for this worker's successor
            self.listener.close_sockets()
        self.rest.stop(self.runs.busy)
        async with anyio.create_task_group() as group:
            for part in (self.runs, *self._features):
                group.start_soon(part.close, seconds)
        self.rest.end_streams()
        for door in (self.http, self.mcp):
            await door.settle(max(0, deadline - anyio.current_time()))
        await self.listener.stop(grace=LAST_SECONDS)


def cause_of(error: BaseException) -> BaseException:
    """What went wrong in a task group: its first error; the others follow from it."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def rules_of(settings: Settings) -> HeadRules:
    """From where requests may come."""
    gateway = settings.gateway
    return HeadRules(tuple(gateway.allowed_hosts), tuple(gateway.allowed_origins), tuple(gateway.trusted_proxies))


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """The gateway's certificate, where one is configured."""
    tls = settings.gateway.tls
    if tls.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls.certificate, tls.key)
    return context
