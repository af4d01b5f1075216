"""An agent with tools in memory: its model, its tools, and those who decide, to be played with."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio
import msgspec

from openclaw_rpc.adapters.bus.memory import MemoryBus
from openclaw_rpc.adapters.tasks import LoopTasks
from openclaw_rpc.domain.agents import Agents, AgentSettings
from openclaw_rpc.domain.budgets import Budgets
from openclaw_rpc.domain.chunks import Chunk, ToolCallPart
from openclaw_rpc.domain.events.bus import Filter
from openclaw_rpc.domain.events.change import Change
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.events.streams import Streams
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import Models, ProviderSettings
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.providers import OfferedModel, Prompt, ProviderFault
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.domain.runs.drafts import Drafts
from openclaw_rpc.domain.runs.model_requests import ModelRequests
from openclaw_rpc.domain.runs.service import Runs
from openclaw_rpc.domain.runs.spending import Spending
from openclaw_rpc.domain.runs.turn import Turn
from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.tools.approvals import Approvals
from openclaw_rpc.domain.tools.audit import Auditor, AuditQuery
from openclaw_rpc.domain.tools.base import Run, Tool, ToolSource
from openclaw_rpc.domain.tools.guard import DirectGuard
from openclaw_rpc.domain.tools.offer import Offers
from openclaw_rpc.domain.tools.pin import PinGuard
from openclaw_rpc.domain.tools.policy import Policies, PolicyMap, SecurityPolicy
from openclaw_rpc.domain.tools.ports import Preparation, RunContext, ToolSpec
from openclaw_rpc.domain.tools.toolbox import Safety, Tools
from openclaw_rpc.domain.tracing import Tracing
from openclaw_rpc.protocol import chat, tool
from openclaw_rpc.protocol.audit import AuditRecord
from openclaw_rpc.protocol.base import JsonObject, Scope
from openclaw_rpc.protocol.chat import ChatRunParams, Usage
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.table import events
from openclaw_rpc.protocol.tool import ApprovalInfo
from tests.support.clock import ManualClock
from tests.support.context import without_context
from tests.support.logs import ListLog
from tests.support.store import session
from tests.support.volatile.approvals import MemoryApprovalStore
from tests.support.volatile.audit import MemoryAuditLog
from tests.support.volatile.pin import MemoryPinStore
from tests.support.volatile.store import VolatileStore

PIN = "2468"
EVERYTHING = frozenset(Scope)
ADA = Principal("ada", "laptop", frozenset({Scope.READ, Scope.CHAT, Scope.TOOLS}))
EVE = Principal("eve", "phone", frozenset({Scope.READ, Scope.CHAT, Scope.TOOLS}))
OBEY = re.compile(r"\[\[call:(\w+) (\{.*?\})\]\]")


class Lines:
    """A log that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def debug(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("debug", event, fields))

    def info(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, /, **fields: Any) -> None:
        self.lines.append(("error", event, fields))

    @property
    def said(self) -> list[str]:
        return [event for _, event, _ in self.lines]


class Source:
    """Tools as a test gives them. ``used`` are the uses that began."""

    def __init__(self, name: str = "test", briefing: Sequence[str] = ()) -> None:
        self.name = name
        self.used: list[tuple[str, JsonObject]] = []
        self._tools: list[Tool] = []
        self._briefing = briefing

    def add(
        self,
        name: str,
        run: Run | None = None,
        *,
        dangerous: bool = False,
        parameters: JsonObject | None = None,
        result: Any = "ok",
        **spec: Any,
    ) -> Source:
        async def tracked(params: JsonObject, context: RunContext) -> Any:
            self.used.append((name, params))
            return await run(params, context) if run is not None else result

        about = ToolSpec(name=name, description=f"It is {name}.", parameters=parameters or {"type": "object"}, **spec)
        self._tools.append(Tool(spec=about, run=tracked, dangerous=dangerous))
        return self

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        return self._tools

    async def briefing(self, context: RunContext) -> Sequence[str]:
        return self._briefing

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.used]


class Workspace:
    """The users' files, in memory."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}

    async def spill(self, context: RunContext, name: str, text: str) -> str:
        path = f"/results/{name}"
        self.files[path] = text
        return path

    async def read_attachment(self, path: str, context: RunContext) -> str:
        if path not in self.files:
            raise NotFound(f"there is no file {path!r}")
        return self.files[path]


class NoTools:
    """A toolbox that is empty."""

    async def prepare(self, context: RunContext) -> Preparation:
        return Preparation()

    def widened(self, preparation: Preparation, context: RunContext) -> Preparation:
        return preparation

    async def use(self, name: str, params: Any, context: RunContext, call_id: str) -> Any:
        raise NotFound("there are no tools")

    async def read_attachment(self, path: str, context: RunContext) -> str:
        raise NotFound("there are no files")


class ObedientModel:
    """Does what it reads: a call that a message or a tool's result asks for; else it says what it was told."""

    name = "obedient"
    default_model = "obedient"

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []

    def context_tokens(self, model: str) -> int:
        return 1_000_000

    async def find_context(self, model: str) -> int:
        return 1_000_000

    @asynccontextmanager
    async def stream(self, prompt: Prompt, waits: Any = None) -> AsyncGenerator[AsyncIterator[Sequence[Chunk]]]:
        self.prompts.append(prompt)
        yield self._answer(without_context(str(prompt.messages[-1].get("content"))))

    async def _answer(self, text: str) -> AsyncIterator[Sequence[Chunk]]:
        calls = [
            ToolCallPart(index=at, id=f"call_{len(self.prompts)}_{at}", name=found[1], arguments=found[2])
            for at, found in enumerate(OBEY.finditer(text))
        ]
        yield [Chunk(text="" if calls else f"I read: {text}", tool_calls=calls, finish_reason="stop")]

    def chat(self, body: bytes, *, carry: bool, counted: bool) -> Any:
        raise NotImplementedError

    async def complete(self, body: bytes) -> Any:
        raise NotImplementedError

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        raise NotImplementedError

    async def models(self) -> list[OfferedModel]:
        return []

    async def aclose(self) -> None:
        return


class Unmeasured:
    """A meter that counts nothing."""

    def model_answered(self, provider: str, model: str, usage: Usage, seconds: float) -> None: ...

    def model_failed(self, fault: ProviderFault) -> None: ...


def unlimited(models: Models, clock: ManualClock) -> Spending:
    """The way to models where there are no budgets."""
    budgets = Budgets({}, VolatileStore(), clock, lambda data, user: None)
    return Spending(models, budgets, Unmeasured(), clock, Tracing())


def ledger() -> Ledger:
    """A ledger that nobody reads."""
    return Ledger(VolatileStore(), ListLog())


class Ears:
    """Hears events and lets tests wait for them."""

    def __init__(self) -> None:
        self.heard: list[Published] = []
        self._more = anyio.Event()

    def hear(self, event: Published) -> None:
        self.heard.append(event)
        self._more.set()
        self._more = anyio.Event()

    async def event(self, name: str, number: int = 1) -> Any:
        """The data of an event, the first of its name where nothing else is said."""
        with anyio.fail_after(5):
            while len(found := [one for one in self.heard if one.row.name == name]) < number:
                await self._more.wait()
        return found[number - 1].data

    def named(self, name: str) -> list[Any]:
        return [one.data for one in self.heard if one.row.name == name]


class ToolWorld:
    """Everything around a toolbox, in memory."""

    def __init__(
        self,
        *sources: ToolSource,
        security: SecurityPolicy | None = None,
        agents: Mapping[str, AgentSettings] | None = None,
        of_agent: Callable[[str], PolicyMap] | None = None,
        pin: str | None = PIN,
        seconds: float = 5,
        audit: Any = None,
        store: VolatileStore | None = None,
    ) -> None:
        self.clock = ManualClock()
        self.log = Lines()
        self.store = store or VolatileStore()
        self.bus = MemoryBus()
        rows = {**events(), **events(chat.METHODS), **events(tool.METHODS)}
        self.streams = Streams(self.store, rows, LoopTasks(), self.bus)
        self.agents = Agents(agents or {})
        self.sessions = Sessions(self.store, self.streams, self.agents, self.clock)
        self.audit = audit or MemoryAuditLog()
        self.pins = MemoryPinStore(pin)
        self.policies = Policies(security or SecurityPolicy(), *(() if of_agent is None else (of_agent,)))
        self.auditor = Auditor(self.audit, self.clock, lambda value: value, self.log)
        self.guard = PinGuard(self.pins, self.policies, self.auditor, self.clock)
        self.direct = DirectGuard(self.policies, self.guard, self.auditor)
        self.waiting = MemoryApprovalStore()
        self.approvals = Approvals(
            self.waiting,
            self.streams,
            self.bus,
            self.guard,
            self.auditor,
            self.clock,
            lambda: self.policies.settings.approval_seconds,
        )
        self.workspace = Workspace()
        self.safety = Safety(policies=self.policies, approvals=self.approvals, pins=self.guard, auditor=self.auditor)
        offers = Offers(sources, self.agents, self.policies, self.log)
        self.tools = Tools(offers, self.agents, self.safety, self.workspace, self.log, seconds=seconds)
        self.model = ObedientModel()
        self.ears = Ears()
        self.session: SessionRecord = session("one", "ada", agent_id="default")
        self.stream = self.streams.of(self.session)
        self.bus.subscribe(Filter(session_id=self.session.id), self.ears)

    async def open(self) -> None:
        """Keep the session, so that its events can be."""
        await self.store.commit(Change(session=self.session))

    def context(self, run_id: str = "run_1", scopes: frozenset[Scope] = EVERYTHING, **fields: Any) -> RunContext:
        given: dict[str, Any] = {
            "session_id": self.session.id,
            "session_key": self.session.key,
            "user": "ada",
            "agent_id": "default",
            "message": "hello",
            "token": "laptop",
        }
        return RunContext(run_id=run_id, scopes=scopes, **given | fields)

    async def use(self, name: str, params: JsonObject | None = None, **context: Any) -> Any:
        return await self.tools.use(name, params or {}, self.context(**context), "call_1")

    async def asked(self, number: int = 1) -> ApprovalInfo:
        """The approval that was asked for."""
        return await self.ears.event("tool.approval", number)

    async def records(self) -> list[AuditRecord]:
        """The audit log, the oldest first."""
        found, _ = await self.audit.query(AuditQuery(limit=1000))
        return found[::-1]

    async def outcomes(self) -> list[str]:
        return [record.outcome for record in await self.records()]

    @asynccontextmanager
    async def runs(self) -> AsyncGenerator[Runs]:
        """Runs with the obedient model."""
        models = Models({"primary": self.model}, {"primary": ProviderSettings(type="openai", model="obedient")})
        asking = ModelRequests(models, self.sessions, unlimited(models, self.clock), ListLog())
        turn = Turn(self.store, self.sessions, self.tools, asking)
        runs = Runs(
            _RunSettings(),
            store=self.store,
            streams=self.streams,
            sessions=self.sessions,
            drafts=Drafts(self.streams, self.sessions, self.agents, self.tools),
            turn=turn,
            tasks=LoopTasks(),
            log=self.log,
        )
        await self.open()
        async with runs.serving():
            yield runs
            await runs.close(1)

    async def say(self, runs: Runs, message: str, principal: Principal = ADA) -> str:
        """Send the agent a message; the run's id."""
        params = msgspec.convert({"message": message, "sessionKey": "one"}, ChatRunParams)
        accepted, release = await runs.start(principal, params)
        release()
        return accepted.run_id


class _RunSettings:
    max_running = 8
    max_queued = 8
    timeout_seconds = 30.0
    on_crash: Literal["interrupt", "retry"] = "interrupt"
