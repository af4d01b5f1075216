"""More tools than a model takes: those of MCP servers and skills are then found by `tool_search`.

What a session's searches found is told its model with the other tools, from the next question on. Policies, approvals
and the audit log stand around a tool that was found as around any other.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from openclaw_rpc.domain.matching import fitting
from openclaw_rpc.domain.tools.base import Tool
from openclaw_rpc.domain.tools.offer import Offer, Offered
from openclaw_rpc.domain.tools.policy import Decision
from openclaw_rpc.domain.tools.ports import RunContext, ToolSpec
from openclaw_rpc.domain.tools.rows import parameters_of
from openclaw_rpc.protocol.base import JsonObject, Params
from openclaw_rpc.protocol.validation import checked

NAME: Final = "tool_search"
DESCRIPTION: Final = (
    "Find more tools: there are {count} besides those that you see, of {groups}. Ask with words of what they do; those "
    "that are found can be used from your next step on."
)
SESSIONS_KEPT: Final = 1000
GROUPS_NAMED: Final = 50


class ToolSearchParams(Params, frozen=True, kw_only=True):
    """Words to look for."""

    query: Annotated[str, Meta(min_length=1, max_length=500, description="Words of a tool's name or description.")]
    limit: Annotated[int, Meta(ge=1, le=20, description="How many at most.")] = 5


class LongOffer:
    """An offer of which a model is told a part: ``near`` always, of ``far`` what was found."""

    def __init__(self, offer: Offer, most: int, search: Search) -> None:
        specs = offer.specs
        self.far = {spec.name: spec for spec in specs if offer.tools[spec.name].tool.searched}
        self.near = [spec for spec in specs if spec.name not in self.far]
        self.room = max(1, most - len(self.near) - 1)
        tool = self._tool(search)
        self.near.append(tool.spec)
        self.tools = {**offer.tools, NAME: Offered(tool, "search", Decision("allow"))}

    def _tool(self, search: Search) -> Tool:
        groups = Counter(spec.skill or name.partition("__")[0] for name, spec in self.far.items())
        named = ", ".join(f"{group} ({count})" for group, count in groups.most_common(GROUPS_NAMED))
        more = f" and {len(groups) - GROUPS_NAMED} more" if len(groups) > GROUPS_NAMED else ""

        async def run(params: JsonObject, context: RunContext) -> Any:
            wanted = checked(params, ToolSearchParams, NAME)
            found = fitting(wanted.query, self.far.values(), lambda spec: (spec.name, spec.description))
            search.note(context, [spec.name for spec in found[: wanted.limit]], self.room)
            told = [{"name": spec.name, "description": spec.description} for spec in found[: wanted.limit]]
            return {"tools": told, "total": len(found)}

        return Tool(
            spec=ToolSpec(
                name=NAME,
                description=DESCRIPTION.format(count=len(self.far), groups=named + more),
                parameters=parameters_of(ToolSearchParams),
            ),
            run=run,
            strict=True,
            untimed=True,
        )


class _Found:
    """What was found in a session, the newest last, and the list that was made of it."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.made: tuple[LongOffer, tuple[str, ...], Sequence[ToolSpec]] | None = None


class Search:
    """What sessions found, and the offers that are too long for their agents' models."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, _Found] = OrderedDict()
        self._long: dict[str, tuple[Sequence[ToolSpec], int, LongOffer]] = {}

    def long(self, offer: Offer, agent_id: str, most: int) -> LongOffer | None:
        """The offer as one of which a part is told, where it is longer than ``most`` and something can be left out."""
        if len(offer.specs) <= most:
            return None
        known = self._long.get(agent_id)
        if known is None or known[0] is not offer.specs or known[1] != most:
            known = self._long[agent_id] = offer.specs, most, LongOffer(offer, most, self)
        return known[2] if known[2].far else None

    def specs(self, long: LongOffer, context: RunContext) -> Sequence[ToolSpec]:
        """What a run's model is told; the same list as long as nothing more was found."""
        found = self._found.get(_key(context))
        if found is None:
            return long.near
        names = tuple(name for name in found.names if name in long.far)
        if found.made is None or found.made[0] is not long or found.made[1] != names:
            found.made = long, names, [*long.near, *(long.far[name] for name in names)]
        return found.made[2]

    def note(self, context: RunContext, names: Sequence[str], room: int) -> None:
        """Remember what a session found, the newest ``room`` of it."""
        found = self._found.setdefault(_key(context), _Found())
        self._found.move_to_end(_key(context))
        for name in reversed(names):
            found.names.pop(name, None)
            found.names[name] = None
        for name in list(found.names)[: max(0, len(found.names) - room)]:
            del found.names[name]
        while len(self._found) > SESSIONS_KEPT:
            self._found.popitem(last=False)


def _key(context: RunContext) -> str:
    return context.session_id or context.run_id
