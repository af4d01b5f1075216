"""OpenClaw's own programs, as npm has them: `python -m tests.openclaw.clients` installs them into a cache folder.

They are 0.9 GB, and want a newer Node than most systems have: npm's own package of it is installed beside them.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import platformdirs
import pytest

PACKAGES: Final = {"openclaw": "2026.9.6", "@openclaw/gateway-client": "2026.9.1"}
NODE: Final = (24, 16, 0)
NODE_PACKAGE: Final = f"node-{sys.platform}-{'arm64' if platform.machine() in ('arm64', 'aarch64') else 'x64'}"
NODE_VERSION: Final = "24.21.0"
FOLDER: Final = platformdirs.user_cache_path("openclaw-rpc-tests", appauthor=False) / "clients"
MODULES: Final = FOLDER / "node_modules"
CONTROL_UI: Final = MODULES / "openclaw" / "dist" / "control-ui"
SECONDS: Final = 90


def version_of(package: str) -> str | None:
    """The version that is installed."""
    try:
        return json.loads((MODULES / package / "package.json").read_text())["version"]
    except (OSError, ValueError, KeyError):
        return None


def node() -> str | None:
    """A Node that is new enough."""
    for found in (MODULES / NODE_PACKAGE / "bin" / "node", shutil.which("node")):
        if found is None or not Path(found).exists():
            continue
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if tuple(int(part) for part in said.strip().removeprefix("v").split(".") if part.isdigit()) >= NODE:
            return str(found)
    return None


def missing() -> str:
    """Why they can't be started; nothing where they can."""
    lacking = [name for name, version in PACKAGES.items() if version_of(name) != version]
    if lacking:
        return f"{', '.join(lacking)} of npm is not in the cache: `make openclaw` installs it"
    return "" if node() else "no Node of 24.16 or newer: `make openclaw` installs one"


MISSING: Final = missing()
here = pytest.mark.skipif(bool(MISSING), reason=MISSING)
"""For a test that starts them."""
whole = pytest.mark.skipif(os.environ.get("OPENCLAW_CLIENTS") != "all", reason="`make openclaw` runs it")
"""For a test that takes its time."""


def environment(home: Path, url: str = "", token: str = "", **more: str) -> dict[str, str]:
    """A home of their own, whose configuration leads to a gateway where one is named."""
    state = home / ".openclaw"
    state.mkdir(parents=True, exist_ok=True)
    if url:
        remote = {"gateway": {"mode": "remote", "remote": {"url": url, "token": token}}}
        (state / "openclaw.json").write_text(json.dumps(remote))
        (state / "openclaw.json").chmod(0o600)
    path = os.pathsep.join([str(Path(node() or "node").parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENCLAW_", "NODE_"))}
    quiet = {"NO_COLOR": "1", "OPENCLAW_NO_RESPAWN": "1", "OPENCLAW_DISABLE_TELEMETRY": "1"}
    return {**kept, **quiet, "HOME": str(home), "OPENCLAW_STATE_DIR": str(state), "PATH": path, **more}


def command(*words: str) -> list[str]:
    """Their command line."""
    return [node() or "node", str(MODULES / "openclaw" / "openclaw.mjs"), *words]


def run(env: Mapping[str, str], *words: str, ok: bool = True) -> str:
    """What it prints. To be called in a thread, where the gateway is in this process."""
    done = subprocess.run(
        command(*words), env=dict(env), capture_output=True, text=True, timeout=SECONDS, check=False, cwd=env["HOME"]
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout if ok else done.stdout + done.stderr


def install() -> str:
    """Install what is missing; why that failed, or nothing."""
    if not missing():
        return ""
    if shutil.which("npm") is None:
        return "there is no npm"
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "package.json").write_text('{"private": true}\n')
    wanted = [f"{name}@{version}" for name, version in {**PACKAGES, NODE_PACKAGE: NODE_VERSION}.items()]
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--save-exact"]
    print(f"installing {', '.join(wanted)} in {FOLDER}", flush=True)
    done = subprocess.run(["npm", "install", *flags, *wanted], cwd=FOLDER, check=False)
    return "" if done.returncode == 0 else "npm could not install them"


if __name__ == "__main__":
    if failed := install():
        print(f"OpenClaw's own programs are not tested: {failed}")
        sys.exit(1)
