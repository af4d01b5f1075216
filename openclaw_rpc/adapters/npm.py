"""Where npm and its like install programs for everybody: OpenClaw is found there, and only read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGE = "openclaw"
CONTROL_UI = "dist/control-ui"


def find_control_ui(env: Mapping[str, str]) -> Path | None:
    """The folder of the Control UI of an installed OpenClaw; the one that the shell would start comes first."""
    return next((page for package in installed(env) if (page := page_in(package / CONTROL_UI))), None)


def page_in(folder: Path) -> Path | None:
    """The folder itself, where a page is in it."""
    return folder if (folder / "index.html").is_file() else None


def installed(env: Mapping[str, str]) -> Iterable[Path]:
    """Folders in which the package may lie."""
    search = env.get("PATH", "")
    for folder in search.split(os.pathsep):
        # What `npm install --global` puts there is a link to the package's own program; ours is no such link.
        started = Path(folder or ".") / PACKAGE
        if started.is_symlink():
            yield from (parent for parent in started.resolve().parents if parent.name == PACKAGE)
    home = Path(env.get("HOME") or Path.home())
    prefixes = [Path(env["npm_config_prefix"])] if env.get("npm_config_prefix") else []
    if (node := shutil.which("node", path=search)) is not None:
        prefixes += [Path(node).parent.parent, Path(node).resolve().parent.parent]
    prefixes += [home / ".npm-global", home / ".local", Path("/usr/local"), Path("/usr"), Path("/opt/homebrew")]
    for prefix in dict.fromkeys(prefixes):
        yield prefix / "lib" / "node_modules" / PACKAGE
    yield home / ".bun" / "install" / "global" / "node_modules" / PACKAGE
    pnpm = Path(env.get("PNPM_HOME") or home / ".local" / "share" / "pnpm")
    yield from sorted(pnpm.glob(f"global/*/node_modules/{PACKAGE}"))
