"""The Pythons of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path


def installed(version: str) -> str | None:
    """That Python, where there is one: on the path, or in pyenv's folder."""
    beside = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [f"python{version}", *map(str, sorted(beside.glob(f"{version}.*/bin/python")))]
    ask = partial(subprocess.run, capture_output=True, text=True, check=False, timeout=20)
    # pyenv puts a command on the path for each of its versions, whether it is the chosen one or not.
    known = (each for each in found if shutil.which(each) is not None)
    return next((each for each in known if ask([each, "--version"]).stdout.startswith(f"Python {version}.")), None)
