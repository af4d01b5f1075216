"""What remembering asks of the outside: something that keeps and ranks memories, and something that embeds text."""

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from openclaw_rpc.protocol.base import JsonObject

Kind = Literal["note", "conversation"]
Place = Literal["wal", "compacted"]

FEW: Final = 64
"""So many memories say what is common among them."""


class Memory(msgspec.Struct, kw_only=True, frozen=True):
    """Something remembered for ``user``; (``user``, ``key``) is unique.

    ``value`` is any JSON. ``created_at`` is when this value was stored. A memory with a ``session_key`` goes when
    that session goes.
    """

    user: str
    key: str
    value: Any
    created_at: str
    kind: Kind = "note"
    metadata: JsonObject = {}
    tags: Sequence[str] = ()
    session_key: str | None = None

    @property
    def category(self) -> str | None:
        """What the metadata call its category, where that is text."""
        category = self.metadata.get("category")
        return category if isinstance(category, str) else None


class MemoryQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which memories of ``user``: any that has one of ``words``, or is a note whose key begins with ``prefix``.

    ``words`` come from :func:`~openclaw_rpc.domain.memory.words.query_words`, ``prefix`` from ``folded`` beside it.
    A word that more than the share ``common`` of the user's memories hold is left out, once there are `FEW` of them:
    what nearly all of them say tells none of them from the others. The other fields are filters, all of which must
    hold: ``since`` <= created_at < ``until``; ``without_session`` leaves out what belongs to one session, from what is
    counted too.
    """

    user: str
    limit: int
    words: Sequence[str] = ()
    common: float = 1.0
    prefix: str | None = None
    place: Place | None = None
    since: str | None = None
    until: str | None = None
    category: str | None = None
    without_session: str | None = None


class MemoryHit(msgspec.Struct, kw_only=True, frozen=True):
    """A memory that was found; ``score`` is over 0 and at most 1."""

    memory: Memory
    score: float
    place: Place


class MemoryCounts(msgspec.Struct, kw_only=True, frozen=True):
    """How much there is. Sizes in bytes; ``log_oldest`` and ``last_compaction`` are times, None where there is none."""

    log_entries: int = 0
    log_bytes: int = 0
    log_oldest: str | None = None
    files: int = 0
    file_bytes: int = 0
    last_compaction: str | None = None


class Folded(msgspec.Struct, kw_only=True, frozen=True):
    """What a compaction did: how many entries of the log it put into how many files."""

    files: int = 0
    entries: int = 0


class Unembedded(msgspec.Struct, kw_only=True, frozen=True):
    """A memory that has no vector yet. ``number`` is the store's own name of this value of it."""

    number: int
    memory: Memory


class MemoryStore(Protocol):
    """Keeps memories, first in a log and later in dated files, and finds them.

    Every write returns when it is durable. Every method may raise ``Unavailable`` where the disk is full or fails.
    """

    async def put(self, memory: Memory, words: Sequence[str]) -> bool:
        """Keep a memory in the log, findable by ``words``; True where it replaced another of that key."""
        ...

    async def put_all(self, memories: Sequence[Memory], words: Sequence[Sequence[str]]) -> None:
        """Keep memories at once, each findable by its ``words``."""
        ...

    async def search(self, query: MemoryQuery) -> list[MemoryHit]:
        """The best ``limit`` matches, the best first; of equally good words the newest first.

        The score is that of :func:`~openclaw_rpc.domain.memory.ranking.score`. How often a word occurs is counted
        among the memories of that user alone, or estimated from the newest of them where it occurs often.
        """
        ...

    async def delete(self, user: str, key: str) -> bool:
        """Remove a memory wherever it is kept; False where there is none."""
        ...

    async def forget_session(self, user: str, session_key: str) -> int:
        """Remove what belongs to a session; how many that were."""
        ...

    async def prune(self, user: str, before: str, place: Place | None) -> int:
        """Remove what was stored before a time, in one place or in both; how many that were."""
        ...

    async def counts(self, user: str | None) -> MemoryCounts:
        """How much a user has, or everybody where ``user`` is None."""
        ...

    async def compact(self, user: str | None, before: str, now: str, limit: int | None = None) -> Folded:
        """Fold entries of the log that were stored before a time into dated files, the oldest first.

        At most ``limit`` of them, of everybody where ``user`` is None. Works in small steps, each complete in
        itself: a crash or a cancellation at any point loses nothing and doubles nothing.
        """
        ...

    async def unembedded(self, model: str, limit: int, without: Collection[str] = ()) -> list[Unembedded]:
        """Memories without a vector of that model, the newest first; ``without`` those of some users."""
        ...

    async def put_vectors(self, model: str, vectors: Sequence[tuple[int, Sequence[float]]]) -> None:
        """Keep vectors by the memories' numbers; a number that is gone is left out."""
        ...

    async def near(self, query: MemoryQuery, model: str, vector: Sequence[float]) -> list[MemoryHit]:
        """The memories nearest in meaning; the score is the cosine. ``words`` and ``prefix`` don't count here.

        Looks at the newest 20,000 vectors of the user.
        """
        ...


class Embedder(Protocol):
    """Turns texts into vectors whose angles say how near their meanings are."""

    @property
    def model(self) -> str:
        """The model's name; vectors of different models can't be compared."""
        ...

    async def embed(self, texts: Sequence[str], user: str) -> list[list[float]]:
        """A vector for each text of a user's, all of one length.

        Raises:
            ProviderError: the model could not be asked. BudgetExceeded: too little is left for it.
        """
        ...
