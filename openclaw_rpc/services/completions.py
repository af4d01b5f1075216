"""Plain completions and embeddings: a provider's own JSON both ways, without an agent, as bytes.

Only the head of a request is read. A provider that fails before its first byte is followed by its fallbacks.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Raw

from openclaw_rpc.dialects.openai.agents import agent_of
from openclaw_rpc.dialects.openai.sse_relay import ClientChunks
from openclaw_rpc.dialects.openai.whole_answers import completed, used
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.clock import Clock, iso
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import ChosenModel, Models
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.runs.context import estimate
from openclaw_rpc.domain.runs.spending import Meter, Spender, usage_record
from openclaw_rpc.domain.under_way import UnderWay
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.validation import invalid_params

T = TypeVar("T")

FINAL = ("request", "too_long")
"""Faults of the request itself: a fallback is no help."""


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
    """A streamed answer: an iterator of what one upstream read brought each. ``usage`` is known at its end."""

    def __init__(self, chunks: AsyncIterator[Sequence[Chunk]], told: ClientChunks) -> None:
        self.usage: Usage | None = None
        self.said = 0
        """About how many tokens came."""
        self._chunks = chunks
        self._told = told

    async def __aiter__(self) -> AsyncGenerator[Chunk]:
        async for batch in self._chunks:
            for chunk in batch:
                self.said += len(chunk.payloads) or (len(chunk.text) + len(chunk.thinking)) // 4 + 1
                self.usage = chunk.usage or self.usage
                yield chunk

    async def told(self) -> AsyncGenerator[list[bytes]]:
        """The chunks as JSON, as the client gets them."""
        async for chunk in self:
            if told := self._told.told(chunk.payloads):
                yield told
        if owed := self._told.end():
            yield owed


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
        await self._models.settle()
        choices, asked = self._choices(head.model)
        async with self._under_way.one():
            choice, found = await self._first(
                choices, lambda choice: choice.provider.complete(_body(body, choice, asked))
            )
        renamed = choice.model != asked and asked is not None
        data = completed(found.body, asked or choice.model, renamed=renamed)
        usage = found.usage or _estimated(body, len(data) // 4)
        self._spend(principal, choice, usage, began)
        return Answered(data, usage)

    @asynccontextmanager
    async def stream(
        self, principal: Principal, body: Raw | bytes, head: CompletionHead, *, carry: bool = True
    ) -> AsyncGenerator[Streamed]:
        """Ask, and yield the answer as it comes. Entering waits for its first words; leaving cuts the request.

        ``carry``: as JSON, too.

        Raises:
            NotFound, ProviderFault: as `complete`; the latter also while iterating.
        """
        began = time.monotonic()
        await self._models.settle()
        choices, asked = self._choices(head.model)
        wants_usage = head.stream_options is not None and bool(head.stream_options.include_usage)

        async with self._under_way.one(), AsyncExitStack() as stack:

            async def enter(choice: ChosenModel) -> AsyncIterator[Sequence[Chunk]]:
                given = _body(body, choice, asked)
                return await stack.enter_async_context(
                    choice.provider.chat(given, carry=carry, counted=not wants_usage)
                )

            choice, chunks = await self._first(choices, enter)
            renamed = asked if asked is not None and choice.model != asked else None
            streamed = Streamed(chunks, ClientChunks(model=renamed, wants_usage=wants_usage))
            try:
                yield streamed
            except ProviderFault as fault:
                self._meter.model_failed(fault)
                raise
            finally:
                if streamed.usage is None and streamed.said:
                    streamed.usage = _estimated(body, streamed.said)
                if streamed.usage is not None:
                    self._spend(principal, choice, streamed.usage, began)

    async def embed(self, principal: Principal, body: Raw | bytes) -> bytes:
        """Ask for embeddings.

        Raises:
            InvalidRequest: there is no ``input``. NotFound, ProviderFault: as `complete`.
        """
        began = time.monotonic()
        head = _read(body, EmbeddingHead, "model.embed")
        await self._models.settle()
        choices, asked = self._choices(head.model)
        async with self._under_way.one():
            choice, data = await self._first(choices, lambda choice: choice.provider.embed(_body(body, choice, asked)))
        if data.lstrip()[:1] != b"{":
            raise ProviderFault(
                f"{choice.name} sent JSON that is not a list of embeddings", provider=choice.name, fault="garbage"
            )
        self._spend(principal, choice, used(data) or _estimated(body, 0), began)
        return completed(data, asked or choice.model, renamed=choice.model != asked, filled=False)

    def _choices(self, model: str | None) -> tuple[list[ChosenModel], str | None]:
        """Who is to be asked, and under which name the answer goes out."""
        agent = agent_of(model)
        if agent is not None:
            return self._models.resolve(self._agents.get(agent or None).model), model
        if not self._direct():
            raise NotFound(f"the model {model!r} may not be asked here", field="model", reason="model_not_found")
        return self._models.resolve(model), model

    async def _first(
        self, choices: list[ChosenModel], ask: Callable[[ChosenModel], Awaitable[T]]
    ) -> tuple[ChosenModel, T]:
        """The first provider that answers, and its answer, or the beginning of it."""
        for left, choice in zip(range(len(choices) - 1, -1, -1), choices, strict=True):
            try:
                return choice, await ask(choice)
            except ProviderFault as fault:
                self._meter.model_failed(fault)
                if not left or fault.fault in FINAL:
                    raise
        raise AssertionError("resolve answers at least one choice")

    def _spend(self, principal: Principal, choice: ChosenModel, usage: Usage, began: float) -> None:
        seconds = time.monotonic() - began
        self._meter.model_answered(choice.name, choice.model, usage, seconds)
        cost = self._models.cost(choice.name, choice.model, usage)
        spender = Spender.without_session(principal.user, principal.name)
        self._ledger.add(usage_record(iso(self._clock.now()), spender, choice, usage, seconds, cost))


def _read(body: Raw | bytes, kind: Any, what: str) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise invalid_params(error, what) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"the body is not JSON: {error}", field="body", reason="malformed") from None


def _body(body: Raw | bytes, choice: ChosenModel, asked: str | None) -> bytes:
    """A request as a provider gets it: as it came, but for the model's name."""
    if choice.model == asked:
        return bytes(body)
    fields: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Raw])
    fields["model"] = choice.model
    return msgspec.json.encode(fields)


def _estimated(body: Raw | bytes, said: int) -> Usage:
    asked = estimate(bytes(body).decode(errors="replace"))
    return Usage(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)
