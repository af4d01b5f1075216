"""A line between a process and a server, which can be cut as networks are: with a word, without one, for a while."""

from __future__ import annotations

import asyncio
import socket
import struct
from types import TracebackType
from typing import Self, cast


class Line:
    """Forwards what comes at ``port`` to a port of 127.0.0.1, and back.

    While it is ``silent`` it takes connections and everything that comes over them, hands nothing on and says nothing;
    those that it had then stay dead for good, as behind a router that forgot them.
    """

    def __init__(self, target: int) -> None:
        self.silent = False
        self.port = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._ends: set[End] = set()
        self._opening: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse()
        while self._opening:
            await asyncio.wait(self._opening)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: End(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def silence(self) -> None:
        """Have nothing pass any more, and nobody told."""
        self.silent = True
        for end in self._ends:
            end.dead = True

    def reset(self) -> None:
        """Cut what is open; new connections are taken."""
        for end in list(self._ends):
            end.reset()

    async def refuse(self) -> None:
        """Cut what is open, and take no new connections."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    async def mend(self) -> None:
        """Let new connections pass."""
        self.silent = False
        if self._server is None:
            await self._listen()

    def opened(self, end: End) -> None:
        """A connection came: the other one is made, unless nothing passes."""
        self._ends.add(end)
        end.dead = self.silent
        if not end.dead:
            task = asyncio.create_task(self._connect(end))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def joined(self, end: End) -> None:
        """The other one was made."""
        self._ends.add(end)

    def closed(self, end: End) -> None:
        """Nothing comes over a connection any more."""
        self._ends.discard(end)

    async def _connect(self, near: End) -> None:
        far = End(self, near)
        try:
            await asyncio.get_running_loop().create_connection(lambda: far, "127.0.0.1", self._target)
        except OSError:
            near.reset()


class End(asyncio.Protocol):
    """One side of a connection through a line; the near one is made first, the far one with it."""

    def __init__(self, line: Line, near: End | None = None) -> None:
        self.dead = False
        self._line = line
        self._other = near
        self._is_near = near is None
        self._transport: asyncio.Transport | None = None
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._is_near:
            self._line.opened(self)
            return
        assert self._other is not None
        self._line.joined(self)
        self._other.joined(self)

    def joined(self, far: End) -> None:
        """What came before the other connection was there is handed on."""
        self._other = far
        far.dead = self.dead
        if self._transport is None or self._transport.is_closing():
            far.reset()
            return
        early, self._early = self._early, b""
        far.send(early)

    def data_received(self, data: bytes) -> None:
        if self.dead:
            return
        if self._other is None:
            self._early += data
        else:
            self._other.send(data)

    def send(self, data: bytes) -> None:
        """Hand on what the other side was sent."""
        if not self.dead and self._transport is not None:
            self._transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.closed(self)
        if not self.dead and self._other is not None:
            self._other.reset()

    def reset(self) -> None:
        """Cut it: the peer is told so at once."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        wire = transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
