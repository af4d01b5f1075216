"""systemd's end of its notify protocol (sd_notify(3))."""

from __future__ import annotations

import socket

SECONDS = 30


class Systemd:
    """A socket that is listened at as systemd does."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(SECONDS)
        self._socket.bind(address)

    def next(self) -> dict[str, str]:
        """The next word, as its assignments."""
        return dict(line.split("=", 1) for line in self._socket.recv(65536).decode().splitlines())

    def until(self, name: str) -> dict[str, str]:
        """The next word that assigns that name."""
        while True:
            said = self.next()
            if name in said:
                return said

    def close(self) -> None:
        self._socket.close()
