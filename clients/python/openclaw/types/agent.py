"""What `agent.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class AgentInfo(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """An agent as `gateway.yaml` describes it."""

    id: str
    default: bool
    name: str | None = None
    description: str | None = None
    model: str | None = None
    tools: list[str] = []
    skills: list[str] = []
    memory: bool = True


class AgentList(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """All agents, the default one first."""

    next_cursor: str | None = None
    agents: list[AgentInfo]
