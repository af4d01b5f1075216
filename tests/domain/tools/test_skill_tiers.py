"""The three tiers of skills: what an agent is told of, what it reads, and the files that it and its commands see."""

from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc.domain.agents import Agents, AgentSettings
from openclaw_rpc.domain.background import Background
from openclaw_rpc.domain.commands import Commands, CommandSettings
from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.domain.tools.commands import CommandTools
from openclaw_rpc.domain.tools.skills import SkillTools
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.skill import SkillInfo, SkillInstallParams
from tests.support.archives import zipped
from tests.support.skills import SkillWorld, manifest, write_skill
from tests.support.tools import Lines, ToolWorld


class World(ToolWorld):
    """A toolbox with what reads skills, and the shell."""

    def __init__(self, root: Path, settings: SkillSettings | None = None, **options: Any) -> None:
        self.skills = SkillWorld(root, settings or SkillSettings(registry="none"), sandbox="auto")
        agents = Agents(options.get("agents") or {})
        source = SkillTools(self.skills.skills, agents, lambda: self.skills.settings, str(self.skills.folder.resolve()))
        commands = Commands(self.skills.sandboxed, self.skills.workspaces, lambda: CommandSettings(sandbox="auto"))
        background = Background(commands, CommandSettings, self.skills.clock, Lines())
        super().__init__(CommandTools(commands, background, source), source, **options)

    def skill(self, name: str, front: str = "", body: str = "Mend it.", **files: str) -> Path:
        """Put a skill there."""
        folder = self.skills.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        text = f"---\nname: {name}\ndescription: mends {name}\n{front}\n---\n{body}\n"
        for path, content in {"SKILL.md": text, **files}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        return folder

    async def told(self, run_id: str = "run_1", **more: Any) -> dict[str, str]:
        """The descriptions of the tools that an agent is offered."""
        preparation = await self.tools.prepare(self.context(run_id=run_id, **more))
        return {spec.name: spec.description for spec in preparation.tools}

    async def info(self, slug: str) -> SkillInfo:
        return {one.slug: one for one in (await self.skills.skills.list()).skills}[slug]


async def test_names_and_descriptions_are_before_the_agent_and_bodies_are_not(tmp_path: Path):
    world = World(tmp_path)
    world.skill("nets", body="Knot by knot.")
    world.skill("sails")
    told = (await world.told())["skill_read"]
    assert "- nets: mends nets\n- sails: mends sails" in told
    assert "Knot" not in told
    assert "Knot by knot." in str(await world.use("skill_read", {"name": "nets"}))


async def test_without_skills_nothing_is_offered(tmp_path: Path):
    assert list(await World(tmp_path).told()) == ["shell", "command_start", "command_output", "command_stop"]


async def test_more_skills_than_are_listed_are_found_by_a_search(tmp_path: Path):
    world = World(tmp_path, SkillSettings(registry="none", max_listed=3))
    for number in range(4):
        world.skill(f"net-{number}", body="Knot by knot.")
    told = await world.told()
    assert "net-1" not in told["skill_read"]
    assert "4 skills" in told["skill_read"]
    found = await world.use("skill_search", {"query": "which nets 2"})
    assert found["results"][0]["slug"] == "net-2"
    assert "Knot" in str(await world.use("skill_read", {"name": "net-2"}))


async def test_a_turn_looks_at_no_skill_again(tmp_path: Path):
    """However many there are: the tools are the same objects, and the folder is looked at once."""
    world = World(tmp_path)
    for number in range(20):
        world.skill(f"net-{number}")
    first = (await world.tools.prepare(world.context())).tools
    scans = 0
    scan = world.skills.shelf.scan

    def counted() -> Any:
        nonlocal scans
        scans += 1
        return scan()

    world.skills.shelf.scan = counted
    for number in range(5):
        world.skills.clock.advance(10)
        assert (await world.tools.prepare(world.context(run_id=f"run_{number + 2}"))).tools is first
    assert scans == 0
    world.skill("another")
    assert "another" in (await world.told(run_id="run_9"))["skill_read"]


@pytest.mark.parametrize(
    ("front", "why"),
    [
        ("metadata: {openclaw: {os: [plan9]}}", "plan9"),
        ("metadata: {openclaw: {requires: {bins: [no-such-program]}}}", "no-such-program"),
        ("metadata: {clawdbot: {requires: {anyBins: [no-such, nor-such]}}}", "nor-such"),
        ("metadata: {openclaw: {requires: {env: [NET_KEY]}}}", "NET_KEY"),
        ('metadata: \'{"openclaw": {"requires": {"config": [""]}}}\'', ""),
        ("requires: {bins: [no-such-program]}", "no-such-program"),
        ("os: darwin9", "darwin9"),
    ],
)
async def test_what_a_skill_needs_and_is_not_there_is_said(tmp_path: Path, front: str, why: str):
    world = World(tmp_path)
    world.skill("nets", front)
    if not why:
        assert (await world.info("nets")).status == "active"
        return
    info = await world.info("nets")
    assert info.status == "ineligible"
    assert why in " ".join(info.unmet)
    assert "skill_read" not in await world.told()
    preparation = await world.tools.prepare(world.context(message="@nets", run_id="run_2"))
    assert preparation.skills == []


async def test_what_a_skill_needs_and_is_there_is_enough(tmp_path: Path):
    world = World(tmp_path, SkillSettings(registry="none", env={"nets": {"NET_KEY": "k"}}))
    world.skill("nets", "metadata: {openclaw: {requires: {bins: [sh], anyBins: [no-such, sh], env: [NET_KEY]}}}")
    assert (await world.info("nets")).unmet == []
    assert "nets" in (await world.told())["skill_read"]


async def test_who_may_call_a_skill_is_its_author_s_choice(tmp_path: Path):
    world = World(tmp_path)
    world.skill("by-people", "disable-model-invocation: true\nallowed-tools: Bash(git:*) Read")
    world.skill("by-models", "user-invocable: false")
    told = (await world.told())["skill_read"]
    assert "by-models" in told
    assert "by-people" not in told
    with pytest.raises(NotFound):
        await world.use("skill_read", {"name": "by-people"})
    message = "@by-people @by-models"
    assert (await world.tools.prepare(world.context(message=message, run_id="run_2"))).skills == ["by-people"]
    info = await world.info("by-people")
    assert (info.model_invocable, info.allowed_tools) == (False, ["Bash(git:*)", "Read"])


async def test_a_skill_s_files_are_read_relative_to_it_and_nothing_else_is(tmp_path: Path):
    world = World(tmp_path)
    folder = world.skill("nets", **{"references/knots.md": "Reef. Bowline.", "pic.png": "x"})
    (folder / "pic.png").write_bytes(b"\x89PNG\xff")
    (tmp_path / "secret").write_text("hidden")
    (folder / "link").symlink_to(tmp_path / "secret")
    files = (await world.use("skill_read", {"name": "nets"}))["files"]
    assert files == ["SKILL.md", "link", "pic.png", "references/knots.md"]
    for path in ("references/knots.md", "./references/../references/knots.md"):
        assert (await world.use("skill_read", {"name": "nets", "path": path}))["content"] == "Reef. Bowline."
    piece = await world.use("skill_read", {"name": "nets", "path": "references/knots.md", "limit": 6})
    assert (piece["content"], piece["nextOffset"]) == ("Reef. ", 6)
    for path in ("../../secret", "link", str(tmp_path / "secret"), ".", "pic.png", "none", "a\0b"):
        with pytest.raises((InvalidRequest, NotFound)):
            await world.use("skill_read", {"name": "nets", "path": path})


@pytest.mark.parametrize("agent", ["default", "limited"])
async def test_base_dir_is_a_path_that_commands_see_and_can_t_change(tmp_path: Path, agent: str):
    world = World(tmp_path, agents={"limited": AgentSettings(skills=["nets"])})
    world.skill("nets", body="Run sh {baseDir}/scripts/mend.sh", **{"scripts/mend.sh": "echo mended $KEY"})
    world.skills.settings = SkillSettings(registry="none", env={"nets": {"KEY": "k1"}})
    line = (await world.use("skill_read", {"name": "nets"}, agent_id=agent))["content"].removeprefix("Run ")
    assert "{" not in line
    assert (await world.use("shell", {"command": line}, agent_id=agent))["stdout"] == "mended k1\n"
    if (await world.skills.sandboxed.sandbox()).kind == "bubblewrap":
        written = await world.use("shell", {"command": f"{line}; echo x > {line[3:]}"}, agent_id=agent)
        assert written["exitCode"] != 0


async def test_a_skill_is_called_what_its_name_says(tmp_path: Path):
    world = World(tmp_path)
    (world.skills.folder / "a-folder").mkdir()
    (world.skills.folder / "a-folder" / "SKILL.md").write_text("---\nname: own-name\ndescription: d\n---\nGo.")
    assert (await world.tools.prepare(world.context(message="@own-name"))).skills == ["own-name"]


@pytest.mark.parametrize("called", ["download (1).zip", "bundle.skill", "nets.zip"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_package_is_called_what_its_name_says_or_else_its_folder(tmp_path: Path, called: str, named: bool):
    world = World(tmp_path)
    text = f"---\n{'name: own-name' if named else 'x: y'}\ndescription: d\n---\nGo.".encode()
    package = tmp_path / called
    package.write_bytes(zipped({"inner-name/SKILL.md": text}))
    info = await world.skills.skills.install(SkillInstallParams(source=str(package)))
    assert info.slug == ("own-name" if named else "inner-name")


async def test_two_packages_of_one_file_name_are_both_installed(tmp_path: Path):
    world = World(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        text = f"---\nname: {name}\ndescription: d\n---\nGo.".encode()
        (tmp_path / name / "skill.zip").write_bytes(zipped({"SKILL.md": text}))
        await world.skills.skills.install(SkillInstallParams(source=str(tmp_path / name / "skill.zip")))
    assert [one.slug for one in (await world.skills.skills.list()).skills] == ["one", "two"]


async def test_another_content_without_a_version_is_an_update(tmp_path: Path):
    world = World(tmp_path)
    source = tmp_path / "src" / "nets"
    source.mkdir(parents=True)
    for body in ("Old.", "New.", "New."):
        (source / "SKILL.md").write_text(f"---\nname: nets\ndescription: d\n---\n{body}")
        await world.skills.skills.install(SkillInstallParams(source=str(source)))
    assert (await world.use("skill_read", {"name": "nets"}))["content"] == "New."


async def test_another_program_s_skill_json_beside_a_skill_md_is_passed_over(tmp_path: Path):
    world = World(tmp_path)
    world.skill("nets", **{"skill.json": '{"name": "other", "permissions": ["net"], "tools": "all"}'})
    info = await world.info("nets")
    assert (info.name, info.status) == ("nets", "active")
    assert "skill.json" in " ".join(info.warnings)


async def test_a_skill_json_of_ours_beside_a_skill_md_brings_its_tools(tmp_path: Path):
    world = World(tmp_path)
    folder = world.skill("nets")
    write_skill(folder, manifest("other", {"name": "net_do", "description": "d", "parameters": {}, "command": ["cat"]}))
    info = await world.info("nets")
    assert (info.description, info.tools) == ("mends nets", ["net_do"])
