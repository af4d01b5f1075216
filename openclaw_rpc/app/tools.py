"""The wiring of what agents can do: memory, the browser, and the toolbox that they are in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack

import aiohttp

from openclaw_rpc.adapters.browser.driver import PlaywrightDriver
from openclaw_rpc.adapters.commands.runner import LocalRunner
from openclaw_rpc.adapters.logs import Logs
from openclaw_rpc.adapters.mcp.connector import SdkConnector
from openclaw_rpc.adapters.outbound import GuardedFetcher, guarded_session
from openclaw_rpc.adapters.providers.transcription import ProviderTranscriber
from openclaw_rpc.adapters.skills.engines import LocalEngines
from openclaw_rpc.adapters.skills.folder import SkillFolder
from openclaw_rpc.adapters.skills.host import LocalHost
from openclaw_rpc.adapters.workspace.local import KeptResults, LocalWorkspaces
from openclaw_rpc.app.chores import Work
from openclaw_rpc.app.features import Feature
from openclaw_rpc.app.money import Money
from openclaw_rpc.app.storage import Kept
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.secrets import redact
from openclaw_rpc.config.settings import Settings, switched_on
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.background import Background
from openclaw_rpc.domain.browser import Browsers
from openclaw_rpc.domain.clock import Clock
from openclaw_rpc.domain.commands import PATH, Commands
from openclaw_rpc.domain.events.bus import Bus, Filter
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.files import Files
from openclaw_rpc.domain.mcp import McpServers
from openclaw_rpc.domain.memory.embedding import ModelEmbedder, embedding_model
from openclaw_rpc.domain.memory.remembering import Remembering
from openclaw_rpc.domain.memory.service import Memories
from openclaw_rpc.domain.outbound import OutboundPolicy
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.skills.library import Surroundings
from openclaw_rpc.domain.skills.registry import Registry
from openclaw_rpc.domain.skills.running import SkillRunner
from openclaw_rpc.domain.skills.service import Skills
from openclaw_rpc.domain.tools.approvals import Approvals
from openclaw_rpc.domain.tools.audit import Auditor
from openclaw_rpc.domain.tools.browser import BrowserTools
from openclaw_rpc.domain.tools.commands import CommandTools
from openclaw_rpc.domain.tools.context_files import ContextFiles
from openclaw_rpc.domain.tools.files import FileTools, ToolFiles
from openclaw_rpc.domain.tools.forgetting import Forgetting
from openclaw_rpc.domain.tools.guard import DirectGuard
from openclaw_rpc.domain.tools.mcp import McpTools, Questions
from openclaw_rpc.domain.tools.memory import MemoryTools
from openclaw_rpc.domain.tools.offer import Offers
from openclaw_rpc.domain.tools.pin import PinGuard
from openclaw_rpc.domain.tools.policy import Policies
from openclaw_rpc.domain.tools.skills import SkillTools
from openclaw_rpc.domain.tools.toolbox import Safety, Tools
from openclaw_rpc.domain.tools.web import WebTools
from openclaw_rpc.domain.web import Web
from openclaw_rpc.methods.audit import AuditMethods
from openclaw_rpc.methods.browser import BrowserMethods
from openclaw_rpc.methods.command import CommandMethods
from openclaw_rpc.methods.file import FileMethods
from openclaw_rpc.methods.mcp import McpMethods
from openclaw_rpc.methods.memory import MemoryMethods
from openclaw_rpc.methods.skill import SkillMethods
from openclaw_rpc.methods.tool import ToolMethods
from openclaw_rpc.methods.web import WebMethods
from openclaw_rpc.rpc.bind import Namespace

CONNECTIONS = 2000
"""To all that is fetched and called at a time: those that hang must leave room for others."""


class AgentTools(Feature):
    """Everything that agents and clients can do besides talking, built once, told of each change of the settings."""

    of_one = frozenset({"compaction"})

    def __init__(
        self,
        settings: Settings,
        paths: Paths,
        agents: Agents,
        money: Money,
        streams: Streams,
        sessions: Sessions,
        clock: Clock,
        logs: Logs,
    ) -> None:
        self.settings = settings
        self.policy = OutboundPolicy(settings.outbound)
        self._paths = paths
        self.agents = agents
        self._streams = streams
        self._sessions = sessions
        self._clock = clock
        self._logs = logs
        self._log: Log = logs.get("tools")
        self._embedder = ModelEmbedder(self._embedding_model, money.spending, money.ledger)
        self.transcriber = ProviderTranscriber(lambda: self.settings.providers, money.spending, money.ledger)
        self._session: aiohttp.ClientSession | None = None

    async def build(self, stack: AsyncExitStack, stored: Kept, bus: Bus) -> None:
        """Make every part; what has to be closed is left to ``stack``."""
        self._bus = bus
        self._stack, self._stored = stack, stored
        paths = self._paths
        self.memories = Memories(stored.memories, self._clock, self._logs.get("memory"), self.settings.memory)
        stack.push_async_callback(self.memories.settle)
        remembering = Remembering(self.memories, self.agents, self._logs.get("memory"))
        stack.callback(self._bus.subscribe(Filter(names=Remembering.hears), remembering))
        self._embed()
        driver = PlaywrightDriver(lambda: self.settings.browser, paths.browser, lambda: self.policy)
        self.browsers = Browsers(
            lambda: self.settings.browser, driver, lambda: self.policy, self._clock, self._logs.get("browser")
        )
        stack.push_async_callback(self.browsers.stop)
        self._build_workspace()
        await self._build_skills()
        self._build_safety()
        self.approvals.shared = stored.nodes is not None
        if not self.approvals.shared:
            await self.approvals.recover()
        self._build_toolbox()
        self._forgetting = Forgetting(self._kept, self._log)
        stack.callback(self._bus.subscribe(Filter(names=Forgetting.hears), self._forgetting))

    def _embedding_model(self) -> str | None:
        return embedding_model(self.settings.memory, self.settings.providers)

    def _embed(self) -> None:
        """Have memories found by their meaning too, where that is wanted and a model is known."""
        model = self._embedding_model()
        if model is None and self.settings.memory.embeddings:
            self._log.warning("memories are found by their words alone: set memory.embedding_model")
        self.memories.embed_with(None if model is None else self._embedder)

    def _build_workspace(self) -> None:
        """Files, commands that run among them, and the web."""
        paths = self._paths
        workspaces = LocalWorkspaces(paths.workspace, paths.home / "workspaces")
        self.workspaces = workspaces
        self._kept = KeptResults(paths.state / "results")
        self.files = Files(workspaces, self.settings.files)
        runner = self._runner = LocalRunner(
            lambda: self.settings.security,
            self._logs.get("commands"),
            hidden=(paths.home, paths.state, paths.cache, paths.logs),
        )
        self.commands = Commands(
            runner, workspaces, lambda: self.settings.security, bash=shutil.which("bash", path=PATH)
        )
        self.background = Background(
            self.commands, lambda: self.settings.security, self._clock, self._logs.get("commands")
        )
        self._stack.callback(self._bus.subscribe(Filter(names=Background.hears), self.background))
        self.fetcher = GuardedFetcher(self.outbound, lambda: self.policy)
        self.web = Web(self.fetcher)

    async def _build_skills(self) -> None:
        """Skills, and the MCP servers whose tools agents may use."""
        paths, log = self._paths, self._logs.get("skills")
        engines = LocalEngines(self._runner, log)
        running = SkillRunner(
            engines, self.workspaces, lambda: self.settings.skills, lambda: self.settings.security.command_limits
        )
        registry = Registry(self.fetcher, lambda: self.settings.skills)
        around = Surroundings(
            host=LocalHost(),
            env=lambda slug: self.settings.skills.env.get(slug, {}),
            setting=lambda name: switched_on(self.settings, name),
        )
        records = self._stored.skills
        self.skills = Skills(SkillFolder(paths.skills), records, running, registry, around, self._clock, self._bus, log)
        await self.skills.open()
        connector = SdkConnector(self.outbound, lambda: self.policy, paths.workspace, self._logs.get("mcp"))
        self.servers = McpServers(connector, lambda: self.settings.mcp, self._clock, self._logs.get("mcp"))

    def outbound(self) -> aiohttp.ClientSession:
        """The session that fetches for others, made when it is first needed."""
        if self._session is None:
            self._session = guarded_session(lambda: self.policy, connections=CONNECTIONS)
            self._stack.push_async_callback(self._session.close)
        return self._session

    def _build_safety(self) -> None:
        """Those who decide what a tool may do, and write down what it did."""
        clock = self._clock
        self.audit_log = self._stored.audit
        auditor = Auditor(self.audit_log, clock, redact, self._log)
        self.policies = Policies(self.settings.security, lambda agent_id: self.agents.get(agent_id).policies)
        pins = self.pins = PinGuard(self._stored.pins, self.policies, auditor, clock)
        self.approvals = Approvals(
            self._stored.approvals,
            self._streams,
            self._bus,
            pins,
            auditor,
            clock,
            lambda: self.policies.settings.approval_seconds,
        )
        self._safety = Safety(policies=self.policies, approvals=self.approvals, pins=pins, auditor=auditor)
        self.guard = DirectGuard(self.policies, pins, auditor)

    def _build_toolbox(self) -> None:
        skills = SkillTools(
            self.skills, self.agents, lambda: self.settings.skills, os.path.realpath(self._paths.skills)
        )
        sources = (
            ContextFiles(self.files, self.agents),
            FileTools(self.files, self._kept),
            CommandTools(self.commands, self.background, skills, self._kept),
            WebTools(self.web),
            MemoryTools(self.memories, self.agents),
            BrowserTools(self.browsers, self.files),
            skills,
            McpTools(self.servers, self.files, Questions(self.approvals, self.pins, self._log)),
        )
        offers = Offers(sources, self.agents, self.policies, self._log)
        self.toolbox = Tools(offers, self.agents, self._safety, ToolFiles(self.files, self._kept), self._log)

    def namespaces(self) -> tuple[Namespace, ...]:
        """The handlers of their rows."""
        return (
            MemoryMethods(self.memories),
            BrowserMethods(self.browsers),
            FileMethods(self.files),
            CommandMethods(self.commands, self.background),
            WebMethods(self.web),
            SkillMethods(self.skills, self.toolbox, self._sessions),
            McpMethods(self.servers),
            ToolMethods(self.toolbox, self.approvals, self._sessions),
            AuditMethods(self.audit_log),
        )

    def chores(self) -> Iterator[tuple[str, Work]]:
        """What goes on by itself."""
        yield "compaction", self.memories.keep_compacting
        yield "conversations", self.memories.keep_conversations
        yield "browser", self.browsers.stop_when_idle
        yield "mcp", self.servers.serve
        yield "skills", self.skills.keep_fresh
        yield "commands", self.background.serve
        yield "forgetting", self._forgetting.serve

    def apply(self, settings: Settings) -> None:
        """Take what changed in the configuration."""
        self.settings = settings
        self.policy = OutboundPolicy(settings.outbound)
        self.memories.settings = settings.memory
        self._embed()
        self.policies.settings = settings.security
        self.files.settings = settings.files
        self.servers.apply()
        self.skills.settings_changed()
