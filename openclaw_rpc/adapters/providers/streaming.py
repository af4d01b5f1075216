"""A streamed answer, from the request for it to its last chunk.

It is read without an object a chunk of the `openai` package's own: bytes as they come, one chunk an upstream read.
Faults before the first token may be retried; none after it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self

import anyio
import msgspec

from openclaw_rpc.adapters.providers.faults import Failed
from openclaw_rpc.adapters.providers.frames import BadAnswerError, UpstreamError
from openclaw_rpc.adapters.providers.http1 import HttpResponse, LateError
from openclaw_rpc.adapters.providers.reader import MARK, NOTHING, AnswerReader
from openclaw_rpc.adapters.providers.request_body import RequestBodies
from openclaw_rpc.adapters.providers.tries import RequestTries
from openclaw_rpc.adapters.providers.upstream import Upstream, drain
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.providers import Waits

PATH: Final = "/chat/completions"
USAGE_SECONDS: Final = 5.0
"""How long a server that has finished may take to say what it used."""


class StreamRequest(NamedTuple):
    """What is asked: the fields of the request, those that may be left out where the server refuses them, how often
    it is tried again, whether chunks carry their ``payloads``, and who is told that the server makes it wait."""

    body: dict[str, Any]
    model: str
    optional: frozenset[str] | None = None
    retries: int = 0
    carry: bool = False
    waits: Waits | None = None


class Streaming:
    """An answer: entered, it has its first token; iterated, its items are what one upstream read brought each.

    Left, its request is cut where it goes on; else the connection is given back. As a class, it costs half of a
    generator.
    """

    _answer: HttpResponse
    _reader: AnswerReader
    _first: Chunk | None
    _trouble: Failed | None
    """What is wrong with what was read, to be raised when what came before it is told."""

    def __init__(
        self, upstream: Upstream, bodies: RequestBodies, settings: ProviderSettings, question: StreamRequest
    ) -> None:
        self._upstream = upstream
        self._bodies = bodies
        self._settings = settings
        self._question = question

    async def __aenter__(self) -> Self:
        question, settings = self._question, self._settings
        seconds = settings.first_token_timeout_seconds
        setting = "first_token_timeout_seconds"
        tries = RequestTries(self._upstream.faults, question.retries, seconds, setting, waits=question.waits)
        while True:
            try:
                answer = await self._upstream.ask(
                    PATH, msgspec.json.encode(question.body), question.model, tries.until, words=True
                )
                await self._begin(answer)
            except LateError as late:
                await tries.again(late)
            except Failed as failed:
                if not self._left_out(failed):
                    await tries.again(failed)
            else:
                return self

    def _left_out(self, failed: Failed) -> bool:
        """Whether what the server refused was a field that can be left out, and is now."""
        fault, question = failed.fault, self._question
        words = (fault.upstream_body or b"").decode(errors="replace")
        return fault.fault != "too_long" and self._bodies.without_refused(
            question.body, question.model, fault.upstream_status, words, question.optional
        )

    async def _begin(self, answer: HttpResponse) -> None:
        """Read up to the first token; the answer is closed where there is none.

        Raises:
            Failed: there is none. LateError: there was none in time.
        """
        self._answer, self._trouble, self._first = answer, None, None
        self._reader = AnswerReader(carry=self._question.carry, think_tags=self._settings.think_tags)
        try:
            if answer.streams or await self._is_a_stream():
                self._first = await self._next()
            else:
                self._first = await self._document()
        except BaseException:
            answer.close()
            raise
        answer.together = True
        if self._reader.finish_reason is None:
            answer.patience = self._settings.idle_timeout_seconds

    async def _is_a_stream(self) -> bool:
        """Whether an answer of another type is a stream of events all the same. What was read is in ``_begun``."""
        self._begun = b""
        while not self._begun.removeprefix(MARK).strip():
            try:
                piece = await self._answer.read()
            except LateError:
                raise
            except Exception as error:
                raise self._upstream.broken(error) from None
            if not piece:
                break
            self._begun += piece
        if self._begun.removeprefix(MARK).lstrip()[:1] in (b"{", b"[", b"<", b""):
            return False
        if not self._begun.removeprefix(MARK).lstrip().startswith((b"data:", b"event:", b":", b"id:", b"retry:")):
            return False
        self._feed(self._begun)
        self._first = self._reader.taken()
        return True

    async def _document(self) -> Chunk | None:
        """The whole of an answer that is not a stream of events: JSON, though a stream was asked for."""
        kind, reader = self._answer.content_type, self._reader
        try:
            body = self._begun + await self._upstream.whole(self._answer)
            if not body.strip():
                raise BadAnswerError(NOTHING)
            if kind and not kind.endswith("json") and body.lstrip()[:1] != b"{":
                raise BadAnswerError(f"answered with {kind[:60]}, not with an event stream")
            reader.document(body)
        except (BadAnswerError, UpstreamError) as error:
            raise self._failed(error) from None
        return reader.taken()

    async def _next(self) -> Chunk | None:
        """What comes next, after as many reads as it takes; None at the end.

        Raises:
            Failed: nothing more comes, though there should. LateError: it did not come in time.
        """
        if self._first is not None:
            return self._first
        answer, reader = self._answer, self._reader
        while not reader.finished:
            if self._trouble is not None:
                raise self._trouble
            try:
                piece = await answer.read()
            except Exception as error:  # whatever the layers below raise, the connection is gone
                piece = self._unread(error)
            self._feed(piece)
            chunk = reader.taken()
            if chunk is not None:
                if reader.finish_reason is not None:
                    # A server that has said why it ended may be slow to say what it used, and need not hold up anybody.
                    answer.patience = min(USAGE_SECONDS, self._settings.idle_timeout_seconds)
                return chunk
        return None

    def _unread(self, error: Exception) -> bytes:
        """The end of an answer that can't be read on, where its server had said already why it ended.

        Raises:
            Failed, LateError: it had not.
        """
        if self._reader.finish_reason is not None:
            return b""
        if isinstance(error, LateError):
            raise error
        failed = self._upstream.broken(error)
        raise (self._cut() if failed.fault.fault in ("cut", "refused") else failed) from None

    def _feed(self, piece: bytes) -> None:
        """Read what came. What is wrong with it is for later: what was said before comes first."""
        try:
            if piece:
                self._reader.feed(piece)
            else:
                self._reader.close()
                if not self._reader.finished:
                    self._trouble = self._cut()
        except (BadAnswerError, UpstreamError) as error:
            self._trouble = self._failed(error)

    def _cut(self) -> Failed:
        return self._upstream.faults.cut(self._reader.spoke)

    def _failed(self, error: BadAnswerError | UpstreamError) -> Failed:
        faults = self._upstream.faults
        if isinstance(error, BadAnswerError):
            return faults.of_bad_answer(error)
        return faults.of_stream_error(error, self._question.model)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sequence[Chunk]:
        chunk, self._first = self._first, None
        if chunk is None:
            try:
                chunk = await self._next()
            except LateError:
                what = f"stopped in the middle of its answer for {self._settings.idle_timeout_seconds:g} s"
                raise self._upstream.faults.timeout(what, "idle_timeout_seconds").fault from None
            except Failed as failed:
                raise failed.fault from None
        if chunk is None:
            raise StopAsyncIteration
        return (chunk,)

    async def __aexit__(self, *_: object) -> None:
        if self._reader.finished and not self._answer.ended:
            with anyio.CancelScope(shield=True):
                await drain(self._answer)
        self._answer.close()
