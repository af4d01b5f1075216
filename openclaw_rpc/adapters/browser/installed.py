"""Which browser there is on this machine, and what to install where there is none."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from openclaw_rpc.domain.browser import BrowserSettings
from openclaw_rpc.installing import install_command

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
USUAL: Final = (
    "/usr/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
NO_PLAYWRIGHT: Final = "Playwright is not installed: "
NO_BROWSER: Final = "no browser was found: install Chromium (apt install chromium), or set browser.executable"
NO_EXECUTABLE: Final = "browser.executable does not name a program: correct it, or leave it out and install Chromium"


class Installed(NamedTuple):
    """The browser's program, or the ``reason`` why none can be driven."""

    executable: str | None
    reason: str | None


def look(settings: BrowserSettings, *, driver: str = "playwright") -> Installed:
    """Which browser there is; ``driver`` is the package that drives it."""
    chosen = settings.executable
    if chosen is not None:
        executable = chosen if Path(chosen).is_file() and os.access(chosen, os.X_OK) else None
    else:
        executable = next((path for name in NAMES if (path := shutil.which(name))), None)
        executable = executable or next((path for path in USUAL if Path(path).is_file()), None)
    reason = None
    if executable is None:
        reason = NO_BROWSER if chosen is None else NO_EXECUTABLE
    if find_spec(driver) is None:
        reason = NO_PLAYWRIGHT + install_command("browser")
    return Installed(executable, reason)
