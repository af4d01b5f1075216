"""Checks of the machine: Python, SQLite, disk, clock, and what optional parts need."""

import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from openclaw_rpc.cli.checks.check import Check, fail, ok, warn
from openclaw_rpc.cli.target import storage_settings
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.durable import LITTLE, existing, room
from openclaw_rpc.installing import install_command, shown
from openclaw_rpc.protocol.errors import GatewayError

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35, 0)
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
MIB = 1024 * 1024
ENOUGH = 1024 * MIB
AHEAD_SECONDS = 120
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def machine(paths: Paths) -> Iterator[Check]:
    """All of them."""
    yield python()
    yield from folders(paths)
    yield sqlite(paths.state)
    yield from disks(paths)
    yield clock(paths)
    yield uvloop()
    yield from openclaw_home(paths)
    yield from extras()


def python() -> Check:
    """Whether this Python is new enough."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return fail("python", f"Python {version}", "Install Python 3.11 or later, and openclaw-rpc into it.")
    return ok("python", f"Python {version}")


def folders(paths: Paths) -> Iterator[Check]:
    """Whether the gateway can write where it has to, tried with a file where the folder is there."""
    wrong: list[str] = []
    wanted = tuple(dict.fromkeys((paths.home, paths.workspace, paths.state, paths.cache, paths.logs)))
    for folder in wanted:
        there = existing(folder)
        try:
            if there == folder:
                with tempfile.TemporaryFile(dir=folder):
                    continue
            if not os.access(there, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
        except OSError as error:
            wrong.append(f"{folder} ({error.strerror})")
    if wrong:
        yield fail("folders", "Can't write to " + ", ".join(wrong), "Make yourself their owner, or set OPENCLAW_HOME.")
    else:
        outer = [str(one) for one in wanted if not any(one.is_relative_to(other) for other in wanted if other != one)]
        yield ok("folders", f"{', '.join(outer)} can be written")


def sqlite(folder: Path) -> Check:
    """Whether SQLite is new enough, and its write-ahead log works on the state folder's file system."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return fail("sqlite", f"SQLite {sqlite3.sqlite_version}", "Use a Python that brings SQLite 3.35 or later.")
    try:
        with tempfile.TemporaryDirectory(dir=existing(folder), prefix=".doctor-") as place:
            database = sqlite3.connect(Path(place) / "probe.db")
            try:
                mode = database.execute("pragma journal_mode=wal").fetchone()[0]
                database.execute("create table probe (one)")
                database.commit()
            finally:
                database.close()
    except (OSError, sqlite3.Error) as error:
        return fail("sqlite", f"No database can be made in {folder}: {error}", "Make the folder writable.")
    if mode != "wal":
        return fail(
            "sqlite",
            f"{folder} lies on a file system without SQLite's write-ahead log (journal mode {mode})",
            "Set OPENCLAW_HOME, or storage.path, to a local disk.",
        )
    return ok("sqlite", f"SQLite {sqlite3.sqlite_version}, write-ahead log works")


def disks(paths: Paths) -> Iterator[Check]:
    """Whether there is room on each disk that the gateway writes to."""
    try:
        database = paths.database(storage_settings(paths).file).absolute().parent
    except GatewayError:  # the check of the configuration tells
        database = paths.state
    folders = (database, paths.state, paths.workspace, paths.logs)
    by_disk = {existing(folder).stat().st_dev: folder for folder in reversed(folders)}
    yield from (disk(folder) for folder in reversed(by_disk.values()))


def disk(folder: Path) -> Check:
    """Whether there is room on the disk of a folder."""
    free = room(folder)
    said = f"{free // MIB} MiB free"
    if free < LITTLE:
        return fail("disk", said, f"Make room on the disk of {folder}: soon nothing more can be kept.")
    if free < ENOUGH:
        return warn("disk", said, f"Make room on the disk of {folder} before long.")
    return ok("disk", said)


def clock(paths: Paths) -> Check:
    """Whether the clock can be right: later than this program, and than the files it wrote."""
    now = time.time()
    hint = "Set the clock (NTP): tokens expire and sessions sort by it."
    if now < EARLIEST:
        return fail("clock", f"The clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC", hint)
    for file in (paths.config, paths.database(None)):
        if file.exists() and file.stat().st_mtime > now + AHEAD_SECONDS:
            return warn("clock", f"{file.name} was written in the future: the clock is slow, or was fast", hint)
    return ok("clock", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")


def uvloop() -> Check:
    """Whether the fast event loop is there."""
    if find_spec("uvloop") is not None:
        return ok("uvloop", "installed")
    if sys.platform == "win32":
        return ok("uvloop", "not available on Windows; asyncio's own loop is used")
    return warn(
        "uvloop", "not installed; the gateway works, but slower", f"{shown(sys.executable)} -m pip install uvloop"
    )


def openclaw_home(paths: Paths) -> Iterator[Check]:
    """Whether OpenClaw's own home lies in the same folder."""
    if paths.has_openclaw:
        said = f"{paths.home} is OpenClaw's home, too: its files are left alone, and {paths.workspace.name} is ours"
        yield ok("openclaw home", said, "openclaw import openclaw --dry-run shows what could be brought over.")


def extras() -> Iterator[Check]:
    """What optional parts need; missing ones are fine until they are wanted."""
    chromium = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if find_spec("playwright") is None:
        yield ok("browser", "playwright is not installed", f"Optional: {install_command('browser')}")
    elif chromium is None:
        yield ok(
            "browser",
            "playwright is there, no chromium on PATH",
            f"For the browser tools: {shown(sys.executable)} -m playwright install chromium",
        )
    else:
        yield ok("browser", f"playwright and {chromium}")
    for name, what in (
        ("bwrap", "bubblewrap, to run commands in a sandbox"),
        ("podman", "podman, to run commands in containers"),
    ):
        found = shutil.which(name)
        yield ok(name, found) if found else ok(name, "not installed", f"Optional: {what}.")
