"""Plain completions and embeddings: a provider's own JSON both ways, without an agent, as bytes.

Only the head of a request is read. A provider that fails before its first byte is followed by its fallbacks.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Raw

from openclaw_rpc.dialects.openai.agents import agent_of
from openclaw_rpc.dialects.openai.sse_relay import ClientChunks
from openclaw_rpc.dialects.openai.whole_answers import completed, used
from openclaw_rpc.domain.agents import Agents
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.models import ChosenModel, Models
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.runs.context import estimate
from openclaw_rpc.domain.runs.spending import ModelRequest, Operation, Spender, Spending, estimated
from openclaw_rpc.domain.under_way import UnderWay
from openclaw_rpc.protocol.chat import Usage
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound
from openclaw_rpc.protocol.validation import invalid_params

T = TypeVar("T")

_DATA = re.compile(rb"(?:;base64,|\"data\":\s*\")[A-Za-z0-9+/=\\]{256,}")


class _StreamOptions(msgspec.Struct, gc=False):
    include_usage: bool | None = None


class CompletionHead(msgspec.Struct, gc=False):
    """What is read of a request for a completion."""

    messages: Annotated[list[Raw], Meta(min_length=1)]
    model: str | None = None
    stream: bool | None = None
    n: int | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: Any = None
    max_completion_tokens: Any = None

    @property
    def most(self) -> int | None:
        """How many tokens the answer may have, where that is said; what is wrong with it, the model's server says."""
        given = self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens
        return max(0, given) if isinstance(given, int) else None


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
        spending: Spending,
        direct: Callable[[], bool] = lambda: True,
    ) -> None:
        self._models = models
        self._agents = agents
        self._ledger = ledger
        self._spending = spending
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
            ProviderFault: the model's server failed. BudgetExceeded: too little is left for it.
            Unavailable: the gateway stops.
        """
        await self._models.settle()
        choices, asked = self._choices(head.model)
        wanted = _Wanted(principal, body, head.most)
        async with self._under_way.one():
            request, found = await self._first(
                wanted, choices, lambda choice: choice.provider.complete(_body(body, choice, asked))
            )
        with request:
            choice = request.choice
            renamed = choice.model != asked and asked is not None
            data = completed(found.body, asked or choice.model, renamed=renamed)
            usage = found.usage or estimated(wanted.tokens(), len(data) // 4)
            self._ledger.add(request.ended(usage))
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
        await self._models.settle()
        choices, asked = self._choices(head.model)
        wanted = _Wanted(principal, body, head.most)
        wants_usage = head.stream_options is not None and bool(head.stream_options.include_usage)

        async with self._under_way.one(), AsyncExitStack() as stack:

            async def enter(choice: ChosenModel) -> AsyncIterator[Sequence[Chunk]]:
                given = _body(body, choice, asked)
                return await stack.enter_async_context(
                    choice.provider.chat(given, carry=carry, counted=not wants_usage)
                )

            request, chunks = await self._first(wanted, choices, enter)
            with request:
                renamed = asked if asked is not None and request.choice.model != asked else None
                streamed = Streamed(chunks, ClientChunks(model=renamed, wants_usage=wants_usage))
                try:
                    yield streamed
                finally:
                    if streamed.usage is None and streamed.said:
                        streamed.usage = estimated(wanted.tokens(), streamed.said)
                    if streamed.usage is not None:
                        self._ledger.add(request.ended(streamed.usage))

    async def embed(self, principal: Principal, body: Raw | bytes) -> bytes:
        """Ask for embeddings.

        Raises:
            InvalidRequest: there is no ``input``. NotFound, ProviderFault: as `complete`.
        """
        head = _read(body, EmbeddingHead, "model.embed")
        await self._models.settle()
        choices, asked = self._choices(head.model)
        wanted = _Wanted(principal, body, 0, "embeddings")
        async with self._under_way.one():
            request, data = await self._first(
                wanted, choices, lambda choice: choice.provider.embed(_body(body, choice, asked))
            )
        with request:
            choice = request.choice
            if data.lstrip()[:1] != b"{":
                raise ProviderFault(
                    f"{choice.name} sent JSON that is not a list of embeddings", provider=choice.name, fault="garbage"
                )
            self._ledger.add(request.ended(used(data) or estimated(wanted.tokens(), 0)))
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
        self, wanted: _Wanted, choices: list[ChosenModel], ask: Callable[[ChosenModel], Awaitable[T]]
    ) -> tuple[ModelRequest, T]:
        """The request to the first provider that answers, and its answer, or the beginning of it."""
        for left, choice in zip(range(len(choices) - 1, -1, -1), choices, strict=True):
            request = await self._spending.begin(
                wanted.spender, choice, wanted.tokens, wanted.most, operation=wanted.operation
            )
            with ExitStack() as failing:
                failing.enter_context(request)
                try:
                    answer = await ask(choice)
                except ProviderFault as fault:
                    if not left:
                        raise
                    request.failed(fault)
                else:
                    failing.pop_all()
                    return request, answer
        raise AssertionError("resolve answers at least one choice")


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


class _Wanted:
    """What a client's own request is counted as. ``most``: how many tokens its answer may have."""

    def __init__(
        self, principal: Principal, body: Raw | bytes, most: int | None, operation: Operation = "chat"
    ) -> None:
        self.operation: Operation = operation
        self.spender = Spender.without_session(principal.user, principal.name)
        self.most = most
        self._body = body

    def tokens(self) -> int:
        """About how many tokens it has; what a picture's or a sound's data come to is unknown, and left out."""
        return estimate(_DATA.sub(b"", bytes(self._body)).decode(errors="replace"))
