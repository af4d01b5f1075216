"""Hints name the command as it can be typed here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw_rpc.installing import shown
from tests.cli.command import Gateway, Home, program

SCRIPT = Path(program()[0])


def said(home: Home, *command: str, cwd: Path | None = None, path: str | None = None) -> str:
    """What a misspelt command is answered with."""
    env = home.environment() | ({} if path is None else {"PATH": path})
    done = subprocess.run([*command, "gatway"], capture_output=True, text=True, check=False, cwd=cwd, env=env)
    return done.stderr


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """A PATH on which another program is called openclaw, as OpenClaw's own is."""
    other = tmp_path / "bin" / "openclaw"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    return f"{other.parent}:{os.environ['PATH']}"


@pytest.mark.skipif(SCRIPT.name != "openclaw", reason="the package is not installed")
def test_by_how_it_was_started(home: Home, elsewhere: str, tmp_path: Path) -> None:
    folder, above = SCRIPT.parent, SCRIPT.parent.parent.parent
    assert f"`{SCRIPT} gateway`" in said(home, str(SCRIPT), cwd=tmp_path, path=elsewhere)
    assert f"`{SCRIPT.relative_to(above)} gateway`" in said(home, str(SCRIPT), cwd=above, path=elsewhere)
    assert "`openclaw gateway`" in said(home, str(SCRIPT), cwd=tmp_path, path=f"{folder}:{os.environ['PATH']}")
    link = tmp_path / "linked" / "openclaw"
    link.parent.mkdir()
    link.symlink_to(SCRIPT)
    assert "`openclaw gateway`" in said(home, "openclaw", cwd=tmp_path, path=f"{link.parent}:{os.environ['PATH']}")


def test_the_offline_agent_names_it_as_the_gateway_was_started(gateway: Gateway) -> None:
    events = gateway.run("call", "chat.run", "message=hello", "--stream").lines()[1:]
    said = "".join(event["data"]["delta"] for event in events if event["type"] == "chat.delta")
    assert f"`{shown(program()[0])} config set providers.primary" in said


def test_a_module_is_named_with_its_python(home: Home, tmp_path: Path) -> None:
    shown = said(home, sys.executable, "-m", "openclaw_rpc", cwd=tmp_path)
    assert f"`{sys.executable} -m openclaw_rpc gateway`" in shown


def test_help_errors_and_asides_name_it_alike(home: Home, elsewhere: str, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        env = home.environment() | {"PATH": elsewhere}
        command = [*program(), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=env)
        return done.stdout + done.stderr

    for words in (["--help"], ["status"], ["status", "--json"], ["token", "list"], ["pin", "status"]):
        shown = run(*words)
        assert str(SCRIPT) in shown
        assert "openclaw" not in shown.replace(str(SCRIPT), "").replace("/.openclaw", "").replace(
            "openclaw gateway.", ""
        )
