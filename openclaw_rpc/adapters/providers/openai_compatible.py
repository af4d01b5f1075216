"""Any server that speaks OpenAI's Chat Completions, through the `openai` package."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Final, cast

import anyio
import msgspec

from openclaw_rpc.adapters.providers.connections import Traceparent
from openclaw_rpc.adapters.providers.faults import Failed
from openclaw_rpc.adapters.providers.frames import BadAnswerError, loads, objects
from openclaw_rpc.adapters.providers.http1 import LateError
from openclaw_rpc.adapters.providers.request_body import RequestBodies
from openclaw_rpc.adapters.providers.streaming import Streaming, StreamRequest
from openclaw_rpc.adapters.providers.tries import RequestTries
from openclaw_rpc.adapters.providers.upstream import Upstream
from openclaw_rpc.adapters.providers.whole import Whole
from openclaw_rpc.adapters.providers.windows import window_of
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.providers import Completed, OfferedModel, Prompt, ProviderFault, Waits
from openclaw_rpc.protocol.base import JsonObject

USUAL_CONTEXT: Final = 128_000
LM_STUDIO: Final = "/api/v0/models"
FINDING_SECONDS: Final = 2.0
"""How long a first message waits for the list of models."""


def _offered(document: Any, owner: str) -> list[OfferedModel] | None:
    """The models of a list, in any of the shapes in use; None where it is not one. An odd entry costs itself alone."""
    found: Any = document
    if isinstance(document, dict):
        fields = cast("JsonObject", document)
        found = fields.get("data", fields.get("models"))
    if not isinstance(found, list):
        return None
    offered: list[OfferedModel] = []
    for item in objects(found):  # pyright: ignore[reportUnknownArgumentType]
        name = item.get("id") or item.get("name")
        if isinstance(name, str) and name:
            by, created = item.get("owned_by"), item.get("created")
            whole = int(created) if isinstance(created, int | float) and 0 <= created < 1 << 53 else 0
            owned_by = by if isinstance(by, str) and by else owner
            offered.append(OfferedModel(id=name, owned_by=owned_by, created=whole, context_tokens=window_of(item)))
    return offered


class OpenAIProvider:
    """A model's server that speaks OpenAI's Chat Completions.

    Args:
        name: what the configuration calls it; messages do too.
        settings: where it is and how long to wait for it.
        traceparent: where a request stands in a trace, which is told to the server.
    """

    def __init__(self, name: str, settings: ProviderSettings, traceparent: Traceparent | None = None) -> None:
        self.name = name
        self._settings = settings
        self._bodies = RequestBodies(name, settings)
        self._upstream = Upstream(name, settings, traceparent)
        self._whole = Whole(self._upstream, settings)
        self._windows: dict[str, int] = {}
        self._finding = anyio.Lock()

    @property
    def default_model(self) -> str:
        """The configured model."""
        return self._settings.model

    def context_tokens(self, model: str) -> int | None:
        """The configured size of the context, else what the server's list of models says; None before it was asked."""
        return self._settings.context_tokens or self._windows.get(model)

    async def find_context(self, model: str) -> int:
        """See `Provider.find_context`: the usual size where the server does not say it. It is asked once."""
        async with self._finding:
            if (known := self.context_tokens(model)) is None:
                offered: list[OfferedModel] = []
                with suppress(ProviderFault), anyio.move_on_after(FINDING_SECONDS):
                    offered = await self._list(0)
                # llama.cpp takes any name for the only model that it has.
                only = offered[0].context_tokens if len(offered) == 1 else None
                known = self._windows.setdefault(model, only or USUAL_CONTEXT)
        return known

    def stream(
        self, prompt: Prompt, waits: Waits | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.stream`. Entering waits for the first token, and retries until it comes."""
        retries = self._settings.max_retries
        question = StreamRequest(self._bodies.body(prompt), prompt.model, retries=retries, waits=waits)
        return Streaming(self._upstream, self._bodies, self._settings, question)

    def chat(
        self, body: bytes, *, carry: bool, counted: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.chat`."""
        fields: dict[str, Any] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        model: str = msgspec.json.decode(fields["model"])
        added = counted and self._bodies.counted(fields, model)
        question = StreamRequest(fields, model, frozenset(("stream_options",) if added else ()), carry=carry)
        return Streaming(self._upstream, self._bodies, self._settings, question)

    async def complete(self, body: bytes) -> Completed:
        """See `Provider.complete`."""
        return await self._whole.complete(body)

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        """See `Provider.embed`."""
        return await self._whole.embed(body, self._settings.max_retries if retried else 0)

    async def models(self) -> list[OfferedModel]:
        """See `Provider.models`."""
        return await self._list(self._settings.max_retries)

    async def _list(self, retries: int) -> list[OfferedModel]:
        seconds = self._settings.connect_timeout_seconds + 10
        tries = RequestTries(self._upstream.faults, retries, seconds, "connect_timeout_seconds")
        while True:
            try:
                return await self._listed(tries.until)
            except (LateError, Failed) as error:
                await tries.again(error)

    async def _listed(self, until: float) -> list[OfferedModel]:
        if self._settings.type == "lmstudio":
            # Its own list says how much of a model's context is loaded; older ones have none.
            with suppress(Failed, ProviderFault):
                return await self._listed_at(
                    f"{self._settings.address.rstrip('/').removesuffix('/v1')}{LM_STUDIO}", until
                )
        return await self._listed_at("/models", until)

    async def _listed_at(self, path: str, until: float) -> list[OfferedModel]:
        settings, upstream = self._settings, self._upstream
        headers: dict[str, str] = {}
        if settings.type == "anthropic":  # its list is its own API, with its own headers
            headers = {"x-api-key": settings.api_key or "", "anthropic-version": "2023-06-01"}
        answer = await upstream.ask(path, None, settings.model, until, headers=headers)
        try:
            offered = _offered(loads(await upstream.whole(answer)), settings.type)
        except BadAnswerError:
            offered = None
        finally:
            answer.close()
        if offered is None:
            raise upstream.faults.of_bad_answer(BadAnswerError("did not answer with a list of models"))
        self._windows |= {one.id: one.context_tokens for one in offered if one.context_tokens is not None}
        return offered

    async def aclose(self) -> None:
        """Close its connections."""
        await self._upstream.aclose()
