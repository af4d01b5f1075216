"""Answers that are not streamed: completions as one document, and whatever else a server answers."""

from typing import Any, Final

import msgspec

from openclaw_rpc.adapters.providers.faults import Failed
from openclaw_rpc.adapters.providers.frames import BadAnswerError, UpstreamError, error_in
from openclaw_rpc.adapters.providers.http1 import LateError
from openclaw_rpc.adapters.providers.reader import AnswerReader
from openclaw_rpc.adapters.providers.streaming import PATH
from openclaw_rpc.adapters.providers.tries import RequestTries
from openclaw_rpc.adapters.providers.upstream import Upstream, drain
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.providers import Completed

EMBEDDINGS: Final = "/embeddings"


class Whole:
    """Asks one server for whole answers, once each."""

    def __init__(self, upstream: Upstream, settings: ProviderSettings) -> None:
        self._upstream = upstream
        self._settings = settings

    async def complete(self, body: bytes) -> Completed:
        """See `Provider.complete`. A server that streams all the same is heard to its end.

        Raises:
            ProviderFault: it failed.
        """
        data = await self._post(PATH, body)
        reader = AnswerReader(carry=True, think_tags=self._settings.think_tags)
        faults = self._upstream.faults
        try:
            if data.lstrip()[:1] in (b"{", b"["):
                reader.document(data)
                chunk = reader.taken()
                return Completed(body=reader.whole, usage=chunk.usage if chunk is not None else None)
            if not data.strip():
                raise faults.cut(said_something=False).fault
            if data.lstrip()[:1] == b"<":
                raise BadAnswerError("answered with something that is not JSON")
            reader.feed(data)
            reader.close()
        except BadAnswerError as error:
            raise faults.of_bad_answer(error).fault from None
        except UpstreamError as error:
            raise faults.of_stream_error(error, self._settings.model).fault from None
        chunk = reader.taken()
        if not reader.finished or chunk is None:
            raise faults.cut(said_something=True).fault
        return Completed(body=_joined(chunk), usage=chunk.usage)

    async def embed(self, body: bytes, retries: int = 0) -> bytes:
        """See `Provider.embed`.

        Raises:
            ProviderFault: it failed.
        """
        data = await self._post(EMBEDDINGS, body, retries)
        faults = self._upstream.faults
        try:
            document: Any = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise faults.of_bad_answer(BadAnswerError("sent something that is not JSON")).fault from None
        if isinstance(document, dict) and "data" not in document and (error := error_in(data)) is not None:
            raise faults.of_stream_error(error, self._settings.model).fault
        return data

    async def _post(self, path: str, body: bytes, retries: int = 0) -> bytes:
        seconds, patience = self._settings.request_timeout_seconds, self._settings.first_token_timeout_seconds
        tries = RequestTries(self._upstream.faults, retries, seconds, "request_timeout_seconds", patience=patience)
        while True:
            try:
                return await self._once(path, body, tries.until, seconds)
            except BadAnswerError as error:
                raise self._upstream.faults.of_bad_answer(error).fault from None
            except (LateError, Failed) as error:
                await tries.again(error)

    async def _once(self, path: str, body: bytes, until: float, seconds: float) -> bytes:
        answer = await self._upstream.ask(path, body, self._settings.model, until)
        answer.patience = seconds
        try:
            data = await self._upstream.whole(answer)
            if not answer.ended:
                await drain(answer)
            return data
        finally:
            answer.close()


def _joined(chunk: Chunk) -> bytes:
    """The chunks of a stream as one document."""
    told: list[dict[str, Any]] = [msgspec.json.decode(payload) for payload in chunk.payloads]
    head = {name: value for piece in told for name, value in piece.items() if name not in ("choices", "usage")}
    usage = next((piece["usage"] for piece in reversed(told) if piece.get("usage")), None)
    message: dict[str, Any] = {"role": "assistant", "content": chunk.text or None}
    if chunk.thinking:
        message["reasoning_content"] = chunk.thinking
    calls: dict[int, dict[str, Any]] = {}
    for part in chunk.tool_calls:
        call = calls.setdefault(part.index, {"type": "function", "function": {"name": "", "arguments": ""}})
        call["id"] = call.get("id") or part.id
        call["function"]["name"] = call["function"]["name"] or part.name or ""
        call["function"]["arguments"] += part.arguments
    if calls:
        message["tool_calls"] = list(calls.values())
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": chunk.finish_reason}
    return msgspec.json.encode({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
