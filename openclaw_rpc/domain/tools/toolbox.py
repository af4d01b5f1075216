"""The toolbox: what agents can do besides talking, each use within the policies, the limits and the audit log.

Tools need the scope ``tools``: who may not call `file.read` does not read files by asking an agent to. A run of a token
that has ``chat`` alone is given no tools, and what belongs to its prompt all the same.

A PIN that came with a run's request agrees to nothing: it was given before anybody knew which call the agent would
make, and pages and files have a say in that. Within a run each call is asked for by `tool.approval`.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, Protocol

import anyio
import msgspec

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.clock import new_id
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.domain.pictures import WithPictures
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.records import SessionRecord
from openclaw_rpc.domain.tools import schema
from openclaw_rpc.domain.tools.approvals import Approvals
from openclaw_rpc.domain.tools.audit import Actor, Auditor
from openclaw_rpc.domain.tools.base import Tool, ToolSource
from openclaw_rpc.domain.tools.offer import Offered, Offers
from openclaw_rpc.domain.tools.pin import PinGuard
from openclaw_rpc.domain.tools.policy import UNWATCHED, Policies
from openclaw_rpc.domain.tools.ports import Preparation, RunContext
from openclaw_rpc.domain.tools.results import Results, Spill
from openclaw_rpc.domain.tools.searching import LongOffer, Search
from openclaw_rpc.protocol.base import JsonObject, Scope
from openclaw_rpc.protocol.errors import Forbidden, GatewayError, InternalError, NotFound, Timeout
from openclaw_rpc.protocol.surrogates import writable
from openclaw_rpc.protocol.tool import ToolInfo, ToolInvoked, ToolList

TOOL_SECONDS: Final = 300.0
"""How long one use of a tool may take; waiting for a human does not count."""
READ_KEPT: Final = 20
READ_CHARACTERS: Final = 200
RUNS_KEPT: Final = 256
"""Of how many runs it is remembered what they were offered; others are asked for anew."""


class AgentFiles(Spill, Protocol):
    """What the toolbox needs of the users' files."""

    async def read_attachment(self, path: str, context: RunContext) -> str:
        """The text of a file that came with a message.

        Raises:
            NotFound, InvalidRequest, TooLarge: as they say.
        """
        ...


class Safety(msgspec.Struct, frozen=True, kw_only=True):
    """Those who decide and write down."""

    policies: Policies
    approvals: Approvals
    pins: PinGuard
    auditor: Auditor


class Tools:
    """The tools of all sources, as `Toolbox` of the runs and for those who use one directly."""

    def __init__(
        self,
        offers: Offers,
        agents: Agents,
        safety: Safety,
        workspace: AgentFiles,
        log: Log,
        *,
        seconds: float = TOOL_SECONDS,
    ) -> None:
        self._offers = offers
        self._agents = agents
        self._safety = safety
        self._workspace = workspace
        self._results = Results(workspace, log)
        self._log = log
        self._seconds = seconds
        self._offered: OrderedDict[str, dict[str, Offered]] = OrderedDict()
        self._search = Search()
        self._searching: OrderedDict[str, LongOffer] = OrderedDict()
        self._read: OrderedDict[str, list[str]] = OrderedDict()

    def add(self, source: ToolSource) -> None:
        """Offer the tools of one more source, behind the others."""
        self._offers.add(source)

    async def prepare(self, context: RunContext) -> Preparation:
        """What belongs to a run: tools that a policy denies, or all where its token may use none, are left out."""
        offer = await self._offers.everything(context)
        allowed = Scope.TOOLS in context.scopes
        long = self._search.long(offer, context.agent_id, self._agents.get(context.agent_id).max_tools)
        if not allowed or long is None:
            self._remember(context.run_id, offer.tools if allowed else {})
            return Preparation(system=offer.briefing, tools=offer.specs if allowed else (), skills=offer.skills)
        self._remember(context.run_id, long.tools)
        self._searching[context.run_id] = long
        while len(self._searching) > RUNS_KEPT:
            self._searching.popitem(last=False)
        return Preparation(system=offer.briefing, tools=self._search.specs(long, context), skills=offer.skills)

    def widened(self, preparation: Preparation, context: RunContext) -> Preparation:
        """The same, with the tools that the run's searches found since."""
        long = self._searching.get(context.run_id)
        tools = preparation.tools if long is None else self._search.specs(long, context)
        return preparation if tools is preparation.tools else msgspec.structs.replace(preparation, tools=tools)

    async def use(self, name: str, params: JsonObject, context: RunContext, call_id: str) -> Any:
        """Use a tool for a run; what is too long is cut, and kept whole as a file. Pictures come beside the result.

        Raises:
            NotFound: the run has no such tool. InvalidRequest: the params do not fit it.
            Forbidden: a policy or a human is against it. Timeout: it took too long.
            GatewayError: it failed.
        """
        tool = await self._tool(name, context)
        decision = self._safety.policies.decide(name, dangerous=tool.dangerous, agent_id=context.agent_id)
        if not tool.strict or decision.policy != "allow":
            schema.check(name, tool.spec.parameters, params)
        actor = Actor.of_run(context, call_id)
        if decision.policy == "deny":
            await self._denied(actor, name, params)
        read = self._read.get(context.run_id, ()) if tool.dangerous else ()
        asks = read and self._safety.policies.asks_after_untrusted(context.channel, guest=context.guest)
        if asks and decision.policy == "allow":
            await self._refuse_unwatched(actor, name, params, context, read)
            decision = decision._replace(policy="ask")
        if decision.policy == "ask":
            pin = decision.needs_pin
            grant = await self._safety.approvals.ask(context, call_id, name, params, needs_pin=pin, read=read)
            params = grant.redeem(context.run_id, name, params)
        result = await self._act(tool, params, context, actor)
        if tool.outside:
            self._note_read(context.run_id, name, params)
        if isinstance(result, WithPictures):
            told = await self._results.bounded(name, result.result, context, call_id)
            return msgspec.structs.replace(result, result=told)
        return await self._results.bounded(name, result, context, call_id)

    async def read_attachment(self, path: str, context: RunContext) -> str:
        """The text of a file of the workspace that came with a message.

        Raises:
            Forbidden: the run's token may not read files.
            NotFound, InvalidRequest, TooLarge: as they say.
        """
        if Scope.TOOLS not in context.scopes:
            raise Forbidden("files need the scope 'tools'", field="attachments", reason="missing_scope")
        return await self._workspace.read_attachment(path, context)

    async def list(self, principal: Principal, agent_id: str | None) -> ToolList:
        """The tools of an agent, those that a policy denies too.

        Raises:
            NotFound: there is no such agent.
        """
        agent = self._agents.get(agent_id)
        tools = await self._offers.tools(_direct(principal, agent.id))
        return ToolList(agent_id=agent.id, tools=[_info(tools[name]) for name in sorted(tools)])

    async def invoke(
        self,
        principal: Principal,
        name: str,
        params: JsonObject,
        *,
        session: SessionRecord | None = None,
        pin: str | None = None,
    ) -> ToolInvoked:
        """Use a tool as the session's agent may, the result whole.

        Whoever calls directly has decided for themselves: the policy ``ask`` holds nothing up, but the PIN does.

        Raises:
            As `use`, and Forbidden with the reasons of `PinGuard.require`.
        """
        agent_id = session.agent_id if session is not None else self._agents.default.id
        context, call_id = _direct(principal, agent_id, session), new_id("call")
        tools = await self._offers.tools(context)
        offered = tools.get(name)
        if offered is None:
            raise NotFound(f"there is no tool {name!r}{meant(name, tools)}", field="name")
        tool, decision = offered.tool, offered.decision
        schema.check(name, tool.spec.parameters, params)
        actor = Actor.of_run(context, call_id)
        if decision.policy == "deny":
            await self._denied(actor, name, params)
        if decision.needs_pin:
            await self._safety.pins.check(principal, pin, name, actor)
        began = time.monotonic()
        result = await self._act(tool, params, context, actor)
        if isinstance(result, WithPictures):
            result = result.result
        self._results.text(name, result)
        passed = round((time.monotonic() - began) * 1000)
        return ToolInvoked(call_id=call_id, tool=name, result=result, duration_ms=passed)

    def _note_read(self, run_id: str, name: str, params: JsonObject) -> None:
        """Remember that a run has read what others wrote."""
        read = self._read.setdefault(run_id, [])
        what = f"{name} {params['url']}"[:READ_CHARACTERS] if isinstance(params.get("url"), str) else name
        if what not in read and len(read) < READ_KEPT:
            read.append(what)
        while len(self._read) > RUNS_KEPT:
            self._read.popitem(last=False)

    async def _refuse_unwatched(
        self, actor: Actor, name: str, params: JsonObject, context: RunContext, read: Sequence[str]
    ) -> None:
        """In a run of a task nobody is there to be asked.

        Raises:
            Forbidden: it is one.
        """
        if context.channel not in UNWATCHED:
            return
        await self._safety.auditor.note("denied", actor, name, params, reason="after_untrusted")
        raise Forbidden(
            f"{name} would ask a human, since this run has read {', '.join(read)}, and nobody watches it",
            reason="after_untrusted",
        )

    def _remember(self, run_id: str, tools: dict[str, Offered]) -> None:
        self._offered[run_id] = tools
        while len(self._offered) > RUNS_KEPT:
            self._offered.popitem(last=False)

    async def _tool(self, name: str, context: RunContext) -> Tool:
        """A tool of those that the run was offered: a name that a model makes up is no way to another."""
        offered = self._offered.get(context.run_id)
        if offered is None:
            offered = await self._offers.tools(context) if Scope.TOOLS in context.scopes else {}
            self._remember(context.run_id, offered)
        found = offered.get(name)
        if found is None:
            raise NotFound(
                f"there is no tool {name!r}; there are: {', '.join(sorted(offered)) or 'none'}", field="name"
            )
        return found.tool

    async def _denied(self, actor: Actor, name: str, params: JsonObject) -> None:
        await self._safety.auditor.note("denied", actor, name, params, reason="policy")
        raise Forbidden(f"a policy denies {name}", reason="denied_by_policy")

    async def _act(self, tool: Tool, params: JsonObject, context: RunContext, actor: Actor) -> Any:
        if not tool.dangerous:
            return await self._run(tool, params, context)
        async with self._safety.auditor.act(actor, tool.spec.name, params):
            return await self._run(tool, params, context)

    async def _run(self, tool: Tool, params: JsonObject, context: RunContext) -> Any:
        name = tool.spec.name
        try:
            if tool.untimed:
                return writable(await tool.run(params, context))
            with anyio.move_on_after(self._seconds):
                return writable(await tool.run(params, context))
        except GatewayError:
            raise
        except Exception as error:
            self._log.error("a tool failed", tool=name, error=repr(error), exc_info=True)
            raise InternalError(f"{name} failed; the gateway's log says why") from None
        raise Timeout(f"{name} took longer than {self._seconds:g} s")


def _direct(principal: Principal, agent_id: str, session: SessionRecord | None = None) -> RunContext:
    """For whom somebody works who calls directly."""
    return RunContext(
        run_id="",
        session_id=session.id if session is not None else "",
        session_key=session.key if session is not None else "",
        user=session.user if session is not None else principal.user,
        scopes=principal.scopes,
        agent_id=agent_id,
        message="",
        token=principal.name,
    )


def _info(offered: Offered) -> ToolInfo:
    spec, decision = offered.tool.spec, offered.decision
    return ToolInfo(
        name=spec.name,
        description=spec.description,
        parameters=spec.parameters,
        dangerous=offered.tool.dangerous,
        policy=decision.policy,
        needs_pin=decision.needs_pin,
        source=offered.source,
        skill=spec.skill,
    )
