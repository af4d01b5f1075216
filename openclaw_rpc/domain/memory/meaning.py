"""Search by meaning: vectors made in the background, and their ranking merged into that of the words."""

from typing import Final

import anyio
import msgspec

from openclaw_rpc.domain.memory.ports import Embedder, MemoryHit, MemoryQuery, MemoryStore
from openclaw_rpc.domain.memory.ranking import merged
from openclaw_rpc.domain.memory.words import text_of
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.protocol.errors import GatewayError

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
        """Give a vector to every memory that has none. A model that fails is asked again at the next call."""
        model = self._embedder.model
        while waiting := await self._store.unembedded(model, BATCH):
            texts = [text_of([item.memory.key, item.memory.value])[:TEXT_CHARACTERS] for item in waiting]
            try:
                vectors = await self._embedder.embed(texts)
            except GatewayError as error:
                self._log.warning("memories could not be embedded", model=model, error=error.message)
                return
            if len(vectors) != len(waiting):
                self._log.warning("a model embedded not as many texts as it was given", model=model)
                return
            numbers = [item.number for item in waiting]
            await self._store.put_vectors(model, list(zip(numbers, vectors, strict=True)))

    async def merge(self, query: MemoryQuery, text: str, hits: list[MemoryHit]) -> list[MemoryHit]:
        """The hits with those that are near in meaning; the hits alone where the model can't be asked in time."""
        vectors: list[list[float]] = []
        with anyio.move_on_after(PATIENCE_SECONDS):
            try:
                vectors = await self._embedder.embed([text[:TEXT_CHARACTERS]])
            except GatewayError as error:
                self._log.warning("a question could not be embedded", model=self._embedder.model, error=error.message)
        if not vectors:
            return hits
        wide = msgspec.structs.replace(query, limit=max(query.limit, 20))
        near = [hit for hit in await self._store.near(wide, self._embedder.model, vectors[0]) if hit.score >= NEAR]
        return merged([hits, near], query.limit) if near else hits
