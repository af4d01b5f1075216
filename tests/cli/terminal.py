"""A terminal with a program in it, as a person has it: what is on the screen, and keys."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import pyte

SECONDS = 30


class Terminal:
    """``screen`` is what is seen now; ``written`` all that was ever written, with its escape sequences.

    ``stdin`` and ``stdout`` take the place of the terminal where they are given.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        rows: int = 40,
        columns: int = 100,
        stdin: int | None = None,
        stdout: int | None = None,
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        self.code: int | None = None
        self._near, far = pty.openpty()
        fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            stdin=far if stdin is None else stdin,
            stdout=far if stdout is None else stdout,
            stderr=far,
            env={**env, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(far)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.code is None:
            self.process.kill()
        self.process.wait(SECONDS)
        os.close(self._near)

    @property
    def screen(self) -> str:
        """What is seen, without what is empty at its end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def looks(self, text: str) -> Any:
        """How a text looks where it is seen last: its first character with ``bold``, ``italics``, ``fg`` …"""
        for number, line in reversed(list(enumerate(self._screen.display))):
            if text in line:
                return self._screen.buffer[number][line.index(text)]
        raise AssertionError(f"no {text!r}:\n{self.screen}")

    def until(self, wanted: str | Callable[[str], bool]) -> str:
        """Wait until something is seen: a regular expression, or whatever the function says. The screen then."""
        holds = wanted if callable(wanted) else lambda screen: re.search(wanted, screen) is not None
        self._read(lambda: holds(self.screen), str(wanted))
        return self.screen

    def gone(self, text: str) -> str:
        """Wait until a text is not seen any more."""
        return self.until(lambda screen: text not in screen)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._near, text.encode())

    def enter(self, text: str = "") -> None:
        """Type a line, and Enter once it is seen."""
        if text:
            self.type(text)
            shown = text.splitlines()[-1][-20:]
            self.until(lambda screen: shown in screen)
        self.type("\r")

    def end(self) -> int:
        """Wait until the program has ended; its exit code."""
        self._read(lambda: self.code is not None, "end")
        assert self.code is not None
        return self.code

    def _read(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            left = deadline - time.monotonic()
            assert left > 0 and self.code is None, f"no {what!r} ({self.code}):\n{self.screen}"
            if not select.select([self._near], [], [], min(left, 0.2))[0]:
                continue
            try:
                data = os.read(self._near, 65536)
            except OSError:  # the other side is gone
                data = b""
            if data:
                self.written += data
                self._stream.feed(data)
            else:
                self.code = self.process.wait(SECONDS)
