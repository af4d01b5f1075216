"""`openclaw skills`, against a running gateway."""

from pathlib import Path

from tests.cli.command import Gateway


def test_a_skill_is_installed_listed_found_told_and_removed(gateway: Gateway, tmp_path: Path) -> None:
    folder = tmp_path / "nets"
    folder.mkdir()
    (folder / "SKILL.md").write_text("---\nname: nets\ndescription: Use when: a net is torn\n---\nKnot by knot.\n")
    gateway.run("config", "set", "skills.registry", "none")
    done = gateway.run("skills", "install", str(folder))
    assert done.code == 0, done.err
    assert "line by line" in done.err
    assert "Use when: a net is torn" in gateway.run("skills", "list").out
    assert gateway.run("skills", "search", "torn", "--json").json()["total"] == 1
    told = gateway.run("skills", "info", "nets").out
    assert "SKILL.md" in told and "Knot by knot." in told
    assert gateway.run("skills", "remove", "nets").code == 0
    assert gateway.run("skills", "info", "nets").code == 1
    assert gateway.run("skills", "list", "--json").json()["skills"] == []
