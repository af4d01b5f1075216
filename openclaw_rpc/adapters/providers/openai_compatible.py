"""Any server that speaks OpenAI's Chat Completions, through the `openai` package.

A stream is read without an object a chunk of the package's own: bytes as they come, one list of chunks an upstream
read. Faults before the first token are retried; none after it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeVar

import anyio
import msgspec

from openclaw_rpc.adapters.providers.asking import Asking, wants_stream
from openclaw_rpc.adapters.providers.faults import LONGEST_WAIT, Failed
from openclaw_rpc.adapters.providers.line import Answer, LateError
from openclaw_rpc.adapters.providers.reader import MAX_LINE, AnswerReader, BadAnswerError, UpstreamError
from openclaw_rpc.adapters.providers.upstream import Upstream, drain
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.ports import Chunk, OfferedModel, Prompt, Relayed

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 4.0
DONE = b"data: [DONE]"
USAGE_SECONDS = 5.0
"""How long a server that has finished may take to say what it used."""

T = TypeVar("T")


class _Listed(msgspec.Struct):
    id: str
    owned_by: str | None = None
    created: int | float | None = None


class _List(msgspec.Struct):
    data: list[_Listed]


class OpenAIProvider:
    """A model's server that speaks OpenAI's Chat Completions.

    Args:
        name: what the configuration calls it; messages do too.
        settings: where it is and how long to wait for it.
    """

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self.name = name
        self._settings = settings
        self._asking = Asking(settings)
        self._upstream = Upstream(name, settings)

    @property
    def default_model(self) -> str:
        """The configured model."""
        return self._settings.model

    def context_tokens(self, model: str) -> int:
        """The configured size of the context, the same for every model."""
        return self._settings.context_tokens

    def stream(self, prompt: Prompt) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.stream`. Entering waits for the first token, and retries until it comes."""
        return _Streaming(partial(self._begun, prompt))

    async def _begun(self, prompt: Prompt) -> "_Stream":
        body = self._asking.body(prompt)

        async def attempt(until: float) -> _Stream:
            stream = await self._opened(body, prompt.model, until)
            try:
                await stream.first(until)
            except BaseException:
                await stream.aclose()
                raise
            return stream

        return await self._retried(attempt, self._settings.first_token_timeout_seconds, "first_token_timeout_seconds")

    async def _opened(self, body: dict[str, object], model: str, until: float) -> "_Stream":
        while True:
            try:
                answer = await self._upstream.ask("/chat/completions", msgspec.json.encode(body), model, _left(until))
            except Failed as failed:
                fault = failed.fault
                words = (fault.upstream_body or b"").decode(errors="replace")
                if fault.fault == "too_long" or not self._asking.without_refused(body, fault.upstream_status, words):
                    raise
            else:
                return _Stream(self._upstream, answer, self._settings, model)

    async def _retried(self, attempt: Callable[[float], Awaitable[T]], seconds: float, setting: str) -> T:
        """What an attempt came to, tried again while that may help and the time is not over.

        An attempt is told until when it may wait, by the loop's clock.

        Raises:
            ProviderFault: of the last attempt.
        """
        until = asyncio.get_running_loop().time() + seconds
        tries = 0
        while True:
            try:
                return await attempt(until)
            except LateError:
                raise self._upstream.faults.timeout(f"said nothing within {seconds:g} s", setting).fault from None
            except Failed as failed:
                pause = _pause(failed, tries)
                if not failed.again or pause >= _left(until) or tries == self._settings.max_retries:
                    raise failed.fault from None
            tries += 1
            await asyncio.sleep(pause)

    def relay(self, path: str, body: bytes) -> AbstractAsyncContextManager[Relayed]:
        """See `Provider.relay`. The body is asked for uncompressed, and carried as it comes."""
        return _Relaying(partial(self._relayed, path, body))

    async def _relayed(self, path: str, body: bytes) -> tuple[Answer, "_Pieces"]:
        settings = self._settings
        streamed = wants_stream(body)
        setting = "first_token_timeout_seconds" if streamed else "request_timeout_seconds"
        seconds = settings.first_token_timeout_seconds if streamed else settings.request_timeout_seconds

        async def attempt(until: float) -> Answer:
            return await self._upstream.ask(path, body, settings.model, _left(until))

        answer = await self._retried(attempt, seconds, setting)
        idle = settings.idle_timeout_seconds if streamed else seconds
        return answer, _Pieces(self._upstream, answer, idle)

    async def models(self) -> list[OfferedModel]:
        """See `Provider.models`."""
        headers: dict[str, str] = {}
        if self._settings.type == "anthropic":  # its list is its own API, with its own headers
            headers = {"x-api-key": self._settings.api_key or "", "anthropic-version": "2023-06-01"}
        faults = self._upstream.faults

        async def attempt(until: float) -> list[OfferedModel]:
            answer = await self._upstream.ask("/models", None, self._settings.model, _left(until), headers=headers)
            try:
                body = await _whole(self._upstream, answer, until)
                listed = msgspec.json.decode(body, type=_List).data
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadAnswerError):
                raise faults.of_bad_answer(BadAnswerError("did not answer with a list of models")) from None
            finally:
                answer.close()
            return [
                OfferedModel(
                    id=model.id, owned_by=model.owned_by or self._settings.type, created=int(model.created or 0)
                )
                for model in listed
            ]

        return await self._retried(attempt, self._settings.connect_timeout_seconds + 10, "connect_timeout_seconds")

    async def aclose(self) -> None:
        """Close its connections."""
        await self._upstream.aclose()


class _Stream:
    """An answer under way: an iterator whose items are what one upstream read brought."""

    def __init__(self, upstream: Upstream, answer: Answer, settings: ProviderSettings, model: str) -> None:
        self._upstream = upstream
        self._answer = answer
        self._idle = settings.idle_timeout_seconds
        self._model = model
        self._reader = AnswerReader()
        self._first: list[Chunk] = []
        self._trouble: Failed | None = None
        self._begun = False

    async def first(self, until: float) -> None:
        """Read up to the first token, by the loop's clock until then.

        Raises:
            Failed: there is none. LateError: there was none in time.
        """
        if not self._answer.streams:
            self._first = await self._document(until)
            return
        while True:
            self._first += self._taken(await self._piece())
            if self._first or self._reader.finished:
                break
            self._answer.expect(_left(until))
        self._begun = self._answer.together = True
        if self._reader.finish_reason is None:
            self._answer.expect(self._idle)
        elif not self._reader.finished:
            self._ended()

    async def _document(self, until: float) -> list[Chunk]:
        """The chunks of an answer that is no event stream: JSON, though a stream was asked for."""
        kind = self._answer.content_type
        faults = self._upstream.faults
        if kind and not kind.endswith("json"):
            raise faults.of_bad_answer(BadAnswerError(f"answered with {kind[:60]}, not with an event stream"))
        try:
            body = await _whole(self._upstream, self._answer, until)
            if not body.strip():
                raise BadAnswerError("answered with nothing")
            if not kind and body.lstrip()[:5] == b"data:":  # a server that names no type at all
                return self._taken(body) + ([] if self._reader.finished else self._taken(b""))
            return self._reader.document(body)
        except (BadAnswerError, UpstreamError) as error:
            raise self._failed(error) from None

    async def _piece(self) -> bytes:
        if self._trouble is not None:
            raise self._trouble
        try:
            return await self._answer.read()
        except Exception as error:  # whatever the layers below raise, the connection is gone
            if self._reader.finish_reason is not None:
                return b""
            faults = self._upstream.faults
            if isinstance(error, LateError):
                if not self._begun:
                    raise
                what = f"stopped in the middle of its answer for {self._idle:g} s"
                raise faults.timeout(what, "idle_timeout_seconds") from None
            failed = self._upstream.broken(error)
            raise (self._cut() if failed.fault.fault in ("cut", "refused") else failed) from None

    def _cut(self) -> Failed:
        return self._upstream.faults.cut(self._reader.spoke)

    def _taken(self, piece: bytes) -> list[Chunk]:
        chunks: list[Chunk] = []
        try:
            if piece:
                self._reader.feed(piece, chunks)
            else:
                self._reader.close(chunks)
                if not self._reader.finished:
                    raise self._cut()
        except (BadAnswerError, UpstreamError, Failed) as error:
            failed = self._failed(error)
            if not chunks:
                raise failed from None
            self._trouble = failed  # what was said before comes first
        return chunks

    def _failed(self, error: BadAnswerError | UpstreamError | Failed) -> Failed:
        if isinstance(error, Failed):
            return error
        faults = self._upstream.faults
        return (
            faults.of_bad_answer(error)
            if isinstance(error, BadAnswerError)
            else faults.of_stream_error(error, self._model)
        )

    def __aiter__(self) -> "_Stream":
        return self

    async def __anext__(self) -> Sequence[Chunk]:
        if self._first:
            chunks, self._first = self._first, []
            return chunks
        reader = self._reader
        try:
            while not reader.finished:
                chunks = self._taken(await self._piece())
                if chunks:
                    if reader.finish_reason is not None and not reader.finished:
                        self._ended()
                    return chunks
        except Failed as failed:
            raise failed.fault from None
        raise StopAsyncIteration

    def _ended(self) -> None:
        """A server that has said why it ended may be slow to say what it used, and need not hold up anybody."""
        self._answer.expect(min(USAGE_SECONDS, self._idle))

    async def aclose(self) -> None:
        """Cut the request where it goes on; else give the connection back."""
        if self._reader.finished and not self._answer.ended:
            with anyio.CancelScope(shield=True):
                await drain(self._answer)
        self._answer.close()


class _Streaming:
    """An answer from its first token on; closed when it is left. As a class, it costs half of a generator."""

    def __init__(self, begin: Callable[[], Awaitable[_Stream]]) -> None:
        self._begin = begin

    async def __aenter__(self) -> AsyncIterator[Sequence[Chunk]]:
        self._stream = await self._begin()
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        await self._stream.aclose()


class _Pieces:
    """The body of a relayed answer, a piece an upstream read."""

    def __init__(self, upstream: Upstream, answer: Answer, idle: float) -> None:
        self._upstream = upstream
        self._answer = answer
        self._idle = idle
        self._last = b""
        answer.expect(idle)

    @property
    def done(self) -> bool:
        """Whether a stream said that it was its end, and only the connection's is missing."""
        return DONE in self._last

    def __aiter__(self) -> "_Pieces":
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._answer.read()
        except LateError:
            what = f"stopped in the middle of its answer for {self._idle:g} s"
            raise self._upstream.faults.timeout(what, "idle_timeout_seconds").fault from None
        except Exception:  # whatever the layers below raise, the connection is gone
            raise self._upstream.faults.cut(bool(self._last)).fault from None
        if not piece:
            raise StopAsyncIteration
        self._answer.together = self._answer.streams and bool(self._last)
        self._last = piece
        return piece


class _Relaying:
    """An answer whose body is carried; its connection is given back, or cut, when it is left."""

    def __init__(self, begin: Callable[[], Awaitable[tuple[Answer, _Pieces]]]) -> None:
        self._begin = begin

    async def __aenter__(self) -> Relayed:
        self._answer, self._pieces = await self._begin()
        headers = {"content-type": self._answer.headers.get("content-type", "application/json")}
        return Relayed(status=self._answer.status, headers=headers, pieces=self._pieces)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._pieces.done and not self._answer.ended:
                await drain(self._answer)
        finally:
            self._answer.close()


async def _whole(upstream: Upstream, answer: Answer, until: float) -> bytes:
    """The whole body of an answer, by the loop's clock until then.

    Raises:
        Failed: the connection broke. LateError: it did not come in time.
        BadAnswerError: it is too large.
    """
    body = bytearray()
    while True:
        answer.expect(_left(until))
        try:
            piece = await answer.read()
        except LateError:
            raise
        except Exception as error:
            raise upstream.broken(error) from None
        if not piece:
            return bytes(body)
        body += piece
        if len(body) > MAX_LINE:
            raise BadAnswerError(f"answered with more than {MAX_LINE >> 20} MB")


def _left(until: float) -> float:
    """Seconds until then, by the loop's clock."""
    return max(0.0, until - asyncio.get_running_loop().time())


def _pause(failed: Failed, tries: int) -> float:
    """Seconds until the next attempt: what the server asked for, else longer each time, and never all at once."""
    asked = failed.fault.retry_after
    if asked is not None:
        return min(asked, LONGEST_WAIT)
    return min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE) * random.uniform(0.75, 1)  # noqa: S311 - no secret
