"""Where the gateway's files lie: what the user edits in one folder, the rest where the system wants it."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

APP: Final = "openclaw"
HOME_VARIABLE: Final = "OPENCLAW_HOME"


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

    @classmethod
    def find(cls, env: Mapping[str, str], config: str | Path | None = None) -> "Paths":
        """The paths for an environment: everything under `$OPENCLAW_HOME` where it is set, else `~/.openclaw`.

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
            workspace=home / ("workspace-rpc" if (home / "openclaw.json").exists() else "workspace"),
            state=state,
            cache=cache,
            logs=logs,
        )

    def database(self, chosen: str | None) -> Path:
        """The file that all is kept in: the one that `storage.path` chose, else one in the state folder."""
        return Path(chosen) if chosen else self.state / "gateway.db"

    @contextmanager
    def announced(self, port: int) -> Generator[None]:
        """Say meanwhile in a file of the state folder at which port the gateway with this `gateway.yaml` listens."""
        file = self.state / "port"
        file.write_text(f"{port}\n{self.config}\n")
        try:
            yield
        finally:
            file.unlink(missing_ok=True)

    def announced_port(self) -> int | None:
        """Where the gateway with this `gateway.yaml` listens, which may have another port since; None: none does."""
        try:
            port, config = (self.state / "port").read_text().splitlines()
            return int(port) if config == str(self.config) else None
        except (OSError, ValueError):
            return None

    def prepare(self) -> None:
        """Make the folders that are missing, each for its owner alone.

        Raises:
            OSError: one could not be made.
        """
        for folder in (self.home, self.skills, self.channels, self.workspace, self.state, self.cache, self.logs):
            private_folder(folder)


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
