"""websockets' connection as a sink of frames: many in one write, and told when the peer has caught up."""

import asyncio
from collections.abc import Callable
from struct import Struct
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode
from websockets.protocol import State

from openclaw_rpc.rpc.outbox import Frames
from openclaw_rpc.transports.stalled import StallWatch

CLOSE_SECONDS = 5.0
"""How long a peer has to answer a close, where the server's settings do not say."""
# The headers of an unmasked, unfragmented text frame (RFC 6455, 5.2): with a length of 7, 16 or 64 bits.
_TEXT = 0x81
_SHORT = 126
_MEDIUM = 1 << 16
_HEADERS = tuple(bytes((_TEXT, length)) for length in range(_SHORT))
_medium = Struct("!BBH").pack
_long = Struct("!BBQ").pack


def _header(length: int) -> bytes:
    if length < _SHORT:
        return _HEADERS[length]
    if length < _MEDIUM:
        return _medium(_TEXT, 126, length)
    return _long(_TEXT, 127, length)


class Socket(ServerConnection):
    """A server connection whose writes don't wait: `rpc.outbox.Outbox` decides when to write."""

    caught_up: Callable[[], None] | None = None
    stalled: Callable[[], None] | None = None
    """Told of a peer that has stopped to read; where nobody is, it is cut."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member: Any = None
        """What the door keeps with a connection from its handshake on."""
        self.heard = self.loop.time()
        """When anything came from the peer, on the loop's clock."""
        self._deadline: asyncio.TimerHandle | None = None

    def bound(self, max_bytes: int | None) -> None:
        """Bound the messages that come from now on, but for one that is here already; None leaves it."""
        if max_bytes is not None:
            self.protocol.max_message_size = max_bytes

    @property
    def writable(self) -> bool:
        """False while the write buffer is over its limit."""
        return not self.paused

    def write(self, frames: Frames) -> None:
        """Write text frames. Frames for a socket that is closing are dropped: nobody would read them."""
        if self.protocol.state is not State.OPEN:
            return
        if self.protocol.extensions:
            for frame in frames:
                self.protocol.send_text(frame)
            self.send_data()
            return
        wire = frames.wire
        if not wire:
            parts: list[bytes] = []
            for frame in frames:
                parts.append(_header(len(frame)))
                parts.append(frame)
            if len(frames) == 1 and len(frames[0]) >= _MEDIUM:
                # Not copied, and not held beside the frame.
                self.transport.writelines(parts)
                return
            wire = frames.wire = b"".join(parts)
        self.transport.write(wire)

    def data_received(self, data: bytes) -> None:
        """Something came: called by the transport."""
        self.heard = self.loop.time()
        super().data_received(data)
        if self._deadline is None and self.protocol.state is State.CLOSING:
            # The peer has begun to close, or broke the protocol.
            self._end_soon()

    def eof_received(self) -> None:
        """The peer sends nothing more: called by the transport, which then waits until the peer has read all."""
        super().eof_received()
        self._end_soon()

    def probe(self) -> None:
        """Ping the peer; its pong counts as something heard."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_ping(b"")
            self.send_data()

    def pause_writing(self) -> None:
        """The peer is behind: called by the transport."""
        super().pause_writing()
        self._watch.full()

    def resume_writing(self) -> None:
        """The peer has read enough: called by the transport."""
        super().resume_writing()
        self._watch.free()
        if self.caught_up is not None:
            self.caught_up()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ours: called by the transport."""
        super().connection_made(transport)
        self._watch = StallWatch(self.transport, self._stalled)

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone: called by the transport."""
        self._watch.free()
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def close_soon(self, code: int, reason: str) -> None:
        """Say why it is closed, without waiting for the peer; one that does not answer in time is cut."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_close(code, reason)
            self.send_data()
        self._end_soon()

    async def close(self, code: CloseCode | int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Close, and return when the connection is gone.

        The library's own waits for the peer to read what was written before its deadline begins.
        """
        self.close_soon(code, reason)
        await self.wait_closed()

    def _stalled(self) -> None:
        (self.stalled or self.transport.abort)()

    def _end_soon(self) -> None:
        if self._deadline is None and not self.connection_lost_waiter.done():
            self._watch.free()
            self._deadline = self.loop.call_later(self.close_timeout or CLOSE_SECONDS, self.transport.abort)
