"""Vectors from a provider's model, through its `/embeddings` (OpenAI's API reference, Embeddings)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.ledger import Ledger
from openclaw_rpc.domain.memory.settings import MemorySettings
from openclaw_rpc.domain.models import PRIMARY, ChosenModel, ProviderSettings
from openclaw_rpc.domain.providers import ProviderFault
from openclaw_rpc.domain.runs.context import estimate
from openclaw_rpc.domain.runs.spending import Spender, Spending, estimated

USUAL: Final[Mapping[str, str]] = {
    "openai": "text-embedding-3-small",
    "gemini": "gemini-embedding-001",
    "mistral": "mistral-embed",
    "ollama": "nomic-embed-text",
    "qwen": "text-embedding-v4",
    "zhipu": "embedding-3",
}
"""The models that are asked where the settings name none, by the type of the primary provider."""

MAX_ANSWER: Final = 64 * 1024 * 1024
SHORTEST: Final = 500
"""Characters; a text is not cut further because a server refuses it."""
MOST_TOKENS: Final = 1 << 53
"""As many as can be counted with, whatever a server says."""
TOO_MUCH: Final = frozenset({400, 413, 422})
"""How servers say that texts are too many or too long; how many they take, each has its own rule for."""


class _Embedding(msgspec.Struct):
    embedding: list[float]
    index: int | None = None


class _Used(msgspec.Struct):
    prompt_tokens: int = 0


class _Embeddings(msgspec.Struct):
    data: list[_Embedding]
    usage: _Used | None = None


def embedding_model(settings: MemorySettings, providers: Mapping[str, ProviderSettings]) -> str | None:
    """The model that embeds, as `Models.resolve` takes it; None where none is wanted, or none is known."""
    if not settings.embeddings:
        return None
    if settings.embedding_model is not None:
        return settings.embedding_model
    name = PRIMARY if PRIMARY in providers else next(iter(providers), None)
    usual = USUAL.get(providers[name].type) if name is not None else None
    return f"{name}/{usual}" if usual is not None else None


class ModelEmbedder:
    """The port `Embedder` over the configured providers. ``named`` answers the model, as it is at that moment.

    No provider's fallback is asked: vectors of different models can't be compared. What it takes counts for the user
    whose texts they are, and is in the ledger.
    """

    def __init__(self, named: Callable[[], str | None], spending: Spending, ledger: Ledger) -> None:
        self._named = named
        self._spending = spending
        self._ledger = ledger

    @property
    def model(self) -> str:
        """The provider's name and the model's."""
        choice = self._choice()
        return f"{choice.name}/{choice.model}"

    def _choice(self) -> ChosenModel:
        return self._spending.models.resolve(self._named())[0]

    async def embed(self, texts: Sequence[str], user: str) -> list[list[float]]:
        """A vector for each text, all of one length; long texts by their beginning, where the server wants it so.

        Raises:
            ProviderFault: the model could not be asked, or did not answer with vectors.
            BudgetExceeded: too little is left for it.
        """
        if not texts:
            return []
        choice = self._choice()
        vectors = await self._some(choice, list(texts), Spender.without_session(user, ""))
        if len({len(vector) for vector in vectors}) != 1:
            raise _garbage(choice, "answered with vectors of different lengths")
        return vectors

    async def _some(self, choice: ChosenModel, texts: list[str], spender: Spender) -> list[list[float]]:
        """The vectors; where the server finds it too much, in halves: of the texts, then of the one that is left."""
        try:
            return await self._ask(choice, texts, spender)
        except ProviderFault as fault:
            if fault.upstream_status not in TOO_MUCH and fault.fault != "too_long":
                raise
            if len(texts) > 1:
                half = len(texts) // 2
                first = await self._some(choice, texts[:half], spender)
                return first + await self._some(choice, texts[half:], spender)
            if len(texts[0]) <= SHORTEST:
                raise
        return await self._some(choice, [texts[0][: len(texts[0]) // 2]], spender)

    async def _ask(self, choice: ChosenModel, texts: list[str], spender: Spender) -> list[list[float]]:
        # Servers refuse an empty text; a space means as much.
        body: dict[str, Any] = {"model": choice.model, "input": [text or " " for text in texts]}

        def tokens() -> int:
            return sum(map(estimate, texts))

        with await self._spending.begin(spender, choice, tokens, 0, operation="embeddings") as request:
            answer = await choice.provider.embed(msgspec.json.encode(body), retried=True)
            try:
                document = msgspec.json.decode(answer, type=_Embeddings)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                raise _garbage(choice, "did not answer with embeddings") from None
            used = 0 if document.usage is None else min(document.usage.prompt_tokens, MOST_TOKENS)
            self._ledger.add(request.ended(estimated(used if used > 0 else tokens(), 0)))
        found = document.data
        places = [at if item.index is None else item.index for at, item in enumerate(found)]
        if sorted(places) != list(range(len(texts))):
            raise _garbage(choice, f"was given {len(texts)} texts and answered with {len(found)} vectors")
        vectors = {place: item.embedding for place, item in zip(places, found, strict=True)}
        if not all(vector and all(map(math.isfinite, vector)) for vector in vectors.values()):
            raise _garbage(choice, "answered with invalid vectors")
        return [vectors[at] for at in range(len(texts))]


def _garbage(choice: ChosenModel, what: str) -> ProviderFault:
    return ProviderFault(
        f"{choice.name} {what}; check that memory.embedding_model ({choice.model}) is a model that embeds",
        provider=choice.name,
        fault="garbage",
    )
