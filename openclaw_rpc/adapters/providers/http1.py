"""A connection to a model's server: one request at a time, and its answer as bytes (HTTP/1.1, RFC 9112).

A general client builds a dozen objects a request, and is woken for every packet. Here a request is written in one
piece, an answer is a list of what came, and a stream, once it flows, is read at most once in `REST_SECONDS`, with all
that has come until then: a server that sends a token a packet does not wake anybody for each.
"""

import asyncio
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
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


class HttpResponse:
    """A server's answer whose body is still to come. ``read`` gives what has come since the last time.

    Nobody waits for it past ``until`` or, where there is some ``patience``, for longer than that at a time: who does
    gets a LateError, and the connection is cut.
    """

    def __init__(
        self, connection: "HttpConnection", loop: asyncio.AbstractEventLoop, until: float, words: bool
    ) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        """By their names in lower case."""
        self.content_type = ""
        """The media type, without parameters, in lower case."""
        self.streams = False
        """Whether it is a stream of events."""
        self.ended = False
        """Whether nothing more comes."""
        self.together = False
        """Whether what comes within `REST_SECONDS` is to come together: of use when the first words were read."""
        self.waiting = 0
        """Bytes that wait to be read, as they came over the wire."""
        self.until = until
        """By the loop's clock."""
        self.patience = 0.0
        """Seconds; 0 where only ``until`` counts."""
        self.began: asyncio.Future[None] = loop.create_future()
        """Done when status and headers are there, and a stream's first bytes where `HttpConnection.ask` was told to
        wait for ``words``; fails where no head ever comes."""
        self._connection = connection
        self._loop = loop
        self._words = words
        self._pieces: list[bytes] = []
        self._unpack: Callable[[bytes], bytes] | None = None
        self._waiter = self.began
        self._error: Exception | None = None

    @property
    def awaited(self) -> bool:
        """Whether anybody waits for it now."""
        return not self._waiter.done()

    async def read(self) -> bytes:
        """What has come, at least something; empty at the end.

        Raises:
            LateError: it took longer than anybody waits.
            BrokenError, NoHttpError: as they say, after all that came before was read.
        """
        while True:
            if not self._pieces and not self.ended and self._error is None:
                if self.patience:
                    self.until = self._loop.time() + self.patience
                self._connection.watch(self.until)
                self._waiter = self._loop.create_future()
                await self._waiter
            if not self._pieces:
                if self._error is not None:
                    raise self._error
                return b""
            pieces, self._pieces, self.waiting = self._pieces, [], 0
            if not self.ended:
                self._connection.taken(self)
            if self._unpack is not None:
                pieces = self._unpacked(pieces, self._unpack)
            if data := pieces[0] if len(pieces) == 1 else b"".join(pieces):
                return data

    def _unpacked(self, pieces: list[bytes], unpack: "Callable[[bytes], bytes]") -> list[bytes]:
        """Pieces that came packed; where one of them can't be unpacked, those before it, and nothing more comes."""
        plain: list[bytes] = []
        try:
            for piece in pieces:
                plain.append(unpack(piece))
        except NoHttpError as error:
            self._error, self.ended = error, False
            self._connection.abort()
        return plain

    def begin(self, status: int, headers: Mapping[str, str], unpack: "Callable[[bytes], bytes] | None") -> None:
        """The head came."""
        self.status, self.headers, self._unpack = status, headers, unpack
        self.content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        self.streams = self.content_type == EVENT_STREAM
        if not (self._words and self.streams) and not self.began.done():
            self.began.set_result(None)

    def put(self, pieces: Sequence[bytes] = (), size: int = 0) -> None:
        """So much of the body came, or nothing more does: whoever waits sees it."""
        self._pieces += pieces
        self.waiting += size
        if not self._waiter.done():
            self._waiter.set_result(None)

    def fail(self, error: Exception) -> None:
        """Nothing more comes, since something went wrong."""
        if self.ended or self._error is not None:
            return
        self._error = error
        if not self.status and not self.began.done():
            self.began.set_exception(error)
            self.began.exception()  # whoever asked may be gone
        self.put()

    def close(self) -> None:
        """Give the connection back, or cut it at once where the answer has not ended."""
        self._connection.release(self)


class HttpConnection(asyncio.Protocol):
    """A connection: give it a transport, `ask`, and close the answer. Then ``idle`` is called, or ``gone``.

    ``gone`` is called once, when the connection has ended, however it did.
    """

    def __init__(
        self, idle: "Callable[[HttpConnection], None]", gone: "Callable[[HttpConnection, Exception | None], None]"
    ) -> None:
        self._idle = idle
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._body: list[bytes] = []
        self.on_body = self._body.append  # no function of ours for each chunk of a stream
        self._parser = httptools.HttpResponseParser(self)
        # As widely as browsers and other clients read; nothing here decides where another message begins.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True)
        self._answer: HttpResponse | None = None
        self._fields: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._until_end = False
        self._keep = False
        self._watching: asyncio.TimerHandle | None = None
        self._watching_until = math.inf
        self._resting: asyncio.TimerHandle | None = None
        self._paused = False

    @property
    def open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection; see `asyncio.BaseProtocol`."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, pieces: Sequence[bytes], until: float, *, words: bool = False) -> HttpResponse:
        """Send a request. Its answer is the only one under way; see there for ``until`` and ``words``."""
        answer = self._answer = HttpResponse(self, self._loop, until, words)
        self._fields, self._head_bytes = [], 0
        self._until_end, self._keep = False, False
        if self._transport is None:
            answer.fail(BrokenError())
        else:
            # Without uvloop the connection would else not close, on newer Pythons.
            self._transport.writelines([piece for piece in pieces if piece])
            self.watch(until)
        return answer

    # ---- what comes ----

    def data_received(self, data: bytes) -> None:
        """Read what came; see `asyncio.Protocol`."""
        answer = self._answer
        if answer is None or answer.ended:
            self.abort()  # nothing was asked
            return
        if not answer.status:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self._head_bytes > HEAD_BYTES and not answer.status:
                raise NoHttpError(f"sent a head of more than {HEAD_BYTES >> 10} KB")
        except (NoHttpError, httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
            answer.fail(cause if isinstance(cause, NoHttpError) else NoHttpError("does not speak HTTP"))
            self.abort()
        if self._body:
            answer.put(self._body, len(data))
            self._body.clear()
            if answer.waiting > HIGH_BYTES:
                self._regulate()
        elif answer.ended:
            answer.put()

    def on_message_begin(self) -> None:
        """Another answer begins: one to nothing, where the one that was asked for has ended."""
        if self._answer is not None and self._answer.ended:
            raise NoHttpError("sent more than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header came."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there."""
        status, fields = self._parser.get_status_code(), self._fields
        self._fields = []
        if status < 200 or self._answer is None:
            return  # more to come, such as early hints
        headers: dict[str, str] = {}
        for name, value in fields:  # those of one name are joined (RFC 9110, 5.3)
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        sized = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
        self._until_end = not sized and status not in _BODILESS
        packing = headers.get("content-encoding")
        self._answer.begin(status, headers, _unpacking(packing) if packing else None)

    def on_message_complete(self) -> None:
        """An answer has ended, or one that only said that another comes."""
        if self._answer is not None and self._answer.status:
            self._keep = self._parser.should_keep_alive()
            self._answer.ended = True

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = None
        self._rested()
        if self._watching is not None:
            self._watching.cancel()
        answer, self._answer = self._answer, None
        if answer is not None:
            if self._until_end and exc is None:
                answer.ended = True
                answer.put()
            answer.fail(BrokenError())
        self._gone(self, exc)

    # ---- how long anybody waits ----

    def watch(self, until: float) -> None:
        """See to it that nobody waits for the answer past ``until``.

        One timer looks after all answers, and is set anew only where it would be late: a timer a read would cost as
        much as the read itself.
        """
        if self._watching_until <= until:
            return
        if self._watching is not None:
            self._watching.cancel()
        self._watching_until = until
        self._watching = self._loop.call_at(until, self._look)

    def _look(self) -> None:
        self._watching, self._watching_until = None, math.inf
        answer = self._answer
        if answer is None or not answer.awaited:
            return
        if self._loop.time() < answer.until:
            self.watch(answer.until)
        else:
            answer.fail(LateError())
            self.abort()

    # ---- how much is read ----

    def taken(self, answer: HttpResponse) -> None:
        """Whoever reads has taken all there was: let more come together."""
        if answer is not self._answer:
            return
        if answer.together and self._resting is None:
            self._resting = self._loop.call_later(REST_SECONDS, self._rested)
            self._regulate()
        elif self._paused:
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

    def release(self, answer: HttpResponse) -> None:
        """Whoever asked needs nothing more."""
        if answer is not self._answer:
            return
        self._answer = None
        if answer.ended and self._keep:
            if self._paused:
                self._rested()
            self._idle(self)
        else:
            self.abort()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()


def _unpacking(packing: str) -> "Callable[[bytes], bytes] | None":
    """What unpacks a body that came packed although nobody asked for it; None where there is nothing to unpack.

    It raises a NoHttpError where a piece is not packed, or unpacks to far more than it is.

    Raises:
        NoHttpError: it is packed in a way that is not known here.
    """
    packing = packing.strip().lower()
    if packing in ("", "identity"):
        return None
    if packing not in _UNPACKED:
        raise NoHttpError(f"packed its answer as {packing[:20]}, which nobody asked for")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def unpack(piece: bytes) -> bytes:
        try:
            plain = unpacker.decompress(piece, HIGH_BYTES * 16)
        except zlib.error:
            raise NoHttpError("sent a body that is not compressed as it says") from None
        if unpacker.unconsumed_tail:
            raise NoHttpError("sent a body that unpacks to far more than it is")
        return plain

    return unpack
