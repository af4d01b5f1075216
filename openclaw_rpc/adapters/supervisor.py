"""What a supervisor is told: systemd's notify protocol, a datagram a word (sd_notify(3)). Without one, nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final

import anyio

ADDRESS: Final = "NOTIFY_SOCKET"
MICROSECONDS: Final = "WATCHDOG_USEC"
PROCESS: Final = "WATCHDOG_PID"


class Supervisor:
    """systemd, where this process was started by it with `Type=notify`.

    Its variables are taken out of the environment: no child of ours is to speak for us. ``watchdog``: how many seconds
    may pass without a sign of life, where it asks for signs.
    """

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        self._address = environ.pop(ADDRESS, "")
        microseconds = environ.pop(MICROSECONDS, "")
        process = environ.pop(PROCESS, str(os.getpid()))
        mine = bool(self._address) and process == str(os.getpid())
        self.watchdog: float | None = int(microseconds) / 1e6 if mine and microseconds.isdigit() else None

    def ready(self, status: str) -> None:
        """The gateway listens."""
        self._tell(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """It stops, of its own accord."""
        self._tell("STOPPING=1\nSTATUS=stopping")

    async def watch(self) -> None:
        """Give signs of life as long as the event loop turns, twice in the time that is allowed."""
        while self.watchdog is not None:
            self.alive()
            await anyio.sleep(self.watchdog / 2)

    def alive(self) -> None:
        """A sign of life."""
        self._tell("WATCHDOG=1")

    def _tell(self, said: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        # "@" stands for the zero byte that abstract addresses begin with (unix(7)).
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        # It goes on where the supervisor does not listen.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)
            sock.sendto(said.encode(), address)
