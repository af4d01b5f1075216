"""What `make` says before pip does, and where it links the program."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout, as far as the first steps look at it."""
    made = tmp_path / "checkout"
    made.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, made)
    return made


def make(folder: Path, *words: str, home: Path | None = None, path: str | None = None) -> tuple[int, str]:
    env = {**os.environ, "HOME": str(home or folder), "PATH": path or os.environ["PATH"]}
    done = subprocess.run(["make", *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def program(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def venv(folder: Path) -> Path:
    """A .venv that looks as if everything were installed in it."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    program(folder / ".venv/bin/openclaw", f"#!{folder}/.venv/bin/python\n")
    (folder / ".venv/.installed-runtime").touch()
    return folder / ".venv"


def test_a_python_that_is_too_old_is_told_before_anything_is_made(folder: Path) -> None:
    old = program(folder / "old", '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.1 && exit 0\nexit 1\n')
    code, said = make(folder, "run", f"PYTHON={old}")
    assert code != 0
    assert "Python 3.9.1, and 3.11 or newer is needed" in said
    assert not (folder / ".venv").exists()


def test_a_python_that_is_not_there_is_told(folder: Path) -> None:
    code, said = make(folder, "run", "PYTHON=no-such-python")
    assert code != 0 and "there is no no-such-python" in said


def test_a_venv_that_can_be_used_is_used(folder: Path) -> None:
    venv(folder)
    assert make(folder, "usable") == (0, "")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("rm .venv/bin/python; ln -s /nowhere/python .venv/bin/python", "its Python is gone"),
        ("rm -r .venv/lib", "another version of Python"),
        ("mv .venv ../other; sed -i s,/checkout/,/other/, ../other/bin/openclaw; mv ../other .venv", "another folder"),
    ],
)
def test_a_stale_venv_is_told_with_what_to_do(spoil: str, reason: str, folder: Path) -> None:
    venv(folder)
    subprocess.run(spoil, shell=True, cwd=folder, check=True)
    code, said = make(folder, "run")
    assert code != 0
    assert reason in said and "rm -rf .venv" in said
    assert "pip" not in said and "Traceback" not in said


def test_the_program_is_linked_where_it_can_be_typed_and_nothing_else_is_replaced(folder: Path) -> None:
    venv(folder)
    for file in ("pyproject.toml", "constraints.txt"):
        os.utime(folder / file, (0, 0))
    link = folder / "home" / ".local/bin/openclaw"
    path = f"{link.parent}:{os.environ['PATH']}"
    for _ in range(2):
        code, said = make(folder, "install-cli", home=folder / "home", path=path)
        assert (code, said) == (0, "openclaw can be typed anywhere.\n")
        assert link.resolve() == folder / ".venv/bin/openclaw"
    assert "put " in make(folder, "install-cli", home=folder / "home")[1]

    link.unlink()
    program(link, "#!/bin/sh\necho OpenClaw's own\n")
    code, said = make(folder, "install-cli", home=folder / "home", path=path)
    assert code != 0 and "another program" in said
    assert "OpenClaw's own" in link.read_text()
