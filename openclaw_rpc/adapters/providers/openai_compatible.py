"""Any server that speaks OpenAI's Chat Completions, through the `openai` package."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import msgspec

from openclaw_rpc.adapters.providers.faults import Failed
from openclaw_rpc.adapters.providers.frames import BadAnswerError, loads, objects
from openclaw_rpc.adapters.providers.http1 import LateError
from openclaw_rpc.adapters.providers.request_body import RequestBodies
from openclaw_rpc.adapters.providers.streaming import Question, Streaming
from openclaw_rpc.adapters.providers.tries import RequestTries
from openclaw_rpc.adapters.providers.upstream import Upstream
from openclaw_rpc.adapters.providers.whole import Whole
from openclaw_rpc.domain.chunks import Chunk
from openclaw_rpc.domain.models import ProviderSettings
from openclaw_rpc.domain.providers import Completed, OfferedModel, Prompt
from openclaw_rpc.protocol.base import JsonObject


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
            offered.append(OfferedModel(id=name, owned_by=by if isinstance(by, str) and by else owner, created=whole))
    return offered


class OpenAIProvider:
    """A model's server that speaks OpenAI's Chat Completions.

    Args:
        name: what the configuration calls it; messages do too.
        settings: where it is and how long to wait for it.
    """

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self.name = name
        self._settings = settings
        self._bodies = RequestBodies(name, settings)
        self._upstream = Upstream(name, settings)
        self._whole = Whole(self._upstream, settings)

    @property
    def default_model(self) -> str:
        """The configured model."""
        return self._settings.model

    def context_tokens(self, model: str) -> int:
        """The configured size of the context, the same for every model."""
        return self._settings.context_tokens

    def stream(self, prompt: Prompt) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.stream`. Entering waits for the first token, and retries until it comes."""
        question = Question(self._bodies.body(prompt), prompt.model, retries=self._settings.max_retries)
        return Streaming(self._upstream, self._bodies, self._settings, question)

    def chat(
        self, body: bytes, *, carry: bool, counted: bool
    ) -> AbstractAsyncContextManager[AsyncIterator[Sequence[Chunk]]]:
        """See `Provider.chat`."""
        fields: dict[str, Any] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        model: str = msgspec.json.decode(fields["model"])
        added = counted and self._bodies.counted(fields, model)
        question = Question(fields, model, frozenset(("stream_options",) if added else ()), carry=carry)
        return Streaming(self._upstream, self._bodies, self._settings, question)

    async def complete(self, body: bytes) -> Completed:
        """See `Provider.complete`."""
        return await self._whole.complete(body)

    async def embed(self, body: bytes, *, retried: bool = False) -> bytes:
        """See `Provider.embed`."""
        return await self._whole.embed(body, self._settings.max_retries if retried else 0)

    async def models(self) -> list[OfferedModel]:
        """See `Provider.models`."""
        settings = self._settings
        seconds = settings.connect_timeout_seconds + 10
        tries = RequestTries(self._upstream.faults, settings.max_retries, seconds, "connect_timeout_seconds")
        while True:
            try:
                return await self._listed(tries.until)
            except (LateError, Failed) as error:
                await tries.again(error)

    async def _listed(self, until: float) -> list[OfferedModel]:
        settings, upstream = self._settings, self._upstream
        headers: dict[str, str] = {}
        if settings.type == "anthropic":  # its list is its own API, with its own headers
            headers = {"x-api-key": settings.api_key or "", "anthropic-version": "2023-06-01"}
        answer = await upstream.ask("/models", None, settings.model, until, headers=headers)
        try:
            offered = _offered(loads(await upstream.whole(answer)), settings.type)
        except BadAnswerError:
            offered = None
        finally:
            answer.close()
        if offered is None:
            raise upstream.faults.of_bad_answer(BadAnswerError("did not answer with a list of models"))
        return offered

    async def aclose(self) -> None:
        """Close its connections."""
        await self._upstream.aclose()
