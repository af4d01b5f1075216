"""websockets' connection as a sink of frames: many in one write, and told when the peer has caught up."""

from collections.abc import Callable
from struct import Struct
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

# The headers of an unmasked, unfragmented text frame (RFC 6455, 5.2): with a length of 7, 16 or 64 bits.
_TEXT = 0x81
_SHORT = 126
_MEDIUM = 1 << 16
_HEADERS = tuple(bytes((_TEXT, length)) for length in range(_SHORT))
_medium = Struct("!BBH").pack
_long = Struct("!BBQ").pack


class Socket(ServerConnection):
    """A server connection whose writes don't wait: `rpc.outbox.Outbox` decides when to write."""

    caught_up: Callable[[], None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member: Any = None
        """What the door keeps with a connection from its handshake on."""
        self.heard = self.loop.time()
        """When anything came from the peer, on the loop's clock."""
        self._closer: Any = None

    @property
    def writable(self) -> bool:
        """False while the write buffer is over its limit."""
        return not self.paused

    def write(self, frames: list[bytes]) -> None:
        """Write text frames. Frames for a socket that is closing are dropped: nobody would read them."""
        if self.protocol.state is not State.OPEN:
            return
        if self.protocol.extensions:
            for frame in frames:
                self.protocol.send_text(frame)
            self.send_data()
            return
        parts: list[bytes] = []
        for frame in frames:
            length = len(frame)
            if length < _SHORT:
                parts.append(_HEADERS[length])
            elif length < _MEDIUM:
                parts.append(_medium(_TEXT, 126, length))
            else:
                parts.append(_long(_TEXT, 127, length))
            parts.append(frame)
        self.transport.write(b"".join(parts))

    def data_received(self, data: bytes) -> None:
        """Something came: called by the transport."""
        self.heard = self.loop.time()
        super().data_received(data)

    def probe(self) -> None:
        """Ping the peer; its pong counts as something heard."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_ping(b"")
            self.send_data()

    def resume_writing(self) -> None:
        """The peer has read enough: called by the transport."""
        super().resume_writing()
        if self.caught_up is not None:
            self.caught_up()

    def close_soon(self, code: int, reason: str) -> None:
        """Begin to close, without waiting for the peer."""
        if self._closer is None:
            self._closer = self.loop.create_task(self._close_now(code, reason))

    async def _close_now(self, code: int, reason: str) -> None:
        await self.close(code, reason)
