"""What the command line says."""

import os
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def _nothing(_port: int) -> None:
    """Whoever holds the process sees that it is not ready."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says; None leaves it to `gateway.yaml`. ``terminal``: pretty lines go to stderr.

    ``program`` is how the command line is typed on this machine.
    """

    config: Path | None = None
    port: int | None = None
    bind: str | None = None
    log_level: str | None = None
    terminal: bool = False
    program: str = "openclaw"
    fenced: Callable[[int], None] = field(default=_nothing)
    """What is done at once when other nodes took this one for dead; it is given the port that it listened on."""
    worker: int = 1
    """Which it is of several processes on one port, from 1 on."""
    node: str | None = None
    sockets: Sequence[int] = ()
    """Descriptors of listening sockets that were handed to this process, in place of an address."""
    environ: MutableMapping[str, str] = field(default_factory=lambda: os.environ)

    def overrides(self) -> dict[str, Any]:
        """The same, nested as the file is."""
        gateway = {"port": self.port, "bind": self.bind}
        chosen: dict[str, Any] = {"gateway": {key: value for key, value in gateway.items() if value is not None}}
        if self.node is not None:
            chosen["cluster"] = {"node": self.node}
        if self.log_level is not None:
            chosen["logging"] = {"level": self.log_level}
        return {key: value for key, value in chosen.items() if value}
