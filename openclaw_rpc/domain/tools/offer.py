"""What a run is offered: the tools and briefings of all sources, gathered side by side."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, runtime_checkable

import anyio

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.ports import Log, RunContext
from openclaw_rpc.domain.tools.base import Tool, ToolSource
from openclaw_rpc.domain.tools.policy import Decision, Policies, matches
from openclaw_rpc.protocol.errors import GatewayError

SOURCE_SECONDS: Final = 10.0
"""How long a source may take to say what it has."""
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What models' servers take as a tool's name."""
_COMPLAINTS_KEPT: Final = 1000


@runtime_checkable
class NamesSkills(Protocol):
    """A source that also knows which skills a run was told to use."""

    async def skills(self, context: RunContext) -> Sequence[str]:
        """The slugs of the skills that the run's message calls, like `@slug`."""
        ...


class Offered(NamedTuple):
    """A tool, what brought it, and what it needs before it is used."""

    tool: Tool
    source: str
    decision: Decision


class Offer(NamedTuple):
    """What a run may use, by name, and what is added to its prompt."""

    tools: dict[str, Offered]
    briefing: list[str]
    skills: list[str]


class _Found:
    """What one source said."""

    def __init__(self, source: ToolSource) -> None:
        self.source = source
        self.name = str(getattr(source, "name", "") or type(source).__name__)
        self.tools: Sequence[Tool] = ()
        self.briefing: Sequence[str] = ()
        self.skills: Sequence[str] = ()


class Offers:
    """Asks the sources, and keeps what an agent may use of what they have.

    Where two tools have one name, that of the source that stands first is offered. A source that fails or takes too
    long is logged, and the others are offered all the same.
    """

    def __init__(self, sources: Sequence[ToolSource], agents: Agents, policies: Policies, log: Log) -> None:
        self._sources = sources
        self._agents = agents
        self._policies = policies
        self._log = log
        self._complained: set[tuple[str, str]] = set()

    async def tools(self, context: RunContext) -> dict[str, Offered]:
        """The tools that the run's agent may use.

        Raises:
            NotFound: there is no such agent.
        """
        return self._chosen(context, await self._gather(context, briefing=False))

    async def everything(self, context: RunContext) -> Offer:
        """The same, with what is added to the prompt.

        Raises:
            NotFound: there is no such agent.
        """
        found = await self._gather(context, briefing=True)
        return Offer(
            self._chosen(context, found),
            [text for one in found for text in one.briefing],
            list(dict.fromkeys(slug for one in found for slug in one.skills)),
        )

    async def _gather(self, context: RunContext, *, briefing: bool) -> list[_Found]:
        found = [_Found(source) for source in self._sources]

        async def ask(one: _Found) -> None:
            one.tools = await self._bounded(one.name, one.source.tools, context)
            if briefing:
                one.briefing = await self._bounded(one.name, one.source.briefing, context)
                if isinstance(one.source, NamesSkills):
                    one.skills = await self._bounded(one.name, one.source.skills, context)

        async with anyio.create_task_group() as group:
            for one in found:
                group.start_soon(ask, one)
        return found

    async def _bounded(
        self, name: str, question: Callable[[RunContext], Awaitable[Sequence[Any]]], context: RunContext
    ) -> Sequence[Any]:
        try:
            with anyio.fail_after(SOURCE_SECONDS):
                return await question(context)
        except TimeoutError:
            self._log.warning("a source of tools takes too long", source=name, seconds=SOURCE_SECONDS)
        except GatewayError as error:
            self._log.warning("a source of tools failed", source=name, error=error.message)
        except Exception as error:
            self._log.error("a source of tools failed", source=name, error=repr(error), exc_info=True)
        return ()

    def _chosen(self, context: RunContext, found: Sequence[_Found]) -> dict[str, Offered]:
        rules = self._agents.get(context.agent_id).rules
        chosen: dict[str, Offered] = {}
        for one in found:
            for tool in one.tools:
                name = tool.spec.name
                if NAME.fullmatch(name) is None:
                    self._complain("a tool's name is no name", one.name, name)
                elif name in chosen:
                    self._complain("two tools have one name", one.name, name)
                elif any(matches(p, name) for p in rules.allow) and not any(matches(p, name) for p in rules.deny):
                    decision = self._policies.decide(name, dangerous=tool.dangerous, agent_id=context.agent_id)
                    chosen[name] = Offered(tool, one.name, decision)
        return chosen

    def _complain(self, what: str, source: str, tool: str) -> None:
        """Say so once: a run asks anew each time."""
        if (source, tool) not in self._complained and len(self._complained) < _COMPLAINTS_KEPT:
            self._complained.add((source, tool))
            self._log.warning(what, source=source, tool=tool)
