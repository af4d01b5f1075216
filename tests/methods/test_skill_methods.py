"""`skill.*` as rows: found, used through the toolbox, seen in runs."""

from pathlib import Path

import pytest

from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.tools.policy import SecurityPolicy
from openclaw_rpc.domain.tools.skills import SkillTools
from openclaw_rpc.methods.skill import SkillMethods
from openclaw_rpc.protocol import skill
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.protocol.chat import ChatDoneEvent
from openclaw_rpc.protocol.errors import Conflict, Forbidden, InvalidRequest, NotFound
from openclaw_rpc.protocol.skill import SkillExecuteParams, SkillInstallParams, SkillParams
from openclaw_rpc.rpc.bind import join
from openclaw_rpc.rpc.call import Call
from tests.support.skills import SkillWorld, manifest, tool, write_skill
from tests.support.tools import ADA, PIN, ToolWorld

CALL = Call(ADA)


class World(ToolWorld):
    """The methods, and all that they stand on."""

    def __init__(self, root: Path, security: SecurityPolicy | None = None) -> None:
        self.skills = SkillWorld(root)
        super().__init__(SkillTools(self.skills.skills, Agents({})), security=security)
        self.methods = SkillMethods(self.skills.skills, self.tools, self.sessions)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    write_skill(world.skills.folder / "echo", manifest("echo", tool()))
    return world


def test_every_row_has_its_handler(world: World):
    assert len(join({row.name: row for row in skill.METHODS}, [world.methods])) == 8


async def test_a_skill_s_tool_is_used_by_its_name(world: World):
    params = SkillExecuteParams(name="echo", action="say_back", params={"word": "x"})
    done = await world.methods.execute(params, CALL)
    assert (done.name, done.action, done.result) == ("echo", "say_back", {"given": {"word": "x"}})
    assert done.duration_ms > 0
    assert [event.action for event in world.skills.events] == ["say_back"]


async def test_arguments_that_do_not_fit_are_refused_before_anything_runs(world: World):
    with pytest.raises(InvalidRequest):
        await world.methods.execute(SkillExecuteParams(name="echo", action="say_back", params={"word": 5}), CALL)
    assert world.skills.events == []


@pytest.mark.parametrize(("name", "action"), [("none", "x"), ("echo", "none")])
async def test_what_is_not_there_is_not_found(world: World, name: str, action: str):
    with pytest.raises(NotFound):
        await world.methods.execute(SkillExecuteParams(name=name, action=action), CALL)


async def test_a_disabled_skill_is_not_used(world: World):
    assert (await world.methods.disable(SkillParams(name="echo"), CALL)).status == "disabled"
    with pytest.raises(Conflict):
        await world.methods.execute(SkillExecuteParams(name="echo", action="say_back"), CALL)
    assert (await world.methods.enable(SkillParams(name="echo"), CALL)).status == "active"


async def test_the_pin_holds_for_a_skill_s_tool(tmp_path: Path):
    world = World(tmp_path, SecurityPolicy(require_pin_for=["say_back"]))
    write_skill(world.skills.folder / "echo", manifest("echo", tool()))
    params = SkillExecuteParams(name="echo", action="say_back", params={"word": "x"})
    with pytest.raises(Forbidden) as caught:
        await world.methods.execute(params, CALL)
    assert caught.value.reason == "pin_required"
    done = await world.methods.execute(params, Call(ADA, pin=PIN))
    assert done.result == {"given": {"word": "x"}}


async def test_installed_listed_and_removed(world: World, tmp_path: Path):
    source = write_skill(tmp_path / "src" / "more", manifest("more", tool("more_do")))
    await world.methods.install(SkillInstallParams(source=str(source)), CALL)
    assert [info.slug for info in (await world.methods.list_(Empty(), CALL)).skills] == ["echo", "more"]
    assert (await world.methods.remove(SkillParams(name="more"), CALL)).removed
    with pytest.raises(NotFound):
        await world.methods.remove(SkillParams(name="more"), CALL)


async def test_a_run_that_calls_a_skill_and_uses_its_tool_says_so(world: World):
    async with world.runs() as runs:
        await world.say(runs, '@echo please [[call:say_back {"word": "x"}]]')
        done: ChatDoneEvent = await world.ears.event("chat.done")
    assert done.finish_reason == "stop"
    used = world.ears.named("tool.result")
    assert [(event.skill, event.result) for event in used] == [("echo", {"given": {"word": "x"}})]
    assert "You are echo." in str(world.model.prompts[0].messages[1])
    run = await world.store.find_run(done.run_id)
    assert run is not None
    assert run.skills_used == ["echo"]
    assert (await world.skills.skills.list()).skills[0].invocations == 2
