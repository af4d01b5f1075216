"""`agent.*`: who can be asked."""

from openclaw_rpc.protocol.base import Page, Paged, Result, Scope
from openclaw_rpc.protocol.method import Method


class AgentInfo(Result, frozen=True, kw_only=True):
    """An agent as `gateway.yaml` describes it."""

    id: str
    default: bool
    name: str | None = None
    description: str | None = None
    model: str | None = None
    tools: list[str] = []
    skills: list[str] = []
    memory: bool = True


class AgentList(Page, frozen=True, kw_only=True):
    """All agents, the default one first."""

    agents: list[AgentInfo]


list_ = Method(
    name="agent.list",
    params=Paged,
    result=AgentList,
    pages="agents",
    doc="The agents that `chat.run` can be addressed to.",
    scope=Scope.READ,
)

METHODS = (list_,)
