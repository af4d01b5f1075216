"""How an extra is installed is said so that it can be typed."""

import subprocess
import sys
from pathlib import Path

import pytest

from openclaw_rpc import installing
from tests.cli.command import Home


def test_in_a_checkout_it_is_installed_from_its_folder_at_the_locked_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(installing.__file__).parent.parent
    monkeypatch.chdir(root)
    command = installing.install_command("mcp")
    assert command.endswith("-m pip install -c constraints.txt -e '.[mcp]'")
    assert command.startswith((".venv/", sys.executable))
    monkeypatch.chdir("/")
    assert f"-c {root}/constraints.txt -e '{root}[mcp]'" in installing.install_command("mcp")


def test_elsewhere_what_it_needs_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installing, "_ROOT", tmp_path)
    assert installing.install_command("postgres").endswith("-m pip install 'asyncpg>=0.31'")
    assert installing.install_command("nothing").endswith("'openclaw-rpc[nothing]'")


def test_the_command_is_one_that_pip_takes() -> None:
    words = installing.install_command("mcp").replace("pip install", "pip install --dry-run --no-deps --no-index")
    done = subprocess.run(f"{words} --no-build-isolation", shell=True, capture_output=True, text=True, check=False)
    assert "Invalid requirement" not in done.stderr and "not a valid" not in done.stderr
    # what it then builds with is not installed here; that it found the folder is enough
    assert "Obtaining file:" in done.stdout, done.stderr


def test_an_openclaw_home_in_the_same_folder_is_noticed(home: Home) -> None:
    home.configure("gateway: {port: 1}\n")
    (home.path / "openclaw.json").write_text("{}")
    found = {one["name"]: one for one in home.run("doctor", "--json").json()["checks"]}
    assert "left alone" in found["openclaw home"]["message"]
    assert "import openclaw --dry-run" in found["openclaw home"]["hint"]
