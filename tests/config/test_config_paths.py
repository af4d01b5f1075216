"""Where the gateway's files lie."""

import os
import subprocess
import sys
from pathlib import Path

from openclaw_rpc.config.paths import Announcement, Paths


def test_everything_lies_under_the_home_that_is_set(tmp_path: Path):
    paths = Paths.find({"OPENCLAW_HOME": str(tmp_path / "home")})
    assert paths.config == tmp_path / "home" / "gateway.yaml"
    assert paths.workspace == tmp_path / "home" / "workspace"
    assert (paths.state, paths.cache, paths.logs) == tuple(tmp_path / "home" / n for n in ("state", "cache", "logs"))


def test_without_it_the_users_files_lie_in_the_home_folder_and_the_others_where_the_system_wants_them(tmp_path: Path):
    paths = Paths.find({"HOME": str(tmp_path)})
    assert paths.config == tmp_path / ".openclaw" / "gateway.yaml"
    assert tmp_path not in paths.state.parents
    assert all(folder.is_absolute() for folder in (paths.state, paths.cache, paths.logs))


def test_a_file_that_lies_elsewhere_can_be_named(tmp_path: Path):
    paths = Paths.find({"OPENCLAW_HOME": str(tmp_path)}, tmp_path / "other.yaml")
    assert (paths.config, paths.home) == (tmp_path / "other.yaml", tmp_path)


def test_folders_are_made_for_their_owner_alone_and_those_that_are_there_stay_as_they_are(tmp_path: Path):
    (tmp_path / "workspace").mkdir(mode=0o755)
    paths = Paths.find({"OPENCLAW_HOME": str(tmp_path)})
    paths.prepare()
    paths.prepare()
    assert paths.state.stat().st_mode & 0o777 == 0o700
    assert paths.workspace.stat().st_mode & 0o777 == 0o755


def test_a_gateway_is_announced_while_it_runs_for_its_own_file_alone(tmp_path: Path):
    env = {"OPENCLAW_HOME": str(tmp_path)}
    paths, other = Paths.find(env), Paths.find(env, tmp_path / "other.yaml")
    paths.prepare()
    assert paths.announcement() is None
    with paths.announced("http://[::1]:4321"):
        assert paths.announcement() == Announcement("http://[::1]:4321", os.getpid())
        assert other.announcement() is None
        with other.announced("http://127.0.0.1:5432"):
            assert other.announcement() == Announcement("http://127.0.0.1:5432", os.getpid())
    assert (paths.announcement(), other.announcement()) == (None, None)


def test_what_a_killed_gateway_left_behind_announces_nothing(tmp_path: Path):
    paths = Paths.find({"OPENCLAW_HOME": str(tmp_path)})
    paths.prepare()
    code = (
        "import os, signal; from openclaw_rpc.config.paths import Paths\n"
        "with Paths.find(os.environ).announced('one'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "OPENCLAW_HOME": str(tmp_path)}, check=False)
    assert (paths.state / "running").read_text().startswith("one")
    assert paths.announcement() is None
