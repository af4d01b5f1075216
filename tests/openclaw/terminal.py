"""A program in a terminal: what it shows, and what is typed."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_CONTROL = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[?0-9;>=<]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]")


class Terminal:
    """A terminal of 120 by 40 characters. What is shown is a text that only grows; ``mark`` is where to look from."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._shown = b""
        self.mark = 0
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            os.execvpe(command[0], list(command), {**env, "TERM": "xterm-256color"})
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._file)

    @property
    def text(self) -> str:
        """What was shown since the mark."""
        return _CONTROL.sub("", self._shown[self.mark :].decode(errors="replace"))

    def wait(self, pattern: str, seconds: float = 60) -> str:
        """Read until it is shown what is looked for; all that was shown since the mark."""
        deadline = time.monotonic() + seconds
        while re.search(pattern, self.text) is None:
            left = deadline - time.monotonic()
            assert left > 0, f"{pattern!r} was not shown in {seconds} s:\n{self.text[-3000:]}"
            if select.select([self._file], [], [], min(left, 0.5))[0]:
                self._shown += os.read(self._file, 65_536)
        return self.text

    def type(self, text: str) -> None:
        """Type a line; from here on it is looked at what is shown."""
        self.mark = len(self._shown)
        os.write(self._file, text.encode())
        # A key that comes together with a text is taken as pasted.
        self.wait(re.escape(text[:20]))
        os.write(self._file, b"\r")

    def key(self, key: bytes) -> None:
        """Press a key."""
        self.mark = len(self._shown)
        os.write(self._file, key)
