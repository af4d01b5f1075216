"""A relayed answer, from the request for it to its last byte: carried as it comes, and never read."""

from typing import Final, Self

from openclaw_rpc.adapters.providers.faults import Failed
from openclaw_rpc.adapters.providers.http1 import Answer, LateError
from openclaw_rpc.adapters.providers.request_body import wants_stream
from openclaw_rpc.adapters.providers.tries import Tries
from openclaw_rpc.adapters.providers.upstream import Upstream, drain
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.ports import Relayed

DONE: Final = b"data: [DONE]"


class Relaying:
    """An answer whose body is carried; its connection is given back, or cut, when it is left."""

    _answer: Answer
    _pieces: "_Pieces"

    def __init__(self, upstream: Upstream, settings: ProviderSettings, path: str, body: bytes) -> None:
        self._upstream = upstream
        self._settings = settings
        self._path = path
        self._body = body

    async def __aenter__(self) -> Relayed:
        settings = self._settings
        streamed = wants_stream(self._body)
        setting = "first_token_timeout_seconds" if streamed else "request_timeout_seconds"
        seconds = settings.first_token_timeout_seconds if streamed else settings.request_timeout_seconds
        self._answer = answer = await self._asked(Tries(self._upstream.faults, settings.max_retries, seconds, setting))
        self._pieces = _Pieces(self._upstream, answer, settings.idle_timeout_seconds if streamed else seconds)
        headers = {"content-type": answer.headers.get("content-type", "application/json")}
        return Relayed(status=answer.status, headers=headers, pieces=self._pieces)

    async def _asked(self, tries: Tries) -> Answer:
        while True:
            try:
                return await self._upstream.ask(self._path, self._body, self._settings.model, tries.until)
            except (LateError, Failed) as error:
                await tries.again(error)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._pieces.done and not self._answer.ended:
                await drain(self._answer)
        finally:
            self._answer.close()


class _Pieces:
    """The body of a relayed answer, a piece an upstream read."""

    def __init__(self, upstream: Upstream, answer: Answer, idle: float) -> None:
        self._upstream = upstream
        self._answer = answer
        self._idle = idle
        self._last = b""
        answer.patience = idle

    @property
    def done(self) -> bool:
        """Whether a stream said that it was its end, and only the connection's is missing."""
        return DONE in self._last

    def __aiter__(self) -> Self:
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
