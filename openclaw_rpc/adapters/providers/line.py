"""A connection to a model's server: one request at a time, and its answer as bytes (HTTP/1.1, RFC 9112).

A general client builds a dozen objects a request, and is woken for every packet. Here a request is written in one
piece, an answer is a list of what came, and a stream, once it flows, is read at most once in `REST_SECONDS`, with all
that has come until then: a server that sends a token a packet does not wake anybody for each.
"""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from typing import Final, cast

import httptools

REST_SECONDS: Final = 0.001
"""For how long nothing more is read of a stream after something was: what comes meanwhile comes together."""
HIGH_BYTES: Final = 256 * 1024
"""When so much of an answer waits for its reader, no more is read from the server."""
HEAD_BYTES: Final = 64 * 1024
EVENT_STREAM: Final = "text/event-stream"
_UNPACKED: Final = ("gzip", "x-gzip", "deflate")
_BODILESS: Final = (204, 304)


class BrokenError(ConnectionError):
    """The connection ended before the answer did."""


class LateError(Exception):
    """Nothing came for as long as anybody waits for it."""


class NoHttpError(Exception):
    """What the server sent is no HTTP, or not what its own head says; the message continues «the server …»."""


class Answer:
    """A server's answer whose body is still to come. ``read`` gives what has come since the last time."""

    def __init__(self, line: "Line", loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        """By their names in lower case."""
        self.ended = False
        """Whether nothing more comes."""
        self.began = loop.create_future()
        """Done when status and headers are there; fails where they never come."""
        self.streams = False
        """Whether it is a stream of events."""
        self.together = False
        """Whether what comes within `REST_SECONDS` is to come together: of use when the first words were read."""
        self.waiting = 0
        """Bytes that wait to be read."""
        self._line = line
        self._loop = loop
        self._pieces: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._limit = 0.0
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def content_type(self) -> str:
        """The media type, without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def expect(self, seconds: float) -> None:
        """From now on nobody waits longer at a time; who does gets a LateError, and the connection is cut.

        One timer for the whole answer looks after it: a timer a read would cost as much as the read itself.
        """
        self._limit, self._since = seconds, self._loop.time()
        if self._timer is None or self._timer.when() > self._since + seconds:
            self._look_in(seconds)

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        waits = self._waiter is not None or not self.began.done()
        waited = self._loop.time() - self._since if waits else 0.0
        if waited < self._limit:
            self._look_in(self._limit - waited)
        else:
            self.fail(LateError())
            self._line.abort()

    async def read(self) -> bytes:
        """What has come, at least something; empty at the end.

        Raises:
            LateError: it took longer than ``expect`` allows.
            BrokenError, NoHttpError: as they say, after all that came before was read.
        """
        if not self._pieces and not self.ended and self._error is None:
            self._since = self._loop.time()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._pieces:
            data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
            self.waiting = 0
            self._line.taken()
            return data
        if self._error is not None:
            raise self._error
        return b""

    def put(self, data: bytes) -> None:
        """A piece of the body came."""
        self._pieces.append(data)
        self.waiting += len(data)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """The head came."""
        self.status, self.headers = status, headers
        self.streams = self.content_type == EVENT_STREAM
        if not self.began.done():
            self.began.set_result(None)

    def end(self) -> None:
        """All has come."""
        self.ended = True

    def fail(self, error: Exception) -> None:
        """Nothing more comes, since something went wrong."""
        if self.ended or self._error is not None:
            return
        self._error = error
        if not self.began.done():
            self.began.set_exception(error)
            self.began.exception()  # whoever asked may be gone
        self.wake()

    def wake(self) -> None:
        """Let whoever waits see what has come; nothing of the body has where only its framing came."""
        something = self._pieces or self.ended or self._error is not None
        if something and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Give the connection back, or cut it at once where the answer has not ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._line.release(self)


class Line(asyncio.Protocol):
    """A connection: give it a transport, `ask`, and close the answer. Then ``idle`` is called, or ``gone``.

    ``gone`` is called once, when the connection has ended, however it did.
    """

    def __init__(self, idle: "Callable[[Line], None]", gone: "Callable[[Line, Exception | None], None]") -> None:
        self._idle = idle
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        # As widely as browsers and other clients read; nothing here decides where another message begins.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True)
        self._answer: Answer | None = None
        self._headers: dict[str, str] = {}
        self._head_bytes = 0
        self._unpack: Callable[[bytes], None] | None = None
        self._until_end = False
        self._keep = False
        self._resting: asyncio.TimerHandle | None = None
        self._paused = False

    @property
    def open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection; see `asyncio.BaseProtocol`."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, *pieces: bytes) -> Answer:
        """Send a request. Its answer is the only one under way."""
        answer = self._answer = Answer(self, self._loop)
        self._headers, self._head_bytes = {}, 0
        self._unpack, self._until_end, self._keep = None, False, False
        if self._transport is None:
            answer.fail(BrokenError())
        else:
            self._transport.writelines(pieces)
        return answer

    # ---- what comes ----

    def data_received(self, data: bytes) -> None:
        """Read what came; see `asyncio.Protocol`."""
        answer = self._answer
        if answer is None or answer.ended:
            self.abort()  # nothing was asked
            return
        if not answer.began.done():
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self._head_bytes > HEAD_BYTES and not answer.began.done():
                raise NoHttpError(f"sent a head of more than {HEAD_BYTES >> 10} KB")
        except (NoHttpError, httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
            answer.fail(cause if isinstance(cause, NoHttpError) else NoHttpError("does not speak HTTP"))
            self.abort()
            return
        answer.wake()
        if answer.waiting > HIGH_BYTES:
            self._regulate()

    def on_message_begin(self) -> None:
        """Another answer begins: one to nothing, where the one that was asked for has ended."""
        if self._answer is not None and self._answer.ended:
            raise NoHttpError("sent more than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header came; those of one name are joined (RFC 9110, 5.3)."""
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """The head is there."""
        status, headers = self._parser.get_status_code(), self._headers
        self._headers = {}
        if status < 200 or self._answer is None:
            return  # more to come, such as early hints
        packing = headers.get("content-encoding", "identity").strip().lower()
        if packing in _UNPACKED:
            self._unpack = _Unpacking(self._answer).feed
        elif packing not in ("", "identity"):
            raise NoHttpError(f"packed its answer as {packing[:20]}, which nobody asked for")
        sized = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
        self._until_end = not sized and status not in _BODILESS
        self._answer.begin(status, headers)

    def on_body(self, data: bytes) -> None:
        """A piece of the body came."""
        if self._unpack is not None:
            self._unpack(data)
        elif self._answer is not None:
            self._answer.put(data)

    def on_message_complete(self) -> None:
        """An answer has ended, or one that only said that another comes."""
        if self._answer is not None and self._answer.began.done():
            self._keep = self._parser.should_keep_alive()
            self._answer.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = None
        self._rested()
        answer, self._answer = self._answer, None
        if answer is not None:
            if self._until_end and exc is None:
                answer.end()
                answer.wake()
            answer.fail(BrokenError())
        self._gone(self, exc)

    # ---- how much is read ----

    def taken(self) -> None:
        """Whoever reads has taken all there was: let more come together."""
        answer = self._answer
        if answer is None or answer.ended:
            return
        if answer.together and self._resting is None:
            self._resting = self._loop.call_later(REST_SECONDS, self._rested)
        self._regulate()

    def _rested(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        self._regulate()

    def _regulate(self) -> None:
        """Read, or do not."""
        full = self._answer is not None and self._answer.waiting > HIGH_BYTES
        pause = full or self._resting is not None
        if self._transport is None or pause == self._paused:
            return
        self._paused = pause
        if pause:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # ---- the end ----

    def release(self, answer: Answer) -> None:
        """Whoever asked needs nothing more."""
        if answer is not self._answer:
            return
        self._answer = None
        if answer.ended and self._keep and self.open:
            self._rested()
            self._idle(self)
        else:
            self.abort()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()


class _Unpacking:
    """Unpacks a body that came packed although nobody asked for it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def feed(self, data: bytes) -> None:
        """Put what a piece unpacks to into the answer.

        Raises:
            NoHttpError: it is not packed, or unpacks to far more than it is.
        """
        try:
            plain = self._unpacker.decompress(data, HIGH_BYTES * 16)
        except zlib.error:
            raise NoHttpError("sent a body that is not compressed as it says") from None
        if self._unpacker.unconsumed_tail:
            raise NoHttpError("sent a body that unpacks to far more than it is")
        if plain:
            self._answer.put(plain)
