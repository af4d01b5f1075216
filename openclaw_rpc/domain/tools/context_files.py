"""Files of the workspace that an agent has before it in every run: what it is, whom it works for, what to remember."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.files import Files
from openclaw_rpc.domain.tools.base import Tool
from openclaw_rpc.domain.tools.ports import RunContext
from openclaw_rpc.protocol.base import Scope
from openclaw_rpc.protocol.errors import GatewayError

FILE_BYTES: Final = 20_000
ALL_BYTES: Final = 60_000
PRIVATE: Final = frozenset({"USER.md", "MEMORY.md"})
"""What is left out where somebody speaks who may not read the user's files."""
_OPENING: Final = (
    "Files of the workspace that say who you are, whom you work for and what to keep in mind. They are the user's own:"
)


class ContextFiles:
    """A source without tools. It reads the files anew for each run, so that a change counts at once."""

    bounded = True

    def __init__(self, files: Files, agents: Agents) -> None:
        self._files = files
        self._agents = agents

    async def tools(self, context: RunContext) -> Sequence[Tool]:
        """None."""
        return ()

    async def briefing(self, context: RunContext) -> Sequence[str]:
        """The files that are there, in the order in which the agent names them; of a long one its beginning."""
        reads = not context.guest and Scope.TOOLS in context.scopes
        found: list[str] = []
        left = ALL_BYTES
        for name in self._agents.get(context.agent_id).context_files:
            if left <= 0 or (name in PRIVATE and not reads):
                continue
            try:
                text, goes_on = await self._files.beginning(context.user, name, min(left, FILE_BYTES))
            except GatewayError:
                # It is not there, or is no text: nothing that a run should fail for.
                continue
            if text.strip():
                left -= len(text.encode())
                more = "\n[it goes on in the file]" if goes_on else ""
                found.append(f"## {name}\n\n{text.strip()}{more}")
        return ["\n\n".join([_OPENING, *found])] if found else []
