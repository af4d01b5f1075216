"""`skill.*`: the join of the skills' rows, the skills and the toolbox that uses them."""

from openclaw_rpc.domain.sessions import Sessions
from openclaw_rpc.domain.skills.service import Skills
from openclaw_rpc.domain.tools.toolbox import Tools
from openclaw_rpc.protocol import skill
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.skill import (
    SkillContent,
    SkillExecuted,
    SkillExecuteParams,
    SkillInfo,
    SkillInstallParams,
    SkillList,
    SkillParams,
    SkillReadParams,
    SkillRemoved,
    SkillSearchParams,
    SkillsFound,
)
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class SkillMethods:
    """Lists, changes and uses skills."""

    def __init__(self, skills: Skills, tools: Tools, sessions: Sessions) -> None:
        self._skills = skills
        self._tools = tools
        self._sessions = sessions

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (
            bind(skill.list_, self.list_),
            bind(skill.install, self.install, shielded=True),
            bind(skill.remove, self.remove, shielded=True),
            bind(skill.enable, self.enable),
            bind(skill.disable, self.disable),
            bind(skill.execute, self.execute),
            bind(skill.read, self.read),
            bind(skill.search, self.search),
        )

    async def list_(self, params: Empty, call: Call) -> SkillList:
        """All skills."""
        return await self._skills.list()

    async def install(self, params: SkillInstallParams, call: Call) -> SkillInfo:
        """Install one."""
        return await self._skills.install(params)

    async def remove(self, params: SkillParams, call: Call) -> SkillRemoved:
        """Remove one."""
        await self._skills.remove(params.name)
        return SkillRemoved(name=params.name, removed=True)

    async def enable(self, params: SkillParams, call: Call) -> SkillInfo:
        """Switch one on."""
        return await self._skills.enable(params.name, True)

    async def disable(self, params: SkillParams, call: Call) -> SkillInfo:
        """Switch one off."""
        return await self._skills.enable(params.name, False)

    async def execute(self, params: SkillExecuteParams, call: Call) -> SkillExecuted:
        """Use a tool of one, through the toolbox: its policies, the PIN and the audit log hold."""
        tool = await self._skills.action(params.name, params.action)
        key = params.session_key
        session = await self._sessions.find(call.principal, key) if key is not None else None
        pin = params.pin if params.pin is not None else call.pin
        invoked = await self._tools.invoke(call.principal, tool.name, params.params, session=session, pin=pin)
        return SkillExecuted(
            name=params.name,
            action=params.action,
            result=invoked.result,
            duration_ms=invoked.duration_ms,
            call_id=invoked.call_id,
        )

    async def read(self, params: SkillReadParams, call: Call) -> SkillContent:
        """Its instructions, or a file."""
        return await self._skills.read(params)

    async def search(self, params: SkillSearchParams, call: Call) -> SkillsFound:
        """Look for some."""
        return await self._skills.search(params)
