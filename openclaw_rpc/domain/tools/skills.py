"""Skills as tools of agents, and their prompts where a message calls them by `@slug`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.ports import RunContext, ToolSpec
from openclaw_rpc.domain.skills.library import Skill
from openclaw_rpc.domain.skills.manifest import SkillTool
from openclaw_rpc.domain.skills.service import Skills
from openclaw_rpc.domain.tools.base import MadeTools, Tool
from openclaw_rpc.domain.tools.policy import matches
from openclaw_rpc.protocol.base import JsonObject

BRIEFING: Final = "The user calls the skill {name} (@{slug}). Its instructions for this answer:\n{prompt}"


class SkillTools:
    """The tools of all active skills that an agent may use. To be asked after the built-in ones."""

    name = "skills"
    bounded = True

    def __init__(self, skills: Skills, agents: Agents) -> None:
        self._skills = skills
        self._agents = agents
        self._made: defaultdict[str, MadeTools] = defaultdict(MadeTools)

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """A tool for each command of each skill. One whose skill has permissions, or no sandbox, is dangerous."""
        skills = [skill for skill in await self._skills.active() if self._allowed(skill, context)]
        if not any(tool.command for skill in skills for tool in skill.manifest.tools):
            return ()
        walled = await self._skills.walled()
        return self._made[context.agent_id].of(
            [walled, *(skill.manifest for skill in skills)],
            lambda: [
                self._tool(skill, tool, walled=walled)
                for skill in skills
                for tool in skill.manifest.tools
                if tool.command
            ],
        )

    async def briefing(self, context: RunContext) -> Sequence[str]:
        """The prompts of the skills that the run's message calls."""
        return [
            BRIEFING.format(name=skill.manifest.name, slug=skill.manifest.slug, prompt=skill.manifest.prompt)
            for skill in await self._called(context)
            if skill.manifest.prompt
        ]

    async def skills(self, context: RunContext) -> Sequence[str]:
        """The slugs of the skills that the run's message calls; each counts as used."""
        called = await self._called(context)
        for skill in called:
            await self._skills.briefed(skill, context)
        return [skill.manifest.slug for skill in called]

    async def _called(self, context: RunContext) -> list[Skill]:
        if "@" not in context.message:
            return []
        return [skill for skill in await self._skills.called(context.message) if self._allowed(skill, context)]

    def _allowed(self, skill: Skill, context: RunContext) -> bool:
        patterns = self._agents.get(context.agent_id).skills
        return any(matches(pattern, skill.manifest.slug) for pattern in patterns)

    def _tool(self, skill: Skill, tool: SkillTool, *, walled: bool) -> Tool:
        manifest = skill.manifest
        may = manifest.permissions

        async def run(params: JsonObject, context: RunContext) -> Any:
            return await self._skills.run(skill, tool, params, context)

        return Tool(
            spec=ToolSpec(
                name=tool.name,
                description=tool.description,
                parameters=tool.parameters,
                # Those that share files with others go one after the other.
                parallel=not may.filesystem,
                skill=manifest.slug,
            ),
            run=run,
            dangerous=not walled or may.network or may.filesystem or may.shell,
        )
