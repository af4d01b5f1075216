"""Skills in an agent's hands, in three tiers: what there is, what one says, and the files and commands it brings.

Names and descriptions stand in the description of `skill_read`, which a model's server is told with the other tools and
which is made once; where an agent has too many skills for that, `skill_search` finds them. A message that calls a
skill by `@slug` has its instructions put into the run's prompt at once.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.commands import Mount
from openclaw_rpc.domain.skills.library import Skill
from openclaw_rpc.domain.skills.manifest import SkillTool
from openclaw_rpc.domain.skills.service import Skills, fits, installed
from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.domain.tools.base import MadeTools, Tool
from openclaw_rpc.domain.tools.policy import matches
from openclaw_rpc.domain.tools.ports import RunContext, ToolSpec
from openclaw_rpc.domain.tools.rows import tool_of
from openclaw_rpc.protocol import skill as rows
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import NotFound
from openclaw_rpc.protocol.skill import SkillReadParams, SkillSearchParams, SkillsFound

BRIEFING: Final = "The user calls the skill {name} (@{slug}). Its instructions for this answer:\n{prompt}"
READING: Final = (
    "Read a skill: instructions for a kind of task, written by people who know it. Read one before you do what its "
    "description speaks of. Without `path` you get its instructions and the names of its files; with `path` one of the "
    "files, which its instructions name relative to its folder. Commands see the folder at the path that is told."
)
LISTED: Final = "The skills:\n{skills}"
UNLISTED: Final = "There are {count} skills: skill_search finds those that fit."
DEFAULTS: Final = SkillSettings()
MAX_LISTED_TEXT: Final = 16_000
"""Characters of all names and descriptions; with more than these they are not listed."""
SESSIONS_KEPT: Final = 1000
"""Of how many sessions it is remembered which skills were read in them."""


class SkillTools:
    """Reads and finds the skills that an agent may use, and has their commands as tools. To be asked after the
    built-in tools.
    """

    name = "skills"
    bounded = True

    def __init__(
        self, skills: Skills, agents: Agents, settings: Callable[[], SkillSettings] = lambda: DEFAULTS, root: str = ""
    ) -> None:
        """Which skills.

        Args:
            skills: All of them.
            agents: Say which of them they may use.
            settings: What holds at the moment.
            root: The folder that skills lie in, for commands to see.
        """
        self._skills = skills
        self._agents = agents
        self._settings = settings
        self._root = root
        self._made: defaultdict[str, MadeTools] = defaultdict(MadeTools)
        self._chosen: dict[str, tuple[object, object, list[Skill]]] = {}
        self._read: OrderedDict[str, dict[str, Skill]] = OrderedDict()

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """What reads skills, and a tool for each command of each. One whose skill has permissions, or no sandbox, is
        dangerous.
        """
        skills = await self._of(context)
        if not skills:
            return ()
        walled = await self._skills.walled()
        return self._made[context.agent_id].of(
            [walled, skills, self._settings()],
            lambda: [
                *self._readers([skill for skill in skills if skill.manifest.model_invocable and skill.manifest.prompt]),
                *(
                    self._tool(skill, tool, walled=walled)
                    for skill in skills
                    for tool in skill.manifest.tools
                    if tool.command
                ),
            ],
        )

    async def briefing(self, context: RunContext) -> Sequence[str]:
        """The prompts of the skills that the run's message calls."""
        return [
            BRIEFING.format(name=skill.manifest.name, slug=skill.manifest.slug, prompt=skill.prompt)
            for skill in await self._called(context)
            if skill.manifest.prompt
        ]

    async def skills(self, context: RunContext) -> Sequence[str]:
        """The slugs of the skills that the run's message calls; each counts as used."""
        called = await self._called(context)
        for skill in called:
            await self._skills.briefed(skill, context)
            self._remember(context, skill)
        return [skill.manifest.slug for skill in called]

    async def mounts(self, context: RunContext) -> Sequence[Mount]:
        """What commands of a run see of its agent's skills: all at once where it may use all, else one by one."""
        skills = await self._of(context)
        if not skills:
            return ()
        patterns = self._agents.get(context.agent_id).skills
        root = f"{self._root}/"
        if "*" in patterns and self._root:
            folders = {skill.folder for skill in skills if not f"{skill.folder}/".startswith(root)}
            return [Mount(path=self._root), *(Mount(path=folder) for folder in sorted(folders) if folder)]
        return [Mount(path=skill.folder) for skill in skills if skill.folder]

    def variables(self, context: RunContext) -> Mapping[str, str]:
        """The variables (`skills.env`) of the skills that were read or called in the run's session."""
        env = self._settings().env
        found: dict[str, str] = {}
        for slug in self._read.get(context.session_id, ()):
            found |= env.get(slug, {})
        return found

    async def _called(self, context: RunContext) -> list[Skill]:
        if "@" not in context.message:
            return []
        return [skill for skill in await self._skills.called(context.message) if self._allowed(skill, context)]

    async def _of(self, context: RunContext) -> list[Skill]:
        """The skills of the run's agent; the same list as long as neither changes."""
        active, agent = await self._skills.active(), self._agents.get(context.agent_id)
        known = self._chosen.get(agent.id)
        if known is None or known[0] is not active or known[1] is not agent:
            chosen = [skill for skill in active if self._allowed(skill, context)]
            known = self._chosen[agent.id] = active, agent, chosen
        return known[2]

    def _allowed(self, skill: Skill, context: RunContext) -> bool:
        patterns = self._agents.get(context.agent_id).skills
        return any(matches(pattern, skill.manifest.slug) for pattern in patterns)

    def _remember(self, context: RunContext, skill: Skill) -> None:
        if context.session_id:
            self._read.setdefault(context.session_id, {})[skill.manifest.slug] = skill
            self._read.move_to_end(context.session_id)
            while len(self._read) > SESSIONS_KEPT:
                self._read.popitem(last=False)

    def _readers(self, skills: Sequence[Skill]) -> list[Tool]:
        """`skill_read`, and `skill_search` where there are more than are listed."""
        if not skills:
            return []
        listed = "\n".join(
            f"- {skill.manifest.slug}: {' '.join(skill.manifest.description.split())}" for skill in skills
        )
        known = {skill.manifest.slug: skill for skill in skills}
        long = len(skills) > self._settings().max_listed or len(listed) > MAX_LISTED_TEXT
        about = UNLISTED.format(count=len(skills)) if long else LISTED.format(skills=listed)

        async def read(params: SkillReadParams, context: RunContext) -> Any:
            skill = known.get(params.name.lower().removeprefix("@"))
            if skill is None:
                raise NotFound(f"there is no skill {params.name!r}", field="name")
            content = await self._skills.read(msgspec.structs.replace(params, name=skill.manifest.slug))
            if params.path is None:
                self._remember(context, skill)
                await self._skills.briefed(skill, context)
            return content

        async def search(params: SkillSearchParams, context: RunContext) -> SkillsFound:
            found = fits(skills, params.query)
            results = [installed(one.manifest, one.manifest.slug) for one in found[: params.limit]]
            return SkillsFound(results=results, total=len(found))

        reader = tool_of("skill_read", rows.read, read, description=f"{READING}\n{about}")
        if not long:
            return [reader]
        looking = "Find skills by words of their names and descriptions, the best first; skill_read reads one."
        finder = tool_of("skill_search", rows.search, search, description=looking)
        return [reader, finder]

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
            searched=True,
        )
