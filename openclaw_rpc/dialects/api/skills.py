"""Reference 002: `/api/skills`. A skill's ``name`` there is its slug."""

from __future__ import annotations

import msgspec

from openclaw_rpc.dialects.rest import Endpoint, direct
from openclaw_rpc.protocol import skill
from openclaw_rpc.protocol.skill import SkillInfo, SkillList


class ApiSkill(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A skill that is installed."""

    name: str
    version: str
    enabled: bool
    status: str
    description: str
    tools: list[str]


class ApiSkills(msgspec.Struct, frozen=True, kw_only=True):
    """All that are installed."""

    skills: list[ApiSkill]


def skill_of(found: SkillInfo) -> ApiSkill:
    """A skill in 002's words."""
    return ApiSkill(
        name=found.slug,
        version=found.version,
        enabled=found.enabled,
        status=found.status,
        description=found.description,
        tools=found.tools,
    )


def skills_of(found: SkillList) -> ApiSkills:
    """All of them."""
    return ApiSkills(skills=[skill_of(each) for each in found.skills])


ENDPOINTS: tuple[Endpoint, ...] = (
    direct("GET", "/api/skills", skill.list_, shape=skills_of, answer=ApiSkills),
    direct("POST", "/api/skills/install", skill.install, shape=skill_of, answer=ApiSkill, status=201),
    direct("POST", "/api/skills/{name}/execute", skill.execute),
    direct("POST", "/api/skills/{name}/enable", skill.enable, shape=skill_of, answer=ApiSkill),
    direct("POST", "/api/skills/{name}/disable", skill.disable, shape=skill_of, answer=ApiSkill),
    direct("DELETE", "/api/skills/{name}", skill.remove),
)
