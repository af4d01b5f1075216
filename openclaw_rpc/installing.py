"""How what an optional part needs is installed into the Python that runs, said so that it can be typed."""

import os
import shlex
import sys
from pathlib import Path

_ROOT = Path(__file__).parent.parent


def install_command(extra: str) -> str:
    """What installs an extra of this package.

    A checkout is installed from its folder at its locked versions; elsewhere the requirements are named one by one,
    since the package itself may have come from a file.
    """
    pip = f"{shown(sys.executable)} -m pip install"
    locked = _ROOT / "constraints.txt"
    if locked.is_file() and (_ROOT / "pyproject.toml").is_file():
        return f"{pip} -c {shown(locked)} -e '{shown(_ROOT)}[{extra}]'"
    return f"{pip} {' '.join(shlex.quote(one) for one in _requirements(extra)) or repr(f'openclaw-rpc[{extra}]')}"


def shown(path: str | Path) -> str:
    """A path as it is typed here: relative where it lies below this folder."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - a venv's python is a link that must not be followed
    here = Path.cwd()
    below = whole.is_relative_to(here) and here != Path(here.anchor)
    return shlex.quote(str(whole.relative_to(here) if below else whole))


def _requirements(extra: str) -> list[str]:
    from importlib.metadata import PackageNotFoundError, requires

    try:
        found = [one.partition(";") for one in requires("openclaw-rpc") or ()]
    except PackageNotFoundError:
        return []
    return [name.strip() for name, _, marker in found if f'extra == "{extra}"' in marker.replace("'", '"')]
