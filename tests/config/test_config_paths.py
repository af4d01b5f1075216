"""Where the gateway's files lie."""

from pathlib import Path

from openclaw_rpc.config.paths import Paths


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
