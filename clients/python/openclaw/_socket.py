"""The WebSocket: each message is handed over as soon as it was read, without a task that is woken for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

_DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Socket(ClientConnection):
    """``take`` gets every message, in the order they came; what it raises is lost."""

    def __init__(self, *args: Any, take: Callable[[bytes | bytearray], None], **options: Any) -> None:
        super().__init__(*args, **options)
        self._take = take
        self._parts: list[bytes | bytearray] = []

    def process_event(self, event: Any) -> None:
        """Take a frame that carries data; leave all others to websockets."""
        if not isinstance(event, Frame) or event.opcode not in _DATA:
            super().process_event(event)
            return
        data = bytes(event.data)
        if not event.fin or self._parts:
            self._parts.append(data)
            if not event.fin:
                return
            data = b"".join(self._parts)
            self._parts.clear()
        self._take(data)
