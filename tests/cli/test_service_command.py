"""`openclaw service`: the file is one that systemd and launchd take, and the right commands are called.

No service is really started here: `systemctl` is a script of the test's that writes down how it was called.
"""

from __future__ import annotations

import plistlib
import shutil
import sys
from pathlib import Path

import pytest

from openclaw_rpc.app import service
from openclaw_rpc.config.gateway import GatewaySettings
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.storage import StorageSettings
from tests.cli.command import Home

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="systemd is Linux's")
VERIFY = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
SYSTEMCTL = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
case "$*" in
  *status*) echo "active (running)";;
  *enable*) if [ -e "$(dirname "$0")/refuse" ]; then echo "Access denied" >&2; exit 1; fi;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Home:
    """A home, and a `systemctl` before the real one."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text(SYSTEMCTL)
    (programs / "systemctl").chmod(0o755)
    env = {"PATH": f"{programs}:/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    return Home(tmp_path / "home", env)


def calls(machine: Home) -> list[str]:
    file = machine.path.parent / "programs" / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_a_service_is_installed_asked_and_removed(machine: Home) -> None:
    unit = machine.path.parent / "config" / "systemd" / "user" / "openclaw.service"
    assert machine.run("service", "status").code == 1
    done = machine.run("service", "install")
    assert done.code == 0, done.err
    assert calls(machine) == ["--user daemon-reload", "--user enable --now openclaw.service"]
    assert f"OPENCLAW_HOME={machine.path}" in unit.read_text()
    shown = machine.run("service", "status", "--json").json()
    assert (shown["installed"], shown["running"], shown["said"]) == (True, True, "active (running)")
    assert machine.run("service", "uninstall").code == 0
    assert not unit.exists()
    assert calls(machine)[-2:] == ["--user disable --now openclaw.service", "--user daemon-reload"]
    assert "not installed" in machine.run("service", "uninstall").err


def test_a_dry_run_shows_the_file_and_the_commands_and_does_nothing(machine: Home) -> None:
    done = machine.run("service", "install", "--dry-run")
    assert done.code == 0
    assert "Type=notify" in done.out and "# systemctl --user enable --now openclaw.service" in done.out
    assert machine.run("service", "uninstall", "--dry-run").code == 0
    assert calls(machine) == []
    assert not (machine.path.parent / "config").exists()


def test_a_system_that_refuses_is_quoted(machine: Home) -> None:
    (machine.path.parent / "programs" / "refuse").touch()
    done = machine.run("service", "install")
    assert done.code == 1
    assert "enable --now openclaw.service` failed: Access denied" in done.err
    assert "Traceback" not in done.err


def test_a_name_to_run_under_is_for_the_system_alone(machine: Home) -> None:
    assert machine.run("service", "install", "--user", "ada", "--dry-run").code == 2


def described(home: Path, **more: object) -> service.Service:
    paths = Paths.find({"OPENCLAW_HOME": str(home)})
    program = [sys.executable, "-m", "openclaw_rpc"]
    return service.described(paths, program, GatewaySettings(), StorageSettings(), **more)  # type: ignore[arg-type]


@VERIFY
@pytest.mark.parametrize("system", [False, True])
@pytest.mark.parametrize("name", ["home", "my home", "100%", 'a "quoted" $HOME', "back\\slash", "semi;colon"])
def test_systemd_finds_no_fault_with_the_unit_whatever_the_home_is_called(
    tmp_path: Path, name: str, system: bool
) -> None:
    assert service.check(described(tmp_path / name, system=system)) is None


@VERIFY
def test_a_fault_of_the_unit_would_be_found(tmp_path: Path) -> None:
    made = described(tmp_path)
    broken = service.Service(
        file=made.file, text=made.text.replace("Type=notify", "Type=telepathy"), start=(), stop=(), reload=(), ask=()
    )
    assert service.check(broken) is not None


def test_a_home_that_a_unit_cannot_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(service.ServiceFailed, match="can't name"):
        described(tmp_path / "two\nlines")


def test_the_places_that_are_written_to_are_open_to_it(tmp_path: Path) -> None:
    paths = Paths.find({"HOME": str(tmp_path)})
    made = service.described(paths, ["/opt/openclaw"], GatewaySettings(), StorageSettings(), system=True, user="ada")
    line = next(line for line in made.text.splitlines() if line.startswith("ReadWritePaths="))
    for folder in (paths.home, paths.state, paths.cache, paths.logs):
        assert any(one == str(folder) or str(folder).startswith(f"{one}/") for one in line[15:].split(" ")), folder
    assert "User=ada\n" in made.text and "WantedBy=multi-user.target" in made.text


def test_launchd_is_given_a_property_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    made = described(tmp_path)
    known = plistlib.loads(made.text.encode())
    assert known["ProgramArguments"] == [sys.executable, "-m", "openclaw_rpc", "gateway"]
    assert known["EnvironmentVariables"]["OPENCLAW_HOME"] == str(tmp_path)
    assert known["KeepAlive"] == {"SuccessfulExit": False} and known["RunAtLoad"] is True
    assert made.start[0][:2] == ("launchctl", "bootstrap")
    assert "UserName" in plistlib.loads(described(tmp_path, system=True, user="ada").text.encode())


def test_elsewhere_it_is_said_that_there_is_no_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(service.ServiceFailed, match="Linux and macOS"):
        described(tmp_path)
