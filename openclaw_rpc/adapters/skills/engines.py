"""What runs skills' commands on this machine: the runner of all commands, and podman."""

import os
import shutil
from collections.abc import Callable, Mapping
from typing import Final

from openclaw_rpc.adapters.commands import LocalRunner
from openclaw_rpc.domain.commands import CommandRunner, CommandSettings
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import Unavailable

# Where podman finds its storage and its images' registries; credentials lie in files there.
NEEDED: Final = ("HOME", "PATH", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS")


class LocalEngines:
    """Runs jobs in the sandbox of commands, or podman beside it."""

    def __init__(
        self,
        sandboxed: CommandRunner,
        log: Log,
        *,
        environ: Mapping[str, str] | None = None,
        find: Callable[[str], str | None] = shutil.which,
    ) -> None:
        self.sandboxed = sandboxed
        self.plain: CommandRunner = LocalRunner(lambda: CommandSettings(sandbox="none"), log)
        self._environ = os.environ if environ is None else environ
        self._find = find

    def podman(self) -> str:
        """The path of podman.

        Raises:
            Unavailable: it is not installed.
        """
        found = self._find("podman")
        if found is None:
            raise Unavailable("skills.container is podman, and podman is not installed", reason="no_podman")
        return found

    def environ(self) -> Mapping[str, str]:
        """What podman needs of the gateway's environment."""
        return {name: value for name in NEEDED if (value := self._environ.get(name)) is not None}
