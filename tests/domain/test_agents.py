"""List the agents."""

import pytest

from openclaw_rpc.domain.agents import SYSTEM_PROMPT, Agents, AgentSettings, ToolRules
from openclaw_rpc.protocol.errors import NotFound


def test_a_default_agent_is_always_there():
    agents = Agents({})
    assert agents.get() is agents.get("default")
    assert agents.get().prompt == SYSTEM_PROMPT
    assert [(agent.id, agent.default) for agent in agents.list().agents] == [("default", True)]


def test_an_agent_of_the_file_keeps_what_the_file_says():
    agents = Agents({"coder": AgentSettings(name="Coder", system="Write code.", tools=["shell"], max_steps=3)})
    coder = agents.get("coder")
    assert (coder.id, coder.name, coder.prompt, coder.max_steps) == ("coder", "Coder", "Write code.", 3)
    assert coder.rules == ToolRules(allow=["shell"])
    assert [agent.id for agent in agents.list().agents] == ["default", "coder"]


def test_the_file_says_who_is_asked_where_nobody_is_named():
    agents = Agents({"a": AgentSettings(), "b": AgentSettings(default=True)})
    assert agents.get().id == "b"
    assert [(agent.id, agent.default) for agent in agents.list().agents] == [
        ("b", True),
        ("default", False),
        ("a", False),
    ]


def test_the_built_in_agent_can_be_replaced():
    agents = Agents({"default": AgentSettings(system="Be brief.")})
    assert agents.get().prompt == "Be brief."
    assert len(agents.list().agents) == 1


def test_an_unknown_agent_is_not_found():
    with pytest.raises(NotFound) as caught:
        Agents({}).get("nobody")
    assert caught.value.field == "agentId"


def test_a_changed_file_changes_the_agents():
    agents = Agents({"a": AgentSettings(default=True)})
    agents.replace({"b": AgentSettings()})
    assert agents.get().id == "default"
    with pytest.raises(NotFound):
        agents.get("a")


def test_a_misspelt_agent_is_answered_with_the_nearest() -> None:
    agents = Agents({"coder": AgentSettings(), "Writer": AgentSettings()})
    for name, meant in (("codr", "coder"), ("writr", "Writer")):
        with pytest.raises(NotFound, match=f"did you mean {meant}"):
            agents.get(name)
    with pytest.raises(NotFound, match=r"there is no agent 'xyz'$"):
        agents.get("xyz")
