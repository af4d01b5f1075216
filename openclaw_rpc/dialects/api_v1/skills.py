"""Reference 000: `/api/v1/skills`. A skill's ``name`` there is its slug."""

from __future__ import annotations

import msgspec

from openclaw_rpc.dialects.rest import Endpoint, direct
from openclaw_rpc.protocol import skill
from openclaw_rpc.protocol.skill import SkillInfo, SkillList, SkillPermissions


class FlatSkill(msgspec.Struct, frozen=True, kw_only=True):
    """A skill that is installed."""

    name: str
    version: str
    status: str
    permissions: SkillPermissions
    installed_at: str
    last_used: str | None
    invocations: int
    description: str
    title: str
    tools: list[str]


class FlatSkills(msgspec.Struct, frozen=True, kw_only=True):
    """All that are installed."""

    skills: list[FlatSkill]
    total: int


def skill_of(found: SkillInfo) -> FlatSkill:
    """A skill in 000's words."""
    return FlatSkill(
        name=found.slug,
        version=found.version,
        status=found.status,
        permissions=found.permissions,
        installed_at=found.installed_at,
        last_used=found.last_used,
        invocations=found.invocations,
        description=found.description,
        title=found.name,
        tools=found.tools,
    )


def skills_of(found: SkillList) -> FlatSkills:
    """All of them."""
    return FlatSkills(skills=[skill_of(each) for each in found.skills], total=found.total)


ENDPOINTS: tuple[Endpoint, ...] = (
    direct("GET", "/api/v1/skills", skill.list_, shape=skills_of, answer=FlatSkills),
    direct("POST", "/api/v1/skills/install", skill.install, shape=skill_of, answer=FlatSkill),
    direct("DELETE", "/api/v1/skills/{name}", skill.remove),
)
