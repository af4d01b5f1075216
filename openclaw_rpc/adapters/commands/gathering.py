"""What a job writes, as far as it is kept: its beginning and, where that is not all, its end."""

import codecs
from typing import Final, Protocol

import anyio

from openclaw_rpc.domain.commands import OnOutput
from openclaw_rpc.protocol.command import OutputStream

FLOOD: Final = 16
"""A job that writes so many times what is kept of it is ended: it would go on for ever."""
PASSED_A_SECOND: Final = 1024 * 1024
"""Bytes of a job in the background that are taken within a second: a faster one waits at its pipe."""
GAP: Final = "\n… (cut: {count} bytes) …\n"


class Sink(Protocol):
    """Where a stream of a job goes."""

    @property
    def flooded(self) -> bool:
        """Whether the job has to end, since it wrote far too much."""
        ...

    def take(self, data: bytes) -> float:
        """Add what was read; how many seconds to wait before more is read."""
        ...

    def close(self) -> None:
        """There is no more."""
        ...


class Passed:
    """A stream of a job in the background: heard as it comes, and kept by whoever hears it."""

    flooded = False

    def __init__(self, name: OutputStream, on_output: OnOutput | None) -> None:
        self._name: OutputStream = name
        self._on_output = on_output
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._since = anyio.current_time()
        self._taken = 0

    def take(self, data: bytes) -> float:
        """Hand it on."""
        self._tell(self._decoder.decode(data))
        now = anyio.current_time()
        if now - self._since >= 1:
            self._since, self._taken = now, 0
        self._taken += len(data)
        return self._since + 1 - now if self._taken > PASSED_A_SECOND else 0

    def close(self) -> None:
        """Hand on what is left of a character that was never whole."""
        self._tell(self._decoder.decode(b"", final=True))

    def _tell(self, text: str) -> None:
        if text and self._on_output is not None:
            self._on_output(self._name, text)


class Gathered:
    """What was written to one stream. Half of what is kept is its beginning, the other half its end.

    ``on_output`` hears the beginning as it comes, as much as is kept in all.
    """

    def __init__(self, name: OutputStream, limit: int, on_output: OnOutput | None) -> None:
        self._name: OutputStream = name
        self._limit = limit
        self._on_output = on_output
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = bytearray()
        self._tail = bytearray()
        self._told = 0
        self.total = 0

    @property
    def kept(self) -> bytes:
        """The bytes, with a line that says how many are left out: together no more than the limit."""
        if not self.cut:
            return bytes(self._head + self._tail)
        room = self._limit - len(self._head)
        end = max(0, room - len(GAP.format(count=self.total).encode()))
        gap = GAP.format(count=self.total - len(self._head) - end).encode()
        return bytes(self._head) + gap[:room] + bytes(self._tail[len(self._tail) - end :])

    @property
    def cut(self) -> bool:
        """Whether there were more than are kept."""
        return self.total > self._limit

    @property
    def flooded(self) -> bool:
        """Whether there were so many more that it has to end."""
        return self.total > FLOOD * self._limit

    def take(self, data: bytes) -> float:
        """Add what was read."""
        self.total += len(data)
        heard = data[: self._limit - self._told]
        if heard:
            self._told += len(heard)
            self._tell(self._decoder.decode(heard))
        room = self._limit // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        if len(self._tail) > 2 * self._limit:
            del self._tail[: -self._limit]
        return 0

    def close(self) -> None:
        """There is no more: tell what is left of a character that was never whole."""
        self._tell(self._decoder.decode(b"", final=True))

    def _tell(self, text: str) -> None:
        if text and self._on_output is not None:
            self._on_output(self._name, text)
