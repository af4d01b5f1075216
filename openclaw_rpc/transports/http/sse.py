"""Server-sent events (WHATWG HTML, 9.2): the one writer of all dialects, with ids to resume at and keep-alives."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence

import msgspec

from openclaw_rpc.dialects.rest import Resume
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.event import Position
from openclaw_rpc.rpc.frames import SpelledEvent

KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 15
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    # A proxy that gathers the answer would undo the stream.
    "X-Accel-Buffering": "no",
}
_EVENT_ID = re.compile(r"([\w.-]{0,100})/([\w.-]{1,64})/([0-9]{1,15})(?:/([\w.-]{1,500}))?", re.ASCII)
"""`run/epoch/seq`, the run empty in a session's stream, and behind it what the spelling wants to know again."""


def resume_of(last_event_id: str | None) -> Resume | None:
    """What ``Last-Event-ID`` says: where a stream of ours broke off.

    Raises:
        InvalidRequest: it is no id of ours.
    """
    if not last_event_id:
        return None
    match = _EVENT_ID.fullmatch(last_event_id)
    if match is None:
        raise InvalidRequest("this is not the id of an event", field="Last-Event-ID", reason="malformed")
    run_id, epoch, seq, place = match.groups()
    return Resume(run_id, Position(epoch=epoch, seq=int(seq)), place or "")


class SseFraming:
    """Writes what one stream's dialect spells, with ids to resume at where they are ``numbered``.

    ``after`` is where the stream begins: what is written before its first event has that id.
    """

    kind = ""
    bounded = False

    def __init__(self, run_id: str, after: Position | None = None, *, numbered: bool = True) -> None:
        self._run_id = run_id
        self._numbered = numbered
        self._mark = self._id(after.epoch, after.seq) if after is not None else ""
        self._encode = msgspec.json.Encoder().encode

    def opening(self, told: Iterable[SpelledEvent]) -> bytes:
        """What the stream begins with."""
        return b"".join(self._write(item, self._mark) for item in told)

    def frames(self, told: Iterable[SpelledEvent], epoch: str = "", seq: int = 0) -> Sequence[bytes]:
        """An event as the dialect spells it: none, one, or several server-sent events."""
        items = list(told)
        before, self._mark = self._mark, self._id(epoch, seq) if epoch else self._mark
        # A client that has read only some of the several must not miss the others when it comes back.
        written = [self._write(item, before) for item in items[:-1]]
        if items:
            written.append(self._write(items[-1], self._mark if epoch else ""))
        return written

    def _id(self, epoch: str, seq: int) -> str:
        return f"{self._run_id}/{epoch}/{seq}"

    def _write(self, item: SpelledEvent, mark: str) -> bytes:
        data = item.data.encode() if isinstance(item.data, str) else self._encode(item.data)
        place = f"/{item.place}" if item.place else ""
        number = f"id: {mark}{place}\n".encode() if mark and self._numbered else b""
        name = f"event: {item.event}\n".encode() if item.event else b""
        return number + name + b"data: " + data + b"\n\n"


class SseSink:
    """The body of an HTTP answer as a sink of frames. While a write waits for the client, events wait in the outbox."""

    def __init__(self) -> None:
        self.writable = True
        self._frames: list[bytes] = []
        self._wake = asyncio.Event()

    def write(self, frames: list[bytes]) -> None:
        """Hand frames to the task that writes them."""
        self._frames += frames
        self.writable = False
        self._wake.set()

    def wake(self) -> None:
        """Have `take` return, though there may be nothing to write."""
        self._wake.set()

    async def take(self, seconds: float) -> bytes:
        """All that is to be written; nothing where there was nothing for so long."""
        if not self._frames:
            self._wake.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass
        frames, self._frames = self._frames, []
        return b"".join(frames)
