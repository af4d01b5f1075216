"""What waits to be sent to one peer: bounded, written many frames at once, deltas merged when the peer is slow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from openclaw_rpc.domain.events.published import DELTAS, Merged, Published

_log = logging.getLogger(__name__)


class Frames(list[bytes]):
    """Frames that go out together: those of an event, for all peers that are told it in the same way.

    ``wire`` is what the first sink made of them; ``takers`` are the outboxes that will write them in the next step of
    the loop, woken once for all.
    """

    wire: bytes = b""
    takers: list[Outbox] | None = None

    def flush(self) -> None:
        """Have those that took them write."""
        takers, self.takers = self.takers or (), None
        for outbox in takers:
            try:
                outbox.flush()
            except Exception:
                _log.exception("what was told could not be written to one peer")


class FrameSink(Protocol):
    """Where frames go: a socket, or the body of an HTTP answer."""

    @property
    def writable(self) -> bool:
        """False while the peer is behind; `Outbox.resumed` is called when it has caught up."""
        ...

    def write(self, frames: Frames) -> None:
        """Write frames, all at once."""
        ...


class Outbox:
    """The one writer of a connection.

    Frames that come up within one step of the loop are written together. While the peer is behind, events wait here;
    the waiting deltas of one run are merged into one. Past ``bound`` bytes ``overflow`` is called, once.
    """

    __slots__ = ("_bound", "_encode", "_overflow", "_ready", "_shared", "_sink", "_tails", "_waiting", "size")

    def __init__(
        self, sink: FrameSink, encode: Callable[[Published], Frames], bound: int, overflow: Callable[[], None]
    ) -> None:
        self.size = 0
        """Bytes that wait for a peer that is behind."""
        self._sink = sink
        self._encode = encode
        self._bound = bound
        self._overflow: Callable[[], None] | None = overflow
        self._ready: Frames | None = None
        self._shared = False
        self._waiting: list[bytes | Published | Merged] | None = None
        self._tails: dict[str, int] = {}

    def put(self, frame: bytes) -> None:
        """Send a frame; an empty one is nothing to send."""
        if not frame:
            return
        if self._waiting is not None:
            self._waiting.append(frame)
            self._grow(len(frame))
            return
        if self._ready is None:
            asyncio.get_running_loop().call_soon(self._flush)
        self._own().append(frame)

    def put_event(self, event: Published) -> None:
        """Send an event."""
        if self._waiting is not None:
            self._hold(event, self._waiting)
        elif frames := self._encode(event):
            if self._ready is None:
                self._ready, self._shared = frames, True
                if frames.takers is None:
                    frames.takers = []
                    asyncio.get_running_loop().call_soon(frames.flush)
                frames.takers.append(self)
            else:
                self._own().extend(frames)

    def _own(self) -> Frames:
        """What is ready, as a list of this outbox alone: an event's frames are everybody's who hears it."""
        if self._ready is None or self._shared:
            self._ready, self._shared = Frames(self._ready or ()), False
        return self._ready

    def _hold(self, event: Published, waiting: list[bytes | Published | Merged]) -> None:
        """Let an event wait: in one with the delta before it, where it continues that."""
        if event.row in DELTAS:
            tail = self._tails.get(event.session_id)
            last = waiting[tail] if tail is not None else None
            if isinstance(last, Merged) and last.follows(event):
                last.add(event)
                # What would be written is what counts.
                self._grow(event.text)
                return
            self._tails[event.session_id] = len(waiting)
            waiting.append(Merged(event))
        else:
            self._tails.pop(event.session_id, None)
            waiting.append(event)
        self._grow(event.weight)

    def _grow(self, size: int) -> None:
        self.size += size
        if self.size > self._bound and self._overflow is not None:
            overflow, self._overflow = self._overflow, None
            overflow()

    def _flush(self) -> None:
        frames, self._ready = self._ready, None
        if frames:
            self._sink.write(frames)
        if not self._sink.writable and self._waiting is None:
            self._waiting = []

    def resumed(self) -> None:
        """The peer has caught up: send what waits."""
        if self._waiting is None:
            return
        waiting, self._waiting = self._waiting, None
        self._tails.clear()
        self.size = 0
        ready = self._own()
        for item in waiting:
            if isinstance(item, bytes):
                ready.append(item)
            else:
                ready += self._encode(item.event() if isinstance(item, Merged) else item)
        self._flush()

    def close(self) -> None:
        """Drop what waits, and whatever comes."""
        self._sink = _NOWHERE
        self._waiting, self.size = None, 0
        self._tails.clear()
        self._ready = None

    def flush(self) -> None:
        """Write what is ready now: before a connection is closed."""
        if self._ready is not None:
            self._flush()


class _Nowhere:
    """Where the frames of a connection go that is closed."""

    writable = True

    def write(self, frames: Frames) -> None:
        """Nobody reads them."""


_NOWHERE = _Nowhere()
