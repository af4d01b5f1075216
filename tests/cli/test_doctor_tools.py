"""`openclaw doctor` on what agents can do: commands, the PIN, files, skills, MCP servers, memory."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.cli.command import Home, free_port
from tests.cli.test_doctor import checks


def configure(home: Home, more: str = "") -> None:
    home.configure(f"gateway: {{port: {free_port()}}}\n{more}")


def test_it_says_what_commands_run_in(home: Home) -> None:
    configure(home)
    code, found = checks(home)
    sandbox = found["sandbox"]
    assert code == 0
    if shutil.which("bwrap") is None:
        assert (sandbox["status"], "not installed" in sandbox["message"]) == ("warn", True)
    else:
        assert sandbox["status"] in ("ok", "warn")
        assert "bubblewrap" in sandbox["message"] or "bwrap" in sandbox["message"]


def test_no_sandbox_is_a_warning_even_if_it_is_meant(home: Home) -> None:
    configure(home, "security: {sandbox: none}\n")
    code, found = checks(home)
    assert (code, found["sandbox"]["status"]) == (0, "warn")
    assert "security.sandbox is none" in found["sandbox"]["message"]


def test_a_sandbox_that_must_be_there_and_is_not_fails(home: Home) -> None:
    configure(home, "security: {sandbox: bubblewrap}\n")
    done = home.run("doctor", "--json", env={"PATH": str(Path(sys.executable).parent)})
    found = {check["name"]: check for check in done.json()["checks"]}
    assert (done.code, found["sandbox"]["status"]) == (1, "fail")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there is no root on this system")
def test_whoever_is_root_is_told_so(home: Home) -> None:
    configure(home)
    _, found = checks(home)
    assert ("user" in found) == (os.geteuid() == 0)


def test_a_pin_that_is_asked_for_and_not_set_is_a_warning(home: Home) -> None:
    configure(home, "security: {requirePinFor: [shell, 'file_*']}\n")
    code, found = checks(home)
    assert (code, found["pin"]["status"]) == (0, "warn")
    assert "shell, file_*" in found["pin"]["message"]
    home.run("pin", "set", stdin="2468\n")
    _, found = checks(home)
    assert found["pin"]["status"] == "ok"


def test_where_no_pin_is_asked_for_none_is_missed(home: Home) -> None:
    configure(home)
    _, found = checks(home)
    assert "pin" not in found


def test_a_broken_file_of_the_gateway_fails(home: Home) -> None:
    configure(home, "security: {requirePinFor: [shell]}\n")
    home.run("pin", "set", stdin="2468\n")
    (path,) = home.path.rglob("gateway.db")
    path.write_bytes(b"{" * 5000)
    code, found = checks(home)
    assert (code, found["pin"]["status"]) == (1, "fail")


def test_a_workspace_that_is_a_file_fails(home: Home) -> None:
    configure(home)
    (home.path / "workspace").write_text("no folder")
    code, found = checks(home)
    assert (code, found["workspace"]["status"]) == (1, "fail")


def test_skills_are_counted_and_broken_ones_named(home: Home) -> None:
    configure(home)
    good = home.path / "skills" / "tea"
    good.mkdir(parents=True)
    (good / "SKILL.md").write_text("---\nname: tea\ndescription: It makes tea.\n---\nBoil water.\n")
    _, found = checks(home)
    assert (found["skills"]["status"], found["skills"]["message"]) == ("ok", "1 installed")
    (home.path / "skills" / "empty").mkdir()
    code, found = checks(home)
    assert (code, found["skills"]["status"]) == (0, "warn")
    assert "empty" in found["skills"]["message"]


def test_an_mcp_servers_program_that_is_missing_is_a_warning(home: Home) -> None:
    configure(
        home,
        "mcp:\n  servers:\n    gone: {command: no-such-program-1}\n    there: {command: sh}\n"
        "    off: {command: no-such-program-2, enabled: false}\n"
        "    far: {url: 'https://user:hush@mcp.example/x?token=hush'}\n",
    )
    code, found = checks(home)
    assert code == 0
    assert (found["mcp gone"]["status"], found["mcp there"]["status"]) == ("warn", "ok")
    assert found["mcp far"]["message"] == "is asked at mcp.example"
    assert "mcp off" not in found
    assert "hush" not in str(found)


def test_embeddings_without_a_model_are_a_warning(home: Home) -> None:
    configure(home, "memory: {embeddings: true}\n")
    code, found = checks(home)
    assert (code, found["memory"]["status"]) == (0, "warn")
    configure(home, "memory: {embeddings: true, embedding_model: vectors-1}\n")
    _, found = checks(home)
    assert found["memory"]["message"] == "vectors-1 embeds memories"


def test_it_makes_no_folders(home: Home) -> None:
    configure(home)
    before = sorted(home.path.rglob("*"))
    checks(home)
    assert sorted(home.path.rglob("*")) == before


def test_it_names_the_folders_that_are_written_to(home: Home, tmp_path: Path) -> None:
    assert checks(home)[1]["folders"]["message"] == f"{home.path} can be written"
    env = {"OPENCLAW_HOME": "", "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "kept")}
    names = home.run("doctor", "--json", env=env).json()["checks"][1]["message"]
    assert f"{tmp_path / '.openclaw'}, {tmp_path / 'kept' / 'openclaw'}, " in names
