"""What a job writes, as far as it is kept."""

import codecs
from typing import Final

from openclaw_rpc.domain.commands import OnOutput
from openclaw_rpc.protocol.command import OutputStream

FLOOD: Final = 16
"""A job that writes so many times what is kept of it is ended: it would go on for ever."""


class Gathered:
    """What was written to one stream, as far as it is kept."""

    def __init__(self, name: OutputStream, limit: int, on_output: OnOutput | None) -> None:
        self._name: OutputStream = name
        self._limit = limit
        self._on_output = on_output
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pieces: list[bytes] = []
        self._size = 0
        self.total = 0

    @property
    def kept(self) -> bytes:
        """The bytes."""
        return b"".join(self._pieces)

    @property
    def cut(self) -> bool:
        """Whether there were more."""
        return self.total > self._size

    @property
    def flooded(self) -> bool:
        """Whether there were so many more that it has to end."""
        return self.total > FLOOD * self._limit

    def take(self, data: bytes) -> None:
        """Add what was read."""
        self.total += len(data)
        data = data[: self._limit - self._size]
        if data:
            self._pieces.append(data)
            self._size += len(data)
            self._tell(self._decoder.decode(data))

    def close(self) -> None:
        """There is no more: tell what is left of a character that was never whole."""
        self._tell(self._decoder.decode(b"", final=True))

    def _tell(self, text: str) -> None:
        if text and self._on_output is not None:
            self._on_output(self._name, text)
