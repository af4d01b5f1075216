"""What a run is offered: the tools and briefings of all sources."""

from __future__ import annotations

import operator
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeVar

import anyio

from openclaw_rpc.domain.agents import Agent, Agents
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.tools.base import Briefing, FixedTools, Tool, ToolSource
from openclaw_rpc.domain.tools.policy import PARTS, Decision, Policies, SecurityPolicy, matches
from openclaw_rpc.domain.tools.ports import RunContext, ToolSpec
from openclaw_rpc.protocol.errors import GatewayError

SOURCE_SECONDS: Final = 10.0
"""How long a source may take to say what it has."""
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What models' servers take as a tool's name."""
_COMPLAINTS_KEPT: Final = 1000

T = TypeVar("T")


NamesSkills = Callable[[RunContext], Awaitable[Sequence[str]]]
"""The method ``skills`` of a source that also knows which skills a run's message calls, like `@slug`."""


class Offered(NamedTuple):
    """A tool, what brought it, and what it needs before it is used."""

    tool: Tool
    source: str
    decision: Decision


class Offer(NamedTuple):
    """What a run may use, by name; what the model is told of it; and what is added to its prompt."""

    tools: dict[str, Offered]
    specs: list[ToolSpec]
    briefing: list[str]
    skills: list[str]


class _Source:
    """A source, and what is known of it beforehand. ``fixed`` are the tools of one that need not be asked."""

    def __init__(self, source: ToolSource) -> None:
        self.name = str(getattr(source, "name", "") or type(source).__name__)
        self.fixed = source.fixed if isinstance(source, FixedTools) else None
        self.tools = source.tools
        self.briefing = source.briefing if isinstance(source, Briefing) else None
        self.skills: NamesSkills | None = getattr(source, "skills", None)
        self.bounded = bool(getattr(source, "bounded", False))


class _Heard:
    """What the sources said; the tools of each with its name."""

    def __init__(self) -> None:
        self.tools: list[tuple[str, Sequence[Tool]]] = []
        self.briefing: list[str] = []
        self.skills: dict[str, None] = {}


class _Judged:
    """What was decided of the tools of an agent, under the rules of that time.

    ``chosen`` and ``specs`` are what came of what sources answered the last time: mostly it is the same again.
    """

    def __init__(self, agent: Agent, settings: SecurityPolicy) -> None:
        self.agent = agent
        self.settings = settings
        self.tools: dict[str, tuple[Tool, Offered | None]] = {}
        self.answered: list[Sequence[Tool]] = []
        self.chosen: dict[str, Offered] = {}
        self.specs: list[ToolSpec] = []


class Offers:
    """Asks the sources, and keeps what an agent may use of what they have.

    Where two tools have one name, that of the source that stands first is offered. A source that fails or takes too
    long is logged, and the others are offered all the same.
    """

    def __init__(self, sources: Sequence[ToolSource], agents: Agents, policies: Policies, log: Log) -> None:
        self._sources = [_Source(source) for source in sources]
        self._agents = agents
        self._policies = policies
        self._log = log
        self._complained: set[tuple[str, str]] = set()
        self._judged: dict[str, _Judged] = {}

    def add(self, source: ToolSource) -> None:
        """Ask one more source, behind the others."""
        self._sources.append(_Source(source))

    async def tools(self, context: RunContext) -> dict[str, Offered]:
        """The tools that the run's agent may use.

        Raises:
            NotFound: there is no such agent.
        """
        return self._chosen(context, await self._gather(context, briefing=False)).chosen

    async def everything(self, context: RunContext) -> Offer:
        """The same, with what is added to the prompt.

        Raises:
            NotFound: there is no such agent.
        """
        heard = await self._gather(context, briefing=True)
        judged = self._chosen(context, heard)
        return Offer(judged.chosen, judged.specs, heard.briefing, list(heard.skills))

    async def _gather(self, context: RunContext, *, briefing: bool) -> _Heard:
        """Ask one after the other: hardly any has to wait. One that does for too long is passed over."""
        heard = _Heard()
        for one in self._sources:
            if one.fixed is not None:
                heard.tools.append((one.name, one.fixed))
            elif one.bounded:
                await self._ask(one, context, heard, briefing=briefing)
            else:
                with anyio.move_on_after(SOURCE_SECONDS) as scope:
                    await self._ask(one, context, heard, briefing=briefing)
                if scope.cancelled_caught:
                    self._log.warning("a source of tools takes too long", source=one.name, seconds=SOURCE_SECONDS)
        return heard

    async def _ask(self, one: _Source, context: RunContext, heard: _Heard, *, briefing: bool) -> None:
        heard.tools.append((one.name, await self._said(one, one.tools, context)))
        if briefing and one.briefing is not None:
            heard.briefing += await self._said(one, one.briefing, context)
        if briefing and one.skills is not None:
            heard.skills.update(dict.fromkeys(await self._said(one, one.skills, context)))

    async def _said(
        self, one: _Source, question: Callable[[RunContext], Awaitable[Sequence[T]]], context: RunContext
    ) -> Sequence[T]:
        try:
            return await question(context)
        except GatewayError as error:
            self._log.warning("a source of tools failed", source=one.name, error=error.message)
        except Exception as error:
            self._log.error("a source of tools failed", source=one.name, error=repr(error), exc_info=True)
        return ()

    def _chosen(self, context: RunContext, heard: _Heard) -> _Judged:
        agent, settings = self._agents.get(context.agent_id), self._policies.settings
        judged = self._judged.get(agent.id)
        if judged is None or judged.agent is not agent or judged.settings is not settings:
            # Nobody's rules changed since: what was decided of a tool holds.
            judged = self._judged[agent.id] = _Judged(agent, settings)
        answered = [tools for _, tools in heard.tools]
        if len(answered) == len(judged.answered) and all(map(operator.is_, answered, judged.answered)):
            return judged
        chosen: dict[str, Offered] = {}
        for source, tools in heard.tools:
            for tool in tools:
                name = tool.spec.name
                known = judged.tools.get(name)
                if known is None or known[0] is not tool:
                    known = judged.tools[name] = (tool, self._judge(source, tool, agent))
                if name in chosen:
                    self._complain("two tools have one name", source, name)
                elif known[1] is not None:
                    chosen[name] = known[1]
        judged.answered, judged.chosen = answered, chosen
        judged.specs = [one.tool.spec for one in chosen.values() if one.decision.policy != "deny"]
        return judged

    def _judge(self, source: str, tool: Tool, agent: Agent) -> Offered | None:
        """What a tool is to an agent: nothing where its rules are against it."""
        name, rules = tool.spec.name, agent.rules
        if NAME.fullmatch(name) is None:
            self._complain("a tool has an invalid name", source, name)
            return None
        names = (name, PARTS[name]) if name in PARTS else (name,)
        if not any(matches(p, n) for p in rules.allow for n in names):
            return None
        if any(matches(p, n) for p in rules.deny for n in names):
            return None
        return Offered(tool, source, self._policies.decide(name, dangerous=tool.dangerous, agent_id=agent.id))

    def _complain(self, what: str, source: str, tool: str) -> None:
        """Say so once: a run asks anew each time."""
        if (source, tool) not in self._complained and len(self._complained) < _COMPLAINTS_KEPT:
            self._complained.add((source, tool))
            self._log.warning(what, source=source, tool=tool)
