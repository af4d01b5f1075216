"""Environments of their own for other people's clients: installed once, kept in `.cache/strangers`."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
CACHE = TOP / ".cache" / "strangers"
SECONDS = 240
ALL = os.environ.get("STRANGERS") == "all"
"""`make strangers`: everything, and not a part of each kind."""
UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Temporary failure|timed out|ProxyError|SSLError|"
    r"Could not fetch URL|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network",
    re.IGNORECASE,
)


def python(name: str, *packages: str, interpreter: str = sys.executable, optional: bool = False) -> Path:
    """The interpreter of a venv with these packages, their versions pinned; the test is skipped where no registry
    answers, and if they are ``optional``, where there are none for this machine."""
    with _made(name, packages) as folder:
        if folder is not None:
            _run([interpreter, "-m", "venv", str(folder)])
            _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages], optional=optional)
    return _folder(name, packages) / "bin" / "python"


def node(name: str, *packages: str) -> Path:
    """A folder with these packages of npm, their versions pinned; the test is skipped where there is no node."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    with _made(name, packages) as folder:
        if folder is not None:
            (folder / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
            _run(["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", *packages])
    return _folder(name, packages)


def _folder(name: str, packages: Sequence[str]) -> Path:
    digest = hashlib.sha256(" ".join((sys.version, *packages)).encode()).hexdigest()[:12]
    return CACHE / f"{name}-{digest}"


@contextmanager
def _made(name: str, packages: Sequence[str]) -> Generator[Path | None]:
    """The folder to fill, or None where it is there; one process at a time."""
    folder = _folder(name, packages)
    CACHE.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / ".ready").exists():
            yield None
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
        (folder / ".ready").touch()


def _run(command: Sequence[str], *, optional: bool = False) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode == 0:
        return
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if "WARNING" not in line)[-2000:]
    if UNREACHABLE.search(said):
        pytest.skip(f"the registry can't be reached: {said[-300:]}")
    if optional:
        pytest.skip(f"it can't be installed here: {said[-300:]}")
    pytest.fail(f"{' '.join(command)}: {said}")
