"""`agent.*`: the join of the agents' rows and the agents."""

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.protocol import agent
from openclaw_rpc.protocol.agent import AgentList
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class AgentMethods:
    """Lists agents."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return (bind(agent.list_, self.list_),)

    def list_(self, params: Empty, call: Call) -> AgentList:
        """All agents."""
        return self._agents.list()
