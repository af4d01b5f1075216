"""Server-sent events (WHATWG HTML, 9.2): the one writer of all dialects, with ids to resume at and keep-alives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from openclaw_rpc.dialects.jsonrpc import Frame, Id
from openclaw_rpc.dialects.rest import Resume, Spelling, Sse
from openclaw_rpc.protocol.chat import chat_done
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest
from openclaw_rpc.protocol.event import Position
from openclaw_rpc.transports.http.request import HttpRequest

KEEP_ALIVE = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 15
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    # A proxy that gathers the answer would undo the stream.
    "X-Accel-Buffering": "no",
}
SEPARATOR = "/"


def resume_of(last_event_id: str | None) -> Resume | None:
    """What ``Last-Event-ID`` says: where a stream of ours broke off.

    Raises:
        InvalidRequest: it is no id of ours.
    """
    if not last_event_id:
        return None
    parts = last_event_id.split(SEPARATOR)
    if len(parts) != 3 or not parts[2].isascii() or not parts[2].isdigit() or len(parts[2]) > 15 or not parts[1]:
        raise InvalidRequest("this is no id of an event", field="Last-Event-ID", reason="malformed")
    return Resume(parts[0], Position(epoch=parts[1], seq=int(parts[2])))


class SseCodec:
    """Spells events for one stream, as `rpc.connection.Connection` wants it; answers to calls it has none."""

    def __init__(self, spelling: Spelling, run_id: str) -> None:
        self.spelling = ""
        self.ended = asyncio.Event()
        """Set when the run's final event was written."""
        self._spell = spelling
        self._run_id = run_id
        self._encode = msgspec.json.Encoder().encode

    def read(self, data: bytes) -> Frame:
        """A stream is not spoken to."""
        raise AssertionError("an event stream takes no frames")

    def result(self, call_id: Id, value: Any) -> bytes:
        """Answered by the HTTP request itself."""
        return b""

    def error(self, call_id: Id, error: GatewayError) -> bytes:
        """Answered by the HTTP request itself."""
        return b""

    def batch(self, answers: Sequence[bytes]) -> bytes:
        """There are no batches."""
        return b""

    def opening(self) -> bytes:
        """What the stream begins with."""
        return b"".join(self._write(item, b"") for item in self._spell.open())

    def event(self, name: str, data: Any, epoch: str = "", seq: int = 0) -> bytes:
        """An event as the dialect writes it: none, one, or several server-sent events."""
        mark = f"id: {SEPARATOR.join((self._run_id, epoch, str(seq)))}\n".encode() if epoch else b""
        written = b"".join(self._write(item, mark) for item in self._spell.tell(name, data))
        if name == chat_done.name and data.run_id == self._run_id:
            self.ended.set()
        return written

    def _write(self, item: Sse, mark: bytes) -> bytes:
        data = item.data.encode() if isinstance(item.data, str) else self._encode(item.data)
        name = f"event: {item.event}\n".encode() if item.event else b""
        return (mark if self._spell.numbered else b"") + name + b"data: " + data + b"\n\n"


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

    async def take(self, seconds: float) -> bytes:
        """All that is to be written; nothing where there was nothing for so long."""
        if not self._frames:
            self._wake.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                return b""
        frames, self._frames = self._frames, []
        return b"".join(frames)

    def wake(self) -> None:
        """Look again: the stream has ended."""
        self._wake.set()


async def begin(request: HttpRequest, headers: dict[str, str]) -> web.StreamResponse:
    """Send the head of a stream."""
    response = web.StreamResponse(headers=HEADERS | headers)
    await response.prepare(request)
    return response
