"""Where the gateway's files lie: what the user edits in one folder, the rest where the system wants it."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

APP: Final = "openclaw"
HOME_VARIABLE: Final = "OPENCLAW_HOME"
RUNNING: Final = "running"
"""The file in the state folder that says where the gateway listens, while one runs."""
OPENCLAW_FILE: Final = "openclaw.json"
"""What OpenClaw's own gateway has in its home."""


class Announcement(NamedTuple):
    """A gateway that runs: where a client on this machine connects, and the id of its process."""

    url: str
    pid: int


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway's files and folders, all absolute.

    ``config`` is `gateway.yaml`; ``state`` holds what must not be lost, ``cache`` what can be made again.
    """

    home: Path
    config: Path
    skills: Path
    channels: Path
    workspace: Path
    state: Path
    cache: Path
    logs: Path
    worker: int = 1

    @classmethod
    def find(cls, env: Mapping[str, str], config: str | Path | None = None) -> Paths:
        """The paths for an environment: all under `$OPENCLAW_HOME`, else in `~/.openclaw` and the system's own folders.

        Args:
            env: The environment's variables.
            config: A `gateway.yaml` that lies elsewhere.
        """
        chosen = env.get(HOME_VARIABLE, "")
        home = Path(chosen).expanduser().absolute() if chosen else _user_home(env) / ".openclaw"
        if chosen:
            state, cache, logs = home / "state", home / "cache", home / "logs"
        else:
            import platformdirs  # only where it is asked: it looks into the environment and the disk

            state = platformdirs.user_state_path(APP, appauthor=False)
            cache = platformdirs.user_cache_path(APP, appauthor=False)
            logs = platformdirs.user_log_path(APP, appauthor=False)
        return cls(
            home=home,
            config=Path(config).expanduser().absolute() if config else home / "gateway.yaml",
            skills=home / "skills",
            channels=home / "channels",
            # OpenClaw's own home has its agents' files in `workspace`; they stay its own.
            workspace=home / ("workspace-rpc" if (home / OPENCLAW_FILE).exists() else "workspace"),
            state=state,
            cache=cache,
            logs=logs,
        )

    @property
    def has_openclaw(self) -> bool:
        """Whether OpenClaw's own home is the same folder."""
        return (self.home / OPENCLAW_FILE).exists()

    @property
    def browser(self) -> Path:
        """What the browser of this process keeps."""
        return self.state / ("browser" if self.worker == 1 else f"browser-{self.worker}")

    def of_worker(self, number: int) -> Paths:
        """Those of one of several processes on one port, from 1 on: what only one may use at a time is its own."""
        if number == 1:
            return self
        return msgspec.structs.replace(self, worker=number, logs=self.logs / f"worker-{number}")

    def database(self, chosen: str | None) -> Path:
        """The file that all is kept in: the one that `storage.path` chose, else one in the state folder."""
        return Path(chosen) if chosen else self.state / "gateway.db"

    @contextmanager
    def announced(self, url: str) -> Generator[None]:
        """Say meanwhile in a file of the state folder where the gateway with this `gateway.yaml` listens.

        The file is locked, so that one that a killed gateway left behind says nothing.
        """
        file, fresh = self.state / RUNNING, self.state / f"{RUNNING}.{os.getpid()}"
        with open(fresh, "w", opener=private_opener) as held:
            held.write(f"{url}\n{self.config}\n{os.getpid()}\n")
            held.flush()
            _lock(held)
            fresh.replace(file)
            try:
                yield
            finally:
                with suppress(OSError):
                    if os.path.samestat(file.stat(), os.fstat(held.fileno())):
                        file.unlink()

    def announcement(self) -> Announcement | None:
        """Where the gateway with this `gateway.yaml` listens, which may say another port since; None: none does."""
        try:
            with (self.state / RUNNING).open() as file:
                url, config, pid = file.read().splitlines()
                return Announcement(url, int(pid)) if config == str(self.config) and _is_locked(file) else None
        except (OSError, ValueError):
            return None

    def prepare(self) -> None:
        """Make the folders that are missing, each for its owner alone.

        Raises:
            OSError: one could not be made.
        """
        for folder in (self.home, self.skills, self.channels, self.workspace, self.state, self.cache, self.logs):
            private_folder(folder)


def _lock(file: IO[str]) -> None:
    """Lock it until it is closed, which the end of the process does as well; a file system may know no locks."""
    if sys.platform != "win32":
        import fcntl

        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_locked(file: IO[str]) -> bool:
    """Whether a process that lives holds it, as far as this system tells."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def private_folder(folder: Path) -> Path:
    """Make a folder with mode 0700 where it is missing; its parents as the system makes them. Answers it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise
    return folder


def private_opener(path: str, flags: int) -> int:
    """An ``opener`` for ``open``: a file it makes is readable by its owner alone."""
    return os.open(path, flags, 0o600)


def _user_home(env: Mapping[str, str]) -> Path:
    home = env.get("HOME", "")
    return Path(home).absolute() if home else Path.home()
