"""Plain completions and embeddings: a provider's own JSON both ways, without an agent, as bytes.

Only the head of a request is read. A provider that fails before its first byte is followed by its fallbacks.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Raw

from openclaw_rpc.dialects.openai.agents import agent_of
from openclaw_rpc.dialects.openai.sse_relay import EventTooLong, SseRelay
from openclaw_rpc.dialects.openai.whole_answers import EVENT_STREAM, as_chunks, of_completion
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.auth import Principal
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import Choice, Models
from openclaw_rpc.domain.ports import ProviderFault, Relayed
from openclaw_rpc.domain.records import UsageRecord
from openclaw_rpc.domain.runs.context import estimate
from openclaw_rpc.domain.runs.turn import Meter
from openclaw_rpc.domain.under_way import UnderWay
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.validation import invalid_params

FINAL = ("request", "too_long")
"""Faults of the request itself: a fallback is no help."""
MAX_ANSWER = 64 * 1024 * 1024


class _StreamOptions(msgspec.Struct, gc=False):
    include_usage: bool | None = None


class CompletionHead(msgspec.Struct, gc=False):
    """What is read of a request for a completion."""

    messages: Annotated[list[Raw], Meta(min_length=1)]
    model: str | None = None
    stream: bool | None = None
    n: int | None = None
    stream_options: _StreamOptions | None = None


class EmbeddingHead(msgspec.Struct, gc=False):
    """What is read of a request for embeddings."""

    input: Raw
    model: str | None = None


class Answered(msgspec.Struct):
    """A whole answer, and what it used."""

    body: bytes
    usage: Usage


class Streamed:
    """A streamed answer: an iterator of whole events, as many as one upstream read brought."""

    def __init__(self, first: bytes, pieces: AsyncIterator[bytes], relay: SseRelay, choice: Choice) -> None:
        self._first = first
        self._pieces = pieces
        self._events = relay
        self._choice = choice

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        relay, feed = self._events, self._events.feed
        try:
            if events := feed(self._first):
                yield events
            if not relay.done:
                async for piece in self._pieces:
                    if events := feed(piece):
                        yield events
                    if relay.done:
                        break
        except EventTooLong:
            raise _garbage(self._choice, "sent an event without an end") from None
        if events := relay.end():
            yield events


class Completions:
    """Asks models for clients that bring their own prompts.

    ``direct`` says whether the providers' models may be asked; agents' models always may.
    """

    def __init__(
        self,
        models: Models,
        agents: Agents,
        ledger: Ledger,
        meter: Meter,
        clock: Clock,
        direct: Callable[[], bool] = lambda: True,
    ) -> None:
        self._models = models
        self._agents = agents
        self._ledger = ledger
        self._meter = meter
        self._clock = clock
        self._direct = direct
        self._refused: set[tuple[str, str]] = set()
        self._under_way = UnderWay()

    @property
    def direct(self) -> bool:
        """Whether the providers' models may be asked."""
        return self._direct()

    @property
    def default_model(self) -> str:
        """The model that is asked where a request names none."""
        return self._models.resolve(None)[0].model

    async def close(self, seconds: float) -> None:
        """Take no more requests, let those under way end for so long, then interrupt them."""
        await self._under_way.close(seconds)

    def check(self, model: str | None) -> None:
        """Refuse a model that may not be asked.

        Raises:
            NotFound: as `complete`.
        """
        self._choices(model)

    def head(self, body: Raw | bytes) -> CompletionHead:
        """What is read of a request.

        Raises:
            InvalidRequest: it is none; ``n`` over 1 has the reason ``unsupported_value``.
        """
        head = _read(body, CompletionHead, "model.complete")
        if head.n is not None and head.n != 1:
            raise InvalidRequest("only n = 1 is supported", field="n", reason="unsupported_value")
        return head

    async def complete(self, principal: Principal, body: Raw | bytes, head: CompletionHead) -> Answered:
        """Ask, and wait for the whole answer.

        Raises:
            NotFound: there is no such agent, or providers' models may not be asked.
            ProviderFault: the model's server failed.
            Unavailable: the gateway stops.
        """
        began = time.monotonic()
        choices, asked = self._choices(head.model)
        async with self._relay("/chat/completions", choices, lambda choice: _body(body, choice, asked)) as found:
            choice, relayed, first = found
            data = await _whole(choice, relayed, first)
            answer = of_completion(data, asked or choice.model, renamed=choice.model != asked and asked is not None)
            if answer is None:
                raise _garbage(choice, "sent no JSON object")
        usage = answer.usage or _estimated(body, len(answer.body) // 4)
        self._spend(principal, choice, usage, began)
        return Answered(answer.body, usage)

    @asynccontextmanager
    async def stream(
        self, principal: Principal, body: Raw | bytes, head: CompletionHead
    ) -> AsyncGenerator[tuple[Streamed, SseRelay]]:
        """Ask, and yield the events as they come. Entering waits for the first; leaving cuts the request.

        Raises:
            NotFound, ProviderFault: as `complete`; the latter also while iterating.
        """
        began = time.monotonic()
        choices, asked = self._choices(head.model)
        wants_usage = head.stream_options is not None and bool(head.stream_options.include_usage)

        def asking(choice: Choice) -> bytes:
            counted = wants_usage or (choice.name, choice.model) in self._refused
            return _body(body, choice, asked, counted=not counted)

        async with self._relay("/chat/completions", choices, asking) as (choice, relayed, begun):
            first: bytes | None = begun
            renamed = asked if asked is not None and choice.model != asked else None
            relay = SseRelay(model=renamed, wants_usage=wants_usage)
            if not relayed.headers.get("content-type", "").startswith(EVENT_STREAM):
                first = as_chunks(await _whole(choice, relayed, begun))
                if first is None:
                    raise _garbage(choice, "answered with neither an event stream nor a completion")
            try:
                yield Streamed(first, relayed.pieces, relay, choice), relay
            except ProviderFault as fault:
                self._meter.model_failed(fault)
                raise with_upstream(fault) from None
            finally:
                if relay.usage is None and relay.events:
                    relay.usage = _estimated(body, relay.events)
                if relay.usage is not None:
                    self._spend(principal, choice, relay.usage, began)

    async def embed(self, principal: Principal, body: Raw | bytes) -> bytes:
        """Ask for embeddings.

        Raises:
            InvalidRequest: there is no ``input``. NotFound, ProviderFault: as `complete`.
        """
        began = time.monotonic()
        head = _read(body, EmbeddingHead, "model.embed")
        choices, asked = self._choices(head.model)
        async with self._relay("/embeddings", choices, lambda choice: _body(body, choice, asked)) as found:
            choice, relayed, first = found
            data = await _whole(choice, relayed, first)
            answer = of_completion(data, asked or choice.model, renamed=choice.model != asked, filled=False)
            if answer is None:
                raise _garbage(choice, "sent no JSON object")
        self._spend(principal, choice, answer.usage or _estimated(body, 0), began)
        return answer.body

    def _choices(self, model: str | None) -> tuple[list[Choice], str | None]:
        """Who is to be asked, and under which name the answer goes out."""
        agent = agent_of(model)
        if agent is not None:
            return self._models.resolve(self._agents.get(agent or None).model), model
        if not self._direct():
            raise NotFound(f"the model {model!r} may not be asked here", field="model", reason="model_not_found")
        return self._models.resolve(model), model

    @asynccontextmanager
    async def _relay(
        self, path: str, choices: list[Choice], asking: Callable[[Choice], bytes]
    ) -> AsyncGenerator[tuple[Choice, Relayed, bytes]]:
        """The first provider that answers, its answer, and the first bytes of it."""
        async with self._under_way.one(), AsyncExitStack() as stack:
            yield await self._first(stack, path, choices, asking)

    async def _first(
        self, stack: AsyncExitStack, path: str, choices: list[Choice], asking: Callable[[Choice], bytes]
    ) -> tuple[Choice, Relayed, bytes]:
        waiting = list(reversed(choices))
        while True:
            choice = waiting.pop()
            try:
                async with AsyncExitStack() as attempt:
                    relayed = await attempt.enter_async_context(choice.provider.relay(path, asking(choice)))
                    first = await anext(relayed.pieces, b"")
                    stack.push_async_exit(attempt.pop_all())
                    return choice, relayed, first
            except ProviderFault as fault:
                if self._without_usage(choice, fault):
                    waiting.append(choice)
                    continue
                self._meter.model_failed(fault)
                if not waiting or fault.fault in FINAL:
                    raise with_upstream(fault) from None

    def _without_usage(self, choice: Choice, fault: ProviderFault) -> bool:
        """Whether a server refused the field that was added to count tokens; it is not sent there again."""
        place = (choice.name, choice.model)
        if fault.upstream_status not in (400, 422) or place in self._refused:
            return False
        words = fault.upstream_body or b""
        if b"stream_options" not in words and b"include_usage" not in words:
            return False
        self._refused.add(place)
        return True

    def _spend(self, principal: Principal, choice: Choice, usage: Usage, began: float) -> None:
        seconds = time.monotonic() - began
        self._meter.model_answered(choice.name, choice.model, usage, seconds)
        self._ledger.add(
            UsageRecord(
                at=iso(self._clock.now()),
                user=principal.user,
                session_id="",
                session_key="",
                agent_id="",
                token=principal.name,
                model=choice.model,
                provider=choice.name,
                prompt_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                latency_ms=round(seconds * 1000),
                cost=self._models.cost(choice.name, choice.model, usage),
            )
        )


def with_upstream(fault: ProviderFault) -> ProviderFault:
    """A fault that tells also what the server said: ``details`` gets ``upstreamStatus``, ``upstreamError``, and
    ``retryAfter`` (s)."""
    if fault.upstream_status is not None:
        fault.details["upstreamStatus"] = fault.upstream_status
    if fault.retry_after is not None:
        fault.details["retryAfter"] = fault.retry_after
    try:
        document: Any = msgspec.json.decode(fault.upstream_body or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return fault
    if isinstance(document, dict) and "error" in document:
        fault.details["upstreamError"] = cast("dict[str, Any]", document)["error"]
    return fault


def _read(body: Raw | bytes, kind: Any, what: str) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise invalid_params(error, what) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"the body is no JSON: {error}", field="body", reason="malformed") from None


def _body(body: Raw | bytes, choice: Choice, asked: str | None, *, counted: bool = False) -> bytes:
    """A request as a provider gets it: as it came, but for the model's name, and usage asked for (``counted``)."""
    if choice.model == asked and not counted:
        return bytes(body)
    fields: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Raw])
    fields["model"] = choice.model
    if counted:
        options: Any = msgspec.json.decode(fields.get("stream_options", b"null")) or {}
        fields["stream_options"] = {**options, "include_usage": True}
    return msgspec.json.encode(fields)


async def _whole(choice: Choice, relayed: Relayed, first: bytes) -> bytes:
    pieces, size = [first], len(first)
    async for piece in relayed.pieces:
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER:
            raise _garbage(choice, f"answered with more than {MAX_ANSWER >> 20} MB")
    return b"".join(pieces)


def _garbage(choice: Choice, what: str) -> ProviderFault:
    return ProviderFault(
        f"{choice.name} {what}; check that `providers.{choice.name}.base_url` is an OpenAI-compatible server",
        provider=choice.name,
        fault="garbage",
    )


def _estimated(body: Raw | bytes, said: int) -> Usage:
    asked = estimate(bytes(body).decode(errors="replace"))
    return Usage(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)
