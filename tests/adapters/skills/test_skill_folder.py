"""The folder of skills: replaced as a whole, also when the gateway is killed meanwhile."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw_rpc.adapters.skills.folder import SkillFolder
from openclaw_rpc.adapters.skills.swapping import exchange
from openclaw_rpc.domain.skills.ports import Origin
from openclaw_rpc.protocol.errors import NotFound
from tests.support.archives import zipped
from tests.support.skills import manifest, tree, write_skill

SWAPPER = """
import itertools, sys
from pathlib import Path
from openclaw_rpc.adapters.skills.folder import SkillFolder
from openclaw_rpc.domain.skills.ports import Origin
shelf = SkillFolder(Path(sys.argv[1]), atomic=sys.argv[2] == "True")
archives = [Path(path).read_bytes() for path in sys.argv[3:]]
print("ready", flush=True)
for archive in itertools.cycle(archives):
    shelf.place(shelf.stage(Origin(archive=archive, fallback="echo")), ["echo"])
    print("placed", flush=True)
"""


def archive(version: str) -> bytes:
    """A skill of some files, each of which says its version."""
    import json

    files = {"skill.json": json.dumps(manifest("echo", version=version)).encode()}
    return zipped(files | {f"part{number}.txt": version.encode() for number in range(20)})


def whole(folder: Path) -> str:
    """The one version that all files of an installed skill are of."""
    contents = {path.name: path.read_text() for path in folder.iterdir()}
    assert len(contents) == 21
    versions = {text for name, text in contents.items() if name != "skill.json"}
    assert len(versions) == 1
    version = versions.pop()
    assert f'"{version}"' in contents["skill.json"]
    return version


@pytest.mark.parametrize("atomic", [True, False])
def test_killed_at_any_moment_the_old_skill_is_there_or_the_new_one(tmp_path: Path, atomic: bool):
    archives = []
    for version in ("1.0.0", "2.0.0"):
        path = tmp_path / f"{version}.zip"
        path.write_bytes(archive(version))
        archives.append(str(path))
    root, chance, seen = tmp_path / "skills", random.Random(7), set[str]()
    for _ in range(12):
        command = [sys.executable, "-c", SWAPPER, str(root), str(atomic), *archives]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(2, 12)):
                process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.random() * 0.02)
            process.send_signal(signal.SIGKILL)
        if atomic:
            whole(root / "echo")  # even before anybody cleans up
        shelf = SkillFolder(root)
        shelf.recover()
        assert [path.name for path in root.iterdir()] == ["echo"]
        seen.add(whole(root / "echo"))
        assert [found.error for found in shelf.scan()] == [None]
    assert len(seen) == 2


def test_two_folders_are_exchanged_in_one_step(tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    if not exchange(tmp_path / "one", tmp_path / "two"):
        pytest.skip("this system can't exchange two folders in one step")
    assert (tmp_path / "one" / "two").exists()
    assert (tmp_path / "two" / "one").exists()


@pytest.mark.parametrize("entry", ["..", ".", "", "../x", "/etc", ".staging-1", "a\0b"])
def test_nothing_but_an_entry_of_the_folder_is_removed(tmp_path: Path, entry: str):
    (tmp_path / "x").mkdir()
    write_skill(tmp_path / "skills" / "echo")
    before = tree(tmp_path)
    with pytest.raises(NotFound):
        SkillFolder(tmp_path / "skills").remove(entry)
    assert tree(tmp_path) == before


def test_looking_again_reads_nothing_that_did_not_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_skill(tmp_path / "echo")
    shelf = SkillFolder(tmp_path)
    first = shelf.scan()
    (tmp_path / "echo" / "tool.py").write_text("changed")
    second = shelf.scan()
    assert first[0] is second[0]


def test_a_zip_whose_files_lie_in_one_folder_is_that_folder(tmp_path: Path):
    shelf = SkillFolder(tmp_path / "skills")
    staged = shelf.stage(
        Origin(
            archive=zipped(
                {"weather-main/SKILL.md": b"---\ndescription: d\n---\nSay the weather.", "weather-main/x": b""}
            )
        )
    )
    shelf.place(staged, [])
    assert sorted(tree(tmp_path / "skills")) == ["weather-main", "weather-main/SKILL.md", "weather-main/x"]
