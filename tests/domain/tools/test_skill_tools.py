"""Skills in an agent's hands: what it is offered, what a message adds, what is held and written down."""

from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc.domain.agents import Agents, AgentSettings
from openclaw_rpc.domain.tools.base import ToolSource
from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.domain.tools.skills import SkillTools
from openclaw_rpc.protocol.errors import Forbidden, NotFound, ProviderError
from tests.support.skills import SkillWorld, manifest, tool, write_skill
from tests.support.tools import ADA, Source, ToolWorld


class World(ToolWorld):
    """A toolbox with the tools of two skills, the second of which may use the network."""

    def __init__(self, root: Path, *others: ToolSource, sandbox: str = "auto", **options: Any) -> None:
        self.skills = SkillWorld(root, sandbox=sandbox)
        write_skill(self.skills.folder / "echo", manifest("echo", tool()))
        write_skill(self.skills.folder / "net", manifest("net", tool("net_do"), permissions={"network": True}))
        agents = Agents(options.get("agents") or {})
        super().__init__(*others, SkillTools(self.skills.skills, agents), **options)


async def names(world: World, **context: Any) -> list[str]:
    """The tools of skills that are offered, besides the one that reads skills."""
    specs = (await world.tools.prepare(world.context(**context))).tools
    return [spec.name for spec in specs if spec.name != "skill_read"]


async def test_the_tools_of_active_skills_are_offered_under_their_skill(tmp_path: Path):
    world = World(tmp_path)
    specs = (await world.tools.prepare(world.context())).tools
    assert [(spec.name, spec.skill) for spec in specs] == [
        ("skill_read", None),
        ("say_back", "echo"),
        ("net_do", "net"),
    ]
    await world.skills.skills.enable("echo", False)
    assert await names(world, run_id="run_2") == ["net_do"]


async def test_tools_are_made_once_as_long_as_their_skills_stay_as_they_are(tmp_path: Path):
    """What was decided of them, and the JSON that models were told of them with, is then used again."""
    world = World(tmp_path, agents={"careful": AgentSettings(skills=["net*"])})
    first = (await world.tools.prepare(world.context())).tools
    await world.tools.prepare(world.context(agent_id="careful", run_id="run_2"))
    assert (await world.tools.prepare(world.context(run_id="run_3"))).tools is first
    await world.skills.skills.enable("echo", False)
    await world.skills.skills.enable("echo", True)
    write_skill(world.skills.folder / "net", manifest("net", tool("net_other"), permissions={"network": True}))
    await world.skills.skills.list()
    assert await names(world, run_id="run_4") == ["say_back", "net_other"]


async def test_an_agent_s_list_of_skills_limits_tools_and_prompts(tmp_path: Path):
    world = World(tmp_path, agents={"careful": AgentSettings(skills=["net*"]), "none": AgentSettings(skills=[])})
    assert await names(world, agent_id="careful") == ["net_do"]
    assert await names(world, agent_id="none", run_id="run_2") == []
    preparation = await world.tools.prepare(world.context(agent_id="careful", message="@echo @net", run_id="run_3"))
    assert preparation.skills == ["net"]


async def test_a_skill_that_is_called_adds_its_prompt_and_counts_as_used(tmp_path: Path):
    world = World(tmp_path)
    preparation = await world.tools.prepare(world.context(message="@echo say hi"))
    assert preparation.skills == ["echo"]
    assert len(preparation.system) == 1
    assert "You are echo." in preparation.system[0]
    assert (await world.skills.skills.list()).skills[0].invocations == 1
    again = await world.tools.prepare(world.context(message="say hi", run_id="run_2"))
    assert (again.skills, list(again.system)) == ([], [])


async def test_a_skill_s_tool_is_used_through_the_toolbox(tmp_path: Path):
    world = World(tmp_path)
    assert await world.use("say_back", {"word": "x"}) == {"given": {"word": "x"}}
    assert await world.outcomes() == []


async def test_a_skill_with_a_permission_is_dangerous_and_written_down(tmp_path: Path):
    world = World(tmp_path)
    await world.use("net_do", {"word": "x"})
    assert [record.tool for record in await world.records()] == ["net_do", "net_do"]


async def test_without_a_sandbox_every_skill_is_dangerous(tmp_path: Path):
    world = World(tmp_path, sandbox="none", security=SecurityPolicy(dangerous_tools="deny"))
    with pytest.raises(Forbidden):
        await world.use("say_back", {"word": "x"})


async def test_a_policy_denies_a_skill_s_tool(tmp_path: Path):
    world = World(tmp_path, security=SecurityPolicy(policies={"say_*": "deny"}))
    assert await names(world) == ["net_do"]
    with pytest.raises((Forbidden, NotFound)):
        await world.use("say_back", {"word": "x"}, run_id="run_2")
    with pytest.raises(Forbidden):
        await world.tools.invoke(ADA, "say_back", {"word": "x"})


async def test_a_built_in_tool_goes_before_a_skill_s_of_its_name(tmp_path: Path):
    world = World(tmp_path, Source().add("say_back", result="built in"))
    assert await world.use("say_back") == "built in"


async def test_a_skill_s_failure_goes_to_the_model_as_text(tmp_path: Path):
    world = World(tmp_path)
    write_skill(
        world.skills.folder / "bad", manifest("bad", tool("bad_do", ["python3", "-c", "raise SystemExit('no')"]))
    )
    world.skills.clock.advance(2)
    with pytest.raises(ProviderError) as caught:
        await world.use("bad_do")
    assert caught.value.message == "bad_do ended with code 1: no"
