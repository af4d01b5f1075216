"""What the command line says of a gateway that runs: `config set`, `status`, `doctor`, `version`, `stop`."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openclaw_rpc import __version__
from tests.cli.command import SECONDS, Gateway, Home, free_port, start_gateway


@contextmanager
def running(home: Home, *words: str, **more: Any) -> Iterator[Gateway]:
    """A gateway that does not outlive the test."""
    gateway = start_gateway(home, *words, **more)
    try:
        yield gateway
    finally:
        if gateway.process.poll() is None:
            gateway.process.kill()
        if gateway.process.stdout is not None and not gateway.process.stdout.closed:
            gateway.process.communicate()


def doctor(gateway: Gateway) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in gateway.run("doctor", "--json").json()["checks"]}


def test_a_change_is_in_force_when_the_command_ends(gateway: Gateway) -> None:
    for number in (11, 12):
        done = gateway.run("config", "set", "runs.max_running", str(number), "--json")
        assert (done.code, done.json()["gateway"]) == (0, "applied")
        assert gateway.run("call", "config.get").json()["config"]["runs"]["max_running"] == number
    assert "applies it" in gateway.run("config", "set", "runs.max_running", "13").err
    assert gateway.run("config", "unset", "runs.max_running").code == 0
    assert gateway.run("call", "config.get").json()["config"]["runs"]["max_running"] == 64


def test_what_the_gateway_refuses_is_said_with_its_reason_until_it_can_be_applied(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with running(home) as gateway:
        words = ["config", "set", "agents.main.model", "${MODEL_OF_MAIN}"]
        done = gateway.run(*words, env={"MODEL_OF_MAIN": "primary/m"})
        assert done.code == 1
        assert "refused" in done.err and "MODEL_OF_MAIN" in done.err and str(home.path / ".env") in done.err
        assert "MODEL_OF_MAIN" in gateway.run("status").out
        found = doctor(gateway)["in force"]
        assert found["status"] == "warn" and "MODEL_OF_MAIN" in found["message"]

        (home.path / ".env").write_text("MODEL_OF_MAIN=primary/m\n")
        (home.path / ".env").chmod(0o644)
        assert gateway.run("config", "reload").code == 0
        agents = {one["id"]: one for one in gateway.run("agents", "--json").json()["agents"]}
        assert agents["main"]["model"] == "primary/m"
        checks = doctor(gateway)
        assert checks["in force"]["status"] == "ok"
        assert checks["env mode"]["status"] == "warn" and "chmod 600" in checks["env mode"]["hint"]


def test_a_variable_that_only_the_gateway_has_is_no_obstacle(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", env={"SOMEWHERE": "one"})
    with running(home, config="agents: {main: {description: '${SOMEWHERE}'}}\n") as gateway:
        elsewhere = Home(home.path)
        done = elsewhere.run("config", "set", "runs.max_running", "9")
        assert (done.code, "applies it" in done.err) == (0, True)
        assert "${SOMEWHERE}" in (home.path / "gateway.yaml").read_text()
        gateway.stop()
    done = elsewhere.run("config", "set", "runs.max_running", "8")
    assert done.code == 0 and "SOMEWHERE is not set here" in done.err
    assert elsewhere.run("config", "check").code == 1


def test_a_change_of_the_token_that_the_command_uses_is_applied_as_well(tmp_path: Path) -> None:
    with running(Home(tmp_path / "home")) as gateway:
        done = gateway.run("config", "set", "gateway.auth.token", "another-token-1", "--json")
        assert (done.code, done.json()["gateway"]) == (0, "applied"), done.err
        assert gateway.run("status").code == 0
        assert gateway.run("status", "--token", "another-token-1").code == 0


def test_what_waits_for_a_restart_and_what_the_command_line_decides_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with running(home, "--log-level", "warn") as gateway:
        done = gateway.run("config", "set", "gateway.bind", "::1", "--json")
        assert done.json()["needsRestart"] == ["gateway.bind"]
        done = gateway.run("config", "set", "logging.level", "debug")
        assert "command line" in done.err
        found = gateway.run("status").out
        assert "waits for a restart: gateway.bind" in found
        assert f"127.0.0.1:{gateway.port}" in found and "logging.level comes from" in found
        assert "gateway.bind" in doctor(gateway)["in force"]["message"]


def test_the_file_that_the_gateway_took_is_told_from_the_one_that_the_command_reads(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    other = tmp_path / "other.yaml"
    port = free_port()
    other.write_text(f"gateway: {{port: {port}, auth: {{token: t-1}}}}\n")
    with running(home, "--config", str(other), port=port) as gateway:
        own = home.configure(f"gateway: {{port: {port}, auth: {{token: t-1}}}}\n")
        found = gateway.run("status").out
        assert f"the gateway took {other}, this command reads {own}" in found
        assert gateway.run("config", "set", "runs.max_running", "5", "--json").json()["gateway"] == "not running"
        done = gateway.run("config", "set", "runs.max_running", "5", "--config", str(other), "--json")
        assert done.json()["gateway"] == "applied"


def test_an_mcp_server_that_failed_is_named_with_its_reason(tmp_path: Path) -> None:
    config = f"mcp: {{servers: {{broken: {{command: {sys.executable}, args: ['-c', 'raise SystemExit(3)']}}}}}}\n"
    with running(Home(tmp_path / "home"), config=config) as gateway:
        gateway.run("call", "tool.list")
        found = doctor(gateway)["mcp broken"]
        assert found["status"] in {"fail", "warn"} and found["hint"]
        assert "broken" in gateway.run("status").out
        assert gateway.run("status", "--json").json()["mcp"][0]["name"] == "broken"


def test_the_real_address_is_told_though_the_file_says_another(tmp_path: Path) -> None:
    port = free_port()
    with running(Home(tmp_path / "home"), "--port", str(port), port=port) as gateway:
        gateway.home.configure(gateway.home.path.joinpath("gateway.yaml").read_text().replace(str(port), "1"))
        assert gateway.run("config", "reload").code == 0
        found = gateway.run("status", "--json").json()
        assert found["gateway"]["addresses"] == [f"127.0.0.1:{gateway.port}"]
        assert found["config"]["path"] == str(gateway.home.path / "gateway.yaml")


def test_it_is_stopped_by_a_command_that_waits_for_its_end(tmp_path: Path) -> None:
    with running(Home(tmp_path / "home")) as gateway:
        done = gateway.run("stop", "--json")
        assert (done.code, done.json()["stopped"], done.json()["pid"]) == (0, True, gateway.process.pid)
        assert gateway.process.wait(SECONDS) == 0
        done = gateway.run("stop")
        assert done.code == 0 and "No gateway runs" in done.err


def test_who_else_listens_there_is_left_alone(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        home.configure(f"gateway: {{port: {other.getsockname()[1]}}}\n")
        done = home.run("stop")
    assert done.code == 0 and "Something else listens" in done.err


def test_after_a_kill_the_file_counts_again_and_not_the_dead_gateways_port(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with running(home) as gateway:
        os.kill(gateway.process.pid, signal.SIGKILL)
        gateway.process.communicate()
        port = free_port()
        home.configure(f"gateway: {{port: {port}}}\n")
        assert f":{port}" in home.run("status").err
        assert home.run("stop", "--json").json() == {"stopped": False}


def test_the_version_is_told_with_the_gateways(gateway: Gateway, home: Home) -> None:
    assert gateway.run("version", "--json").json()["gateway"] == __version__
    assert __version__ in gateway.run("version").out
    home.configure(f"gateway: {{port: {free_port()}}}\n")
    done = home.run("version")
    assert done.code == 0 and "No gateway answers" in done.err


@pytest.fixture
def editor(tmp_path: Path) -> Path:
    """An editor that replaces what the environment's OLD says by NEW."""
    script = tmp_path / "editor"
    script.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "text = open(sys.argv[1]).read()\n"
        "open(sys.argv[1], 'w').write(text.replace(os.environ['OLD'], os.environ['NEW']))\n"
    )
    script.chmod(0o755)
    return script


def test_the_file_is_edited_in_an_editor_and_kept_where_it_is_valid(gateway: Gateway, editor: Path) -> None:
    file = gateway.home.path / "gateway.yaml"
    gateway.run("config", "set", "runs.max_running", "21")
    env = {"VISUAL": str(editor), "OLD": "max_running: 21", "NEW": "max_running: 22"}
    done = gateway.run("config", "edit", "--json", env=env)
    assert done.code == 0, done.err
    assert json.loads(done.out) == {"changed": ["runs.max_running"], "needsRestart": [], "gateway": "applied"}
    assert "max_running: 22" in file.read_text() and file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    done = gateway.run("config", "edit", env=env | {"OLD": "max_running: 22", "NEW": "max_runing: 23"})
    assert done.code == 1 and "max_running" in done.err
    assert file.read_text() == before
    assert "Nothing changed" in gateway.run("config", "edit", env=env).err


def test_keys_of_the_file_are_completed(home: Home) -> None:
    def completed(word: str) -> list[str]:
        env = {"_OPENCLAW_COMPLETE": "bash_complete", "COMP_WORDS": f"openclaw config set {word}", "COMP_CWORD": "3"}
        return [line.partition(",")[2] for line in home.run(env=env).out.splitlines()]

    assert completed("gateway.auth.to") == ["gateway.auth.token"]
    assert "providers.primary.model" in completed("providers.primary.")
