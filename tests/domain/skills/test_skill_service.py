"""Skills on disk: found, called, limited, counted, run within what they may."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from openclaw_rpc.domain.skills.settings import SkillSettings
from openclaw_rpc.protocol.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    ProviderError,
    Timeout,
    TooLarge,
    Unavailable,
)
from openclaw_rpc.protocol.skill import SkillInfo, SkillInstallParams, SkillSearchParams
from tests.support.archives import good
from tests.support.skills import SkillWorld, context, manifest, tool, write_skill

READ = "import json, sys, os\nargs = json.load(sys.stdin)\n"


@pytest.fixture
def world(tmp_path: Path) -> SkillWorld:
    return SkillWorld(tmp_path)


async def listed(world: SkillWorld) -> dict[str, SkillInfo]:
    return {info.slug: info for info in (await world.skills.list()).skills}


async def use(world: SkillWorld, slug: str, action: str, params: Any = None, user: str = "owner") -> Any:
    chosen = await world.skills.action(slug, action)
    skill = next(skill for skill in await world.skills.active() if skill.manifest.slug == slug)
    with anyio.fail_after(20):
        return await world.skills.run(skill, chosen, params or {}, context(user=user))


def script(world: SkillWorld, text: str, slug: str = "echo", **about: Any) -> None:
    write_skill(world.folder / slug, manifest(slug, tool(f"{slug}_do"), **about), tool_py=READ + text)


class TestFinding:
    async def test_every_form_is_found_as_soon_as_it_lies_there(self, world: SkillWorld):
        assert (await world.skills.list()).total == 0
        write_skill(world.folder / "echo")
        (world.folder / "poet.json").write_text(json.dumps(manifest("check-poet")))
        (world.folder / "todo").mkdir()
        (world.folder / "todo" / "SKILL.md").write_text("---\nname: todo\ndescription: d\n---\nDo it.")
        found = await listed(world)
        assert list(found) == ["check-poet", "echo", "todo"]
        assert {info.status for info in found.values()} == {"active"}
        assert found["echo"].tools == ["say_back"]
        assert found["check-poet"].installed_at.endswith("Z")

    async def test_a_changed_skill_is_read_again_and_a_removed_one_gone(self, world: SkillWorld):
        write_skill(world.folder / "echo")
        await world.skills.list()
        write_skill(world.folder / "echo", manifest("echo", version="2.0.0"))
        assert (await listed(world))["echo"].version == "2.0.0"
        (world.folder / "echo" / "skill.json").unlink()
        assert (await listed(world))["echo"].status == "broken"
        (world.folder / "echo" / "tool.py").unlink()
        (world.folder / "echo").rmdir()
        assert await listed(world) == {}

    async def test_runs_see_a_new_skill_within_a_second(self, world: SkillWorld):
        assert await world.skills.active() == []
        write_skill(world.folder / "echo")
        world.clock.advance(1.1)
        assert [skill.manifest.slug for skill in await world.skills.active()] == ["echo"]

    async def test_a_broken_skill_is_listed_with_its_error_and_logged_once(self, world: SkillWorld):
        write_skill(world.folder / "bad", {"slug": "bad", "tools": 1})
        os.mkfifo(world.folder / "pipe.json")
        (world.folder / "none").mkdir()
        write_skill(world.folder / "fine")
        await listed(world)
        found = await listed(world)
        assert {slug: info.status for slug, info in found.items()} == {
            "bad": "broken",
            "fine": "active",
            "none": "broken",
            "pipe": "broken",
        }
        assert "JSON" in (found["bad"].error or "")
        assert world.log.said == ["a skill is broken"] * 3

    async def test_two_skills_of_one_slug_or_one_tool_s_name_are_not_both_used(self, world: SkillWorld):
        write_skill(world.folder / "a", manifest("same", tool("one")))
        write_skill(world.folder / "b", manifest("same", tool("two")))
        write_skill(world.folder / "c", manifest("other", tool("one")))
        (world.folder / "same.json").write_text(json.dumps(manifest("same")))
        infos = (await world.skills.list()).skills
        assert [(info.slug, info.status) for info in infos] == [
            ("other", "active"),
            ("same", "broken"),
            ("same", "broken"),
            ("same", "broken"),
        ]
        assert "one of other" in " ".join(info.error or "" for info in infos)

    async def test_a_tool_with_a_command_needs_a_folder(self, world: SkillWorld):
        (world.folder / "x.json").write_text(json.dumps(manifest("x", tool())))
        assert "folder" in ((await listed(world))["x"].error or "")


class TestCalling:
    @pytest.mark.parametrize(
        ("message", "slugs"),
        [
            ("@echo hello", ["echo"]),
            ("请@echo写一首诗", ["echo"]),
            ("ask @poet, then @Echo, then @poet", ["poet", "echo"]),
            ("@echo- and", ["echo"]),
            ("mail me@echo or @echoes or @@echo or /@echo", []),
            ("@nobody", []),
            ("echo", []),
        ],
    )
    async def test_a_message_calls_skills_by_at_and_slug(self, world: SkillWorld, message: str, slugs: list[str]):
        write_skill(world.folder / "echo")
        (world.folder / "poet.json").write_text(json.dumps(manifest("poet")))
        assert [skill.manifest.slug for skill in await world.skills.called(message)] == slugs

    async def test_a_disabled_skill_is_neither_called_nor_used_and_stays_so(self, world: SkillWorld):
        write_skill(world.folder / "echo")
        info = await world.skills.enable("echo", False)
        assert (info.status, info.enabled) == ("disabled", False)
        world.skills = world.reopened()
        await world.skills.open()
        assert await world.skills.called("@echo") == []
        with pytest.raises(Conflict) as caught:
            await world.skills.action("echo", "say_back")
        assert caught.value.reason == "disabled"
        assert (await world.skills.enable("echo", True)).status == "active"

    async def test_what_is_not_there_is_not_found(self, world: SkillWorld):
        write_skill(world.folder / "echo")
        for slug, action, field in (("none", "x", "name"), ("echo", "other", "action"), ("../echo", "x", "name")):
            with pytest.raises(NotFound) as caught:
                await world.skills.action(slug, action)
            assert caught.value.field == field
        for change in (world.skills.remove("none"), world.skills.enable("none", True)):
            with pytest.raises(NotFound):
                await change


class TestRunning:
    async def test_arguments_go_in_as_json_and_json_comes_out(self, world: SkillWorld):
        write_skill(world.folder / "echo")
        assert await use(world, "echo", "say_back", {"word": "天"}) == {"given": {"word": "天"}}

    async def test_what_is_no_json_is_text(self, world: SkillWorld):
        script(world, "print('it is', args['word'])")
        assert await use(world, "echo", "echo_do", {"word": "so"}) == "it is so"

    async def test_a_failure_tells_the_end_of_stderr(self, world: SkillWorld):
        script(world, "sys.stderr.write('x' * 5000 + ' no such city')\nsys.exit(3)")
        with pytest.raises(ProviderError) as caught:
            await use(world, "echo", "echo_do")
        assert caught.value.message.endswith("no such city")
        assert "code 3" in caught.value.message
        assert len(caught.value.message) < 2200

    async def test_it_runs_in_its_folder_which_it_can_t_change(self, world: SkillWorld):
        script(
            world,
            "out = {'cwd': os.getcwd()}\n"
            "try: open('new', 'w'); out['wrote'] = True\n"
            "except OSError: out['wrote'] = False\n"
            "print(json.dumps(out))",
        )
        folder = str((world.folder / "echo").resolve())
        assert await use(world, "echo", "echo_do") == {"cwd": folder, "wrote": False}

    async def test_of_the_gateway_it_sees_nothing(self, world: SkillWorld, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
        (world.root / "gateway.yaml").write_text("secret")
        script(
            world,
            f"print(json.dumps([dict(os.environ), os.path.exists({str(world.root / 'gateway.yaml')!r}),"
            " os.path.exists('/etc/shadow')]))",
        )
        env, config, shadow = await use(world, "echo", "echo_do")
        assert "OPENAI_API_KEY" not in env
        assert env["OPENCLAW_SKILL"] == "echo"
        assert (config, shadow) == (False, False)

    async def test_variables_of_the_settings_are_its_own(self, tmp_path: Path):
        world = SkillWorld(tmp_path, SkillSettings(registry="none", env={"echo": {"API_KEY": "k1"}}))
        for slug in ("echo", "other"):
            script(world, "print(os.environ.get('API_KEY', 'none'))", slug)
        assert await use(world, "echo", "echo_do") == "k1"
        assert await use(world, "other", "other_do") == "none"

    @pytest.mark.parametrize("may", [False, True])
    async def test_the_network_is_there_only_for_those_that_may_use_it(self, world: SkillWorld, may: bool):
        async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            script(
                world,
                "import socket\n"
                f"try: socket.create_connection(('127.0.0.1', {port}), 3); print('true')\n"
                "except OSError: print('false')",
                permissions={"network": may},
            )
            assert await use(world, "echo", "echo_do") is may

    async def test_the_workspace_is_there_only_for_those_that_may_use_it(self, world: SkillWorld):
        text = (
            "place = os.environ.get('OPENCLAW_WORKSPACE')\n"
            "if place: open(place + '/made.txt', 'w').write('by skill')\n"
            f"print(json.dumps([place is not None, os.path.exists({str(world.root / 'workspace')!r})]))"
        )
        (world.root / "workspace").mkdir()
        script(world, text, "with", permissions={"filesystem": True})
        script(world, text, "without")
        assert await use(world, "with", "with_do") == [True, True]
        assert (world.root / "workspace" / "made.txt").read_text() == "by skill"
        assert await use(world, "without", "without_do") == [False, False]

    async def test_another_user_s_workspace_is_another(self, world: SkillWorld):
        script(
            world,
            "open(os.environ['OPENCLAW_WORKSPACE'] + '/mine.txt', 'w').write('x')\nprint('null')",
            permissions={"filesystem": True},
        )
        await use(world, "echo", "echo_do", user="ada")
        assert not (world.root / "workspace" / "mine.txt").exists()
        assert [path.name for path in (world.root / "others").rglob("mine.txt")] == ["mine.txt"]

    async def test_one_that_takes_too_long_is_ended(self, tmp_path: Path):
        world = SkillWorld(tmp_path, SkillSettings(registry="none", timeout_seconds=0.5))
        script(world, "import time\ntime.sleep(60)")
        with pytest.raises(Timeout):
            await use(world, "echo", "echo_do")
        assert world.events[-1].status == "failed"

    async def test_one_that_writes_without_end_is_ended(self, world: SkillWorld):
        script(world, "while True: sys.stdout.write('x' * 65536)")
        with pytest.raises(TooLarge):
            await use(world, "echo", "echo_do")

    async def test_a_program_that_is_not_there_is_an_error_that_names_it(self, world: SkillWorld):
        write_skill(world.folder / "echo", manifest("echo", tool("x", ["no-such-program-here"])))
        with pytest.raises((ProviderError, NotFound)) as caught:
            await use(world, "echo", "x")
        assert "no-such-program-here" in caught.value.message

    async def test_uses_are_counted_and_told_and_outlive_a_restart(self, world: SkillWorld):
        write_skill(world.folder / "echo")
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(use, world, "echo", "say_back", {"word": "x"})
        world.clock.advance(60)
        await world.skills.briefed((await world.skills.active())[0], context("@echo"))
        world.skills = world.reopened()
        await world.skills.open()
        info = (await listed(world))["echo"]
        assert info.invocations == 6
        assert info.last_used is not None
        assert [(event.skill, event.action, event.status) for event in world.events[-2:]] == [
            ("echo", "say_back", "completed"),
            ("echo", None, "completed"),
        ]
        assert world.events[0].run_id == "run_1"


PODMAN = """#!{python}
import json, os, subprocess, sys
args = sys.argv[1:]
open({log!r}, "w").write(json.dumps([args, sorted(os.environ)]))
at = next(i for i, a in enumerate(args) if a.startswith("img/"))
folder = next(a for a in args if a.startswith("--volume="))[9:].split(":")[0]
sys.exit(subprocess.run(args[at + 1:], cwd=folder).returncode)
"""


class TestPodman:
    def world(self, tmp_path: Path) -> SkillWorld:
        podman = tmp_path / "podman"
        podman.write_text(PODMAN.format(python=sys.executable, log=str(tmp_path / "log")))
        podman.chmod(0o755)
        settings = SkillSettings(registry="none", container="podman", image="img/one", env={"echo": {"API_KEY": "k-1"}})
        return SkillWorld(tmp_path, settings, podman=podman)

    async def test_a_command_is_run_by_podman_without_what_the_skill_may_not(self, tmp_path: Path):
        world = self.world(tmp_path)
        write_skill(world.folder / "echo")
        assert await use(world, "echo", "say_back", {"word": "x"}) == {"given": {"word": "x"}}
        args, env = json.loads((tmp_path / "log").read_text())
        assert args[:2] == ["run", "--rm"]
        folder = (world.folder / "echo").resolve()
        for word in ("--network=none", "--read-only", "--cap-drop=all", f"--volume={folder}:/skill:ro"):
            assert word in args
        assert not any("workspace" in word for word in args)
        assert args[-3:] == ["img/one", "python3", "tool.py"]
        assert "--env=API_KEY" in args
        assert "k-1" not in " ".join(args)
        assert "SECRET" not in env

    async def test_what_it_may_it_is_given(self, tmp_path: Path):
        world = self.world(tmp_path)
        write_skill(world.folder / "echo", manifest("echo", tool(), permissions={"network": True, "filesystem": True}))
        await use(world, "echo", "say_back")
        args, _ = json.loads((tmp_path / "log").read_text())
        assert "--network=none" not in args
        assert f"--volume={tmp_path / 'workspace'}:/workspace:rw" in args

    async def test_without_podman_the_error_says_so(self, tmp_path: Path):
        world = SkillWorld(tmp_path, SkillSettings(registry="none", container="podman"))
        write_skill(world.folder / "echo")
        with pytest.raises(Unavailable) as caught:
            await use(world, "echo", "say_back")
        assert "podman is not installed" in caught.value.message


class TestInstalling:
    async def test_from_a_folder_a_zip_and_a_file(self, world: SkillWorld):
        source = write_skill(world.root / "src" / "echo")
        (source / ".git").mkdir()
        (source / ".git" / "config").touch()
        info = await world.skills.install(SkillInstallParams(name="echo", version="1.0.0", source=str(source)))
        assert (info.slug, info.status, info.source) == ("echo", "active", str(source))
        assert not (world.folder / "echo" / ".git").exists()
        zipfile = world.root / "src" / "x.zip"
        zipfile.write_bytes(good(("deep/readme.txt", b"hi")))
        again = await world.skills.install(SkillInstallParams(source=str(zipfile), force=True))
        assert again.slug == "echo"
        assert (world.folder / "echo" / "deep" / "readme.txt").read_bytes() == b"hi"
        single = world.root / "src" / "poet.json"
        single.write_text(json.dumps(manifest("poet")))
        assert (await world.skills.install(SkillInstallParams(source=str(single)))).slug == "poet"
        assert world.left() == ["echo", "poet"]

    async def test_the_same_again_changes_nothing_another_of_that_version_needs_force(self, world: SkillWorld):
        source = write_skill(world.root / "src" / "echo")
        first = await world.skills.install(SkillInstallParams(source=str(source)))
        world.clock.advance(60)
        assert await world.skills.install(SkillInstallParams(source=str(source))) == first
        (source / "tool.py").write_text("print(2)")
        with pytest.raises(Conflict) as caught:
            await world.skills.install(SkillInstallParams(source=str(source)))
        assert caught.value.reason == "installed"
        forced = await world.skills.install(SkillInstallParams(source=str(source), force=True))
        assert forced.installed_at > first.installed_at
        assert await use(world, "echo", "say_back") == 2
        assert world.left() == ["echo"]

    async def test_another_version_replaces_it_and_what_is_remembered_stays(self, world: SkillWorld):
        source = write_skill(world.root / "src" / "echo")
        await world.skills.install(SkillInstallParams(source=str(source)))
        await use(world, "echo", "say_back")
        write_skill(source, manifest("echo", tool(), version="1.1.0"))
        info = await world.skills.install(SkillInstallParams(source=str(source)))
        assert (info.version, info.invocations) == ("1.1.0", 1)

    async def test_it_takes_the_place_of_a_single_file_of_its_slug(self, world: SkillWorld):
        (world.folder / "x.json").write_text(json.dumps(manifest("echo")))
        source = write_skill(world.root / "src" / "echo")
        await world.skills.install(SkillInstallParams(source=str(source), force=True))
        assert world.left() == ["echo"]

    @pytest.mark.parametrize(
        ("params", "field"),
        [
            ({"name": "other"}, "name"),
            ({"version": "9.9.9"}, "version"),
            ({"source": "/no/such/place"}, "source"),
            ({"source": "https://evil.example/x.zip"}, "source"),
            ({"source": "clawhub", "name": "x"}, "source"),
            ({"source": "clawhub"}, "name"),
            ({"source": None, "name": "../x"}, "name"),
        ],
    )
    async def test_what_was_not_asked_for_is_not_installed(self, world: SkillWorld, params: dict[str, Any], field: str):
        source = write_skill(world.root / "src" / "echo")
        given: dict[str, Any] = {"source": str(source)} | params
        with pytest.raises((InvalidRequest, NotFound)) as caught:
            await world.skills.install(SkillInstallParams(**given))
        assert caught.value.field == field
        assert world.left() == []

    async def test_a_broken_skill_is_not_installed(self, world: SkillWorld):
        source = write_skill(world.root / "src" / "echo", manifest("echo", tool("shell")))
        with pytest.raises(InvalidRequest) as caught:
            await world.skills.install(SkillInstallParams(source=str(source)))
        assert "built-in" in caught.value.message
        assert world.left() == []

    async def test_removed_it_is_forgotten(self, world: SkillWorld):
        source = write_skill(world.root / "src" / "echo")
        await world.skills.install(SkillInstallParams(source=str(source)))
        await use(world, "echo", "say_back")
        await world.skills.remove("echo")
        assert (await world.skills.list()).total == 0
        assert world.left() == []
        assert (await world.skills.install(SkillInstallParams(source=str(source)))).invocations == 0

    async def test_a_link_to_a_folder_is_removed_and_the_folder_stays(self, world: SkillWorld):
        source = write_skill(world.root / "src" / "echo")
        (world.folder / "echo").symlink_to(source)
        assert await use(world, "echo", "say_back", {"word": "x"}) == {"given": {"word": "x"}}
        await world.skills.remove("echo")
        assert world.left() == []
        assert (source / "skill.json").exists()

    async def test_search_finds_what_is_installed(self, world: SkillWorld):
        write_skill(world.folder / "echo")
        write_skill(world.folder / "poet", manifest("poet", description="Writes POEMS for you"))
        write_skill(world.folder / "all-poets", manifest("all-poets", description="Lives"))
        found = await world.skills.search(SkillSearchParams(query="poet"))
        assert [one.slug for one in found.results] == ["poet", "all-poets"]
        found = await world.skills.search(SkillSearchParams(query="poems writes"))
        assert [(one.slug, one.installed, one.source) for one in found.results] == [("poet", True, "installed")]
        assert found.registry_error is None
