"""`python -m openclaw_rpc.codegen`: writes what the table says, notices what differs."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from openclaw_rpc import __version__
from openclaw_rpc.codegen import __main__ as command
from openclaw_rpc.codegen.__main__ import main
from openclaw_rpc.codegen.artefacts import breaches, differences, release, write
from openclaw_rpc.codegen.artefacts import render as rendered
from openclaw_rpc.protocol.table import METHODS

render = functools.cache(rendered)
ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
FILES = {"asyncapi.json", "gateway.schema.json", "openapi.json", "openrpc.json", "schema.json", "types.d.ts"}


@pytest.fixture(autouse=True)
def made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, but what the table says is worked out once for all tests."""
    monkeypatch.setattr(command, "render", render)


def test_the_committed_files_are_what_the_table_makes() -> None:
    assert list(differences(SCHEMAS, render(METHODS, __version__))) == []


def test_todays_table_is_a_superset_of_every_released_one() -> None:
    assert breaches(SCHEMAS, METHODS, __version__) == []


def test_every_process_makes_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "openclaw_rpc.codegen", "--out", str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=30,
    )
    made = render(METHODS, __version__)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {k: v.encode() for k, v in made.items()}
    assert set(made) == FILES
    assert all(text.endswith("\n") and not text.endswith("\n\n") and "\r" not in text for text in made.values())


def test_a_check_of_what_was_just_written_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "folder"
    assert main(["--out", str(out)]) == 0
    assert all(str(out / name) in capsys.readouterr().out for name in ["schema.json"])
    assert main(["--check", "--out", str(out)]) == 0
    assert main(["--out", str(out)]) == 0
    assert capsys.readouterr().out == ""


def test_a_check_shows_a_changed_line_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--out", str(tmp_path)])
    path = tmp_path / "openrpc.json"
    path.write_text(path.read_text("utf-8").replace('"chat.run"', '"chat.walk"', 1), "utf-8")
    before = path.read_bytes()
    capsys.readouterr()
    assert main(["--check", "--out", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert '-      "name": "chat.walk",' in shown
    assert '+      "name": "chat.run",' in shown
    assert path.read_bytes() == before


def test_a_check_tells_of_missing_and_of_stale_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--out", str(tmp_path)])
    (tmp_path / "types.d.ts").unlink()
    (tmp_path / "methods").mkdir()
    (tmp_path / "methods" / "old.json").write_text("{}\n", "utf-8")
    capsys.readouterr()
    assert main(["--check", "--out", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "types.d.ts: it is missing" in shown
    assert "methods/old.json: nothing makes this file any more" in shown
    main(["--out", str(tmp_path)])
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == FILES


def test_a_check_prints_no_more_than_a_screenful_or_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.joinpath("schema.json").write_text("nothing alike\n" * 9000, "utf-8")
    assert main(["--check", "--out", str(tmp_path)]) == 1
    assert len(capsys.readouterr().out.splitlines()) < 100


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    assert main(["--out", str(tmp_path)]) == 1
    assert "holds other files" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_line_ends_count(tmp_path: Path) -> None:
    made = render(METHODS, __version__)
    write(tmp_path, made)
    path = tmp_path / "types.d.ts"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n", 1))
    assert write(tmp_path, made) == ["types.d.ts"]


def test_a_release_is_frozen_beside_the_artefacts_and_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--release", "--out", str(tmp_path)]) == 0
    path = tmp_path / "released" / f"{__version__}.json"
    assert path.exists()
    frozen = path.read_bytes()
    assert main(["--release", "--out", str(tmp_path)]) == 0
    assert main(["--check", "--out", str(tmp_path)]) == 0
    assert path.read_bytes() == frozen
    with pytest.raises(ValueError, match="raise the version"):
        release(tmp_path, METHODS[1:], __version__)
    assert path.read_bytes() == frozen
    capsys.readouterr()


def test_a_check_fails_where_a_released_table_is_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--release", "--out", str(tmp_path)])
    path = tmp_path / "released" / f"{__version__}.json"
    path.write_text(path.read_text("utf-8").replace('"chat.run": {', '"chat.sing": {', 1), "utf-8")
    capsys.readouterr()
    assert main(["--check", "--out", str(tmp_path)]) == 1
    assert f"{__version__}: chat.sing: the method is gone" in capsys.readouterr().out
