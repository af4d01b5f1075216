"""What is asked of a model's server, and how it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

import msgspec

from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.refusals import error_told, without_keys
from openclaw_rpc.domain.tools.ports import ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.chat import Thinking, Usage
from openclaw_rpc.protocol.errors import ProviderError


class Prompt(msgspec.Struct, kw_only=True, frozen=True):
    """What a model is asked: messages in the form of OpenAI's Chat Completions, and the tools it may ask for.

    The same list of tools is best passed each time: what a provider makes of it can be kept. ``user`` and
    ``session_key`` say for whom, for providers that answer from the gateway's own state.
    """

    model: str
    messages: Sequence[JsonObject]
    tools: Sequence[ToolSpec] = ()
    thinking: Thinking | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    more: JsonObject = {}
    """Further fields of the request, by their names in Chat Completions."""
    user: str = "owner"
    session_key: str = ""
    language: str = "en"


class OfferedModel(msgspec.Struct, kw_only=True, frozen=True):
    """A model that a provider offers. ``created`` in s since 1970, 0 where unknown.

    ``context_tokens``: how many tokens a request to it may hold, its answer included, where the server says it.
    """

    id: str
    owned_by: str
    created: int = 0
    context_tokens: int | None = None


Waits = Callable[[str], None]
"""Is told, in a few words, what is waited for."""


Fault = Literal[
    "refused", "auth", "model", "request", "rate_limited", "server", "loading", "cut", "garbage", "timeout", "too_long"
]


class Overflow(msgspec.Struct, kw_only=True, frozen=True):
    """How many tokens a request had, and how many it may have, as far as its server said."""

    asked: int | None = None
    limit: int | None = None


class ProviderFault(ProviderError):
    """A model's server failed: which provider, what kind of fault, and in the message what to do. ``details`` say what
    the server said: ``upstreamStatus``, ``upstreamError``, and ``retryAfter`` in s; ``overflow``, where the request was
    too long."""

    def __init__(
        self,
        message: str,
        *,
        provider: str,
        fault: Fault,
        upstream_status: int | None = None,
        upstream_body: bytes | None = None,
        retry_after: float | None = None,
        overflow: Overflow | None = None,
    ) -> None:
        super().__init__(without_keys(message), provider=provider, fault=fault)
        self.provider = provider
        self.fault: Fault = fault
        self.upstream_status = upstream_status
        self.upstream_body = upstream_body
        self.retry_after = retry_after
        self.overflow = overflow
        if upstream_status is not None:
            self.details["upstreamStatus"] = upstream_status
        if retry_after is not None:
            self.details["retryAfter"] = retry_after
        if (told := error_told(upstream_body)) is not None:
            self.details["upstreamError"] = without_keys(told)


class Completed(msgspec.Struct, kw_only=True):
    """A whole completion in the spelling of OpenAI's Chat Completions, and what it says it used."""

    body: bytes
    usage: Usage | None


class Provider(Protocol):
    """A model's server."""

    name: str

    @property
    def default_model(self) -> str:
        """The model that is asked where a request names none."""
        ...

    def context_tokens(self, model: str) -> int | None:
        """How many tokens a request to ``model`` may hold, its answer included; None until that was found out."""
        ...

    async def find_context(self, model: str) -> int:
        """The same, asked of the server where it is not known, for a bounded time."""
        ...

    def stream(
        self, prompt: Prompt, waits: Waits | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """Ask, and yield what one upstream read brought, again and again. Leaving the context cuts the request.

        ``waits`` is told where the server makes the request wait, as while it loads the model.

        Raises:
            ProviderFault: on entering or while iterating; retries, before the first token alone, are used up.
        """
        ...

    def chat(
        self, body: bytes, *, carry: bool, counted: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """Ask with a client's own request for a streamed completion, once, and yield as `stream`. ``carry``: chunks
        bring their ``payloads``. ``counted``: usage is asked for, where the request does not.

        Raises:
            ProviderFault: as `stream`; with ``upstream_status`` and ``upstream_body`` where the server refused.
        """
        ...

    async def complete(self, body: bytes) -> Completed:
        """Ask with a client's own request for a completion that is not streamed, once.

        Raises:
            ProviderFault: as `chat`.
        """
        ...

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        """Ask with a request for embeddings, and answer what the server did. ``retried``: again where that may help.

        Raises:
            ProviderFault: as `chat`.
        """
        ...

    async def models(self) -> list[OfferedModel]:
        """What it offers.

        Raises:
            ProviderFault: it did not say.
        """
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...
