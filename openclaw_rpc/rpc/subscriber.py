"""One peer of any door that keeps a connection: the streams and topics it follows, and what is sent to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openclaw_rpc.domain.events.bus import Bus
from openclaw_rpc.domain.events.published import Published
from openclaw_rpc.domain.sizes import LARGEST, fitted
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.method import Event
from openclaw_rpc.rpc.frames import Framing, Spelling
from openclaw_rpc.rpc.outbox import Frames, FrameSink, Outbox
from openclaw_rpc.rpc.subscriptions import Subscriptions


class Subscriber:
    """A client that is sent events, as ``spelling`` and ``framing`` have them.

    ``cut`` is called when the peer is so far behind that it is to be closed.
    """

    def __init__(
        self,
        spelling: Spelling,
        framing: Framing,
        sink: FrameSink,
        bus: Bus,
        *,
        outbox_bytes: int,
        cut: Callable[[], None],
    ) -> None:
        self._spelling = spelling
        self._framing = framing
        self._outbox = Outbox(sink, self._encode, outbox_bytes, self.fell_behind)
        self.subscriptions = Subscriptions(bus, self)
        self._cut = cut
        self._closed = False

    def send(self, row: Event[Any], data: Any, epoch: str = "", seq: int = 0) -> None:
        """Send an event that belongs to this connection alone."""
        self._outbox.put_event(Published(row, data, user="", epoch=epoch, seq=seq))

    def hear(self, event: Published) -> None:
        """Take an event that this connection follows."""
        self._outbox.put_event(event)
        if event.row is chat_done:
            self.subscriptions.heard(event)

    def push(self, event: Published) -> None:
        """Send an event that was told before."""
        self.hear(event)

    def _encode(self, event: Published) -> Frames:
        kind = self._framing.kind
        frames = event.frames.get(kind)
        if frames is None:
            frames = self._frames(event, event.data)
            if self._framing.bounded and any(len(frame) > LARGEST for frame in frames):
                frames = self._frames(event, fitted(event.data))
            if kind:
                event.frames[kind] = frames
        return frames

    def _frames(self, event: Published, data: Any) -> Frames:
        return Frames(self._framing.frames(self._spelling.tell(event.row.name, data), event.epoch, event.seq))

    def resumed(self) -> None:
        """The peer can take more."""
        self._outbox.resumed()

    def flush(self) -> None:
        """Write what is ready."""
        self._outbox.flush()

    def fell_behind(self) -> None:
        """The peer does not keep up: it is closed."""
        self.subscriptions.clear()
        self._cut()

    def close(self) -> None:
        """Hear nothing any more; what waits is dropped."""
        self._closed = True
        self._outbox.close()
        self.subscriptions.close()
