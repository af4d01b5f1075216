"""Search by meaning: vectors made in the background, and their ranking merged into that of the words."""

from collections.abc import Sequence
from typing import Final

import anyio
import msgspec

from openclaw_rpc.domain.memory.ports import Embedder, MemoryHit, MemoryQuery, MemoryStore, Unembedded
from openclaw_rpc.domain.memory.ranking import merged
from openclaw_rpc.domain.memory.words import text_of
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import BudgetExceeded, GatewayError, ProviderError

BATCH: Final = 64
TEXT_CHARACTERS: Final = 8_000
PATIENCE_SECONDS: Final = 2.0
"""How long a search waits for the question's vector before it goes by words alone."""
NEAR: Final = 0.3
"""The least cosine of a memory that counts as near."""


class Meanings:
    """What an embedder adds to a search."""

    def __init__(self, store: MemoryStore, embedder: Embedder, log: Log) -> None:
        self._store = store
        self._embedder = embedder
        self._log = log

    async def catch_up(self) -> None:
        """Give a vector to every memory that has none. A model that fails is asked again at the next call, and so is
        one for users whose budget is used up.
        """
        model = self._embedder.model
        spent: set[str] = set()
        while waiting := await self._store.unembedded(model, BATCH, spent):
            for user in dict.fromkeys(item.memory.user for item in waiting):
                try:
                    await self._embed(model, user, [item for item in waiting if item.memory.user == user])
                except BudgetExceeded as error:
                    spent.add(user)
                    self._log.warning("memories are not embedded for now", user=user, error=error.message)
                except GatewayError as error:
                    self._log.warning("memories could not be embedded", model=model, error=error.message)
                    return

    async def _embed(self, model: str, user: str, waiting: Sequence[Unembedded]) -> None:
        """Give vectors to some memories of a user."""
        texts = [text_of([item.memory.key, item.memory.value])[:TEXT_CHARACTERS] for item in waiting]
        vectors = await self._embedder.embed(texts, user)
        if len(vectors) != len(waiting):
            raise ProviderError(f"the model embedded {len(vectors)} texts of {len(waiting)}")
        numbers = [item.number for item in waiting]
        await self._store.put_vectors(model, list(zip(numbers, vectors, strict=True)))

    async def merge(self, query: MemoryQuery, text: str, hits: list[MemoryHit]) -> list[MemoryHit]:
        """The hits with those that are near in meaning; the hits alone where the model can't be asked in time."""
        vectors: list[list[float]] = []
        with anyio.move_on_after(PATIENCE_SECONDS):
            try:
                vectors = await self._embedder.embed([text[:TEXT_CHARACTERS]], query.user)
            except GatewayError as error:
                self._log.warning("a question could not be embedded", model=self._embedder.model, error=error.message)
        if not vectors:
            return hits
        wide = msgspec.structs.replace(query, limit=max(query.limit, 20))
        near = [hit for hit in await self._store.near(wide, self._embedder.model, vectors[0]) if hit.score >= NEAR]
        return merged([hits, near], query.limit) if near else hits
