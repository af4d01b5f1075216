"""Names that settings speak of, checked: a typo in a setting for safety would otherwise guard nothing, in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openclaw_rpc.config.channels import BUILT_IN, is_packaged, place
from openclaw_rpc.config.errors import Keys
from openclaw_rpc.domain.agents import DEFAULT_AGENT, ToolRules
from openclaw_rpc.domain.nearest import meant
from openclaw_rpc.domain.skills.manifest import RESERVED
from openclaw_rpc.domain.tools.policy import matches
from openclaw_rpc.protocol.table import METHODS

if TYPE_CHECKING:
    from openclaw_rpc.config.settings import Settings

TOOLS: Final = frozenset({row.tool for row in METHODS if row.tool is not None}) | RESERVED
"""The names of the built-in tools."""
_CUTOFF: Final = 0.75


def misnamed(settings: Settings, folders: Iterable[Path] = ()) -> Iterator[tuple[Keys, str]]:
    """Names that are nobody's and nearly somebody's: where, and what is wrong.

    Skills and MCP servers bring tools of any name, so that one that is like none of ours is left alone; so is a
    kind of channel that lies in one of the ``folders``.
    """
    yield from _tools(("security", "policies"), settings.security.policies)
    yield from _tools(("security", "require_pin_for"), settings.security.require_pin_for)
    providers = settings.providers
    for name, provider in providers.items():
        for other in provider.fallback:
            if other not in providers:
                yield ("providers", name, "fallback"), f"there is no provider {other!r}{_near(other, providers)}"
    for agent_id, agent in settings.agents.items():
        yield from _tools(("agents", agent_id, "policies"), agent.policies)
        rules = agent.tools if isinstance(agent.tools, ToolRules) else ToolRules(allow=agent.tools)
        for key, patterns in (("allow", rules.allow), ("deny", rules.deny)):
            yield from _tools(("agents", agent_id, "tools", key), patterns)
        yield from _model(("agents", agent_id, "model"), agent.model, providers)
    yield from _model(("memory", "embedding_model"), settings.memory.embedding_model, providers)
    agents = {DEFAULT_AGENT, *settings.agents}
    yield from _channels(settings, folders)
    for channel_id, section in settings.channels.items():
        asked = section.get("agent")
        if isinstance(asked, str) and asked not in agents:
            yield ("channels", channel_id, "agent"), f"there is no agent {asked!r}{_near(asked, agents)}"
    for name, budget in settings.budgets.items():
        for agent_id in budget.only if budget.per == "agent" else ():
            if agent_id not in agents:
                yield ("budgets", name, "only"), f"there is no agent {agent_id!r}{_near(agent_id, agents)}"


def _model(where: Keys, model: str | None, providers: Iterable[str]) -> Iterator[tuple[Keys, str]]:
    provider, slash, _ = (model or "").partition("/")
    if slash and provider not in providers and (near := _near(provider, providers)):
        yield where, f"there is no provider {provider!r}{near}"


def _channels(settings: Settings, folders: Iterable[Path]) -> Iterator[tuple[Keys, str]]:
    """Sections whose kind (their `type`, or else their own name) is neither built in nor installed."""
    for channel_id, section in settings.channels.items():
        kind = section.get("type", channel_id)
        if not isinstance(kind, str) or kind in BUILT_IN or not (near := _near(kind, BUILT_IN)):
            continue
        if is_packaged(kind) or any(place(folder, kind) for folder in folders):
            continue
        where = ("channels", channel_id, "type") if "type" in section else ("channels", channel_id)
        yield where, f"there is no kind of channel {kind!r}{near}"


def _tools(where: Keys, patterns: Iterable[str]) -> Iterator[tuple[Keys, str]]:
    for pattern in patterns:
        if "__" in pattern or any(matches(pattern, name) for name in TOOLS):
            continue
        near = _near(pattern.strip("*"), TOOLS) if "*" not in pattern else _near_prefix(pattern)
        if near:
            yield (*where, pattern), f"there is no tool {pattern!r}{near}"


def _near_prefix(pattern: str) -> str:
    """A pattern that fits no tool: of which family it may be meant."""
    families = {f"{name.partition('_')[0]}_*" for name in TOOLS if "_" in name}
    return _near(pattern, families)


def _near(name: str, names: Iterable[str]) -> str:
    return meant(name, names, _CUTOFF)
