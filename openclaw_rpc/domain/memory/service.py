"""What is remembered: stored, found, forgotten and folded, each user's own alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

import anyio

from openclaw_rpc.domain.clock import Clock, iso, new_id, parse_time
from openclaw_rpc.domain.memory.checks import check
from openclaw_rpc.domain.memory.conversations import RememberedTurns
from openclaw_rpc.domain.memory.meaning import Meanings
from openclaw_rpc.domain.memory.ports import Embedder, Memory, MemoryCounts, MemoryHit, MemoryQuery, MemoryStore, Place
from openclaw_rpc.domain.memory.ranking import exact_first
from openclaw_rpc.domain.memory.recalling import COMMON, QUESTION_WORDS, SPARE, Recalled, chosen, stop_words
from openclaw_rpc.domain.memory.settings import MemorySettings
from openclaw_rpc.domain.memory.words import folded, index_words, query_words, text_of
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.principals import Principal
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import GatewayError, InvalidRequest, NotFound
from openclaw_rpc.protocol.memory import (
    MemoryCompacted,
    MemoryDeleted,
    MemoryDeleteParams,
    MemoryFileStats,
    MemoryFound,
    MemoryLogStats,
    MemoryPruned,
    MemoryPruneParams,
    MemoryResults,
    MemorySearchParams,
    MemoryStats,
    MemoryStored,
    MemoryStoreParams,
)
from openclaw_rpc.threads import in_thread

QUERY_WORDS: Final = 64
LOOKED_AT: Final = 100
"""Among how many those with the very words that were asked for come first; twice as many as are asked for suffice."""
IN_PLACE: Final = 2_000
"""Texts up to this many characters are taken apart at once, longer ones in a thread."""
STEP: Final = 2_000
"""How many entries one look of the background loop folds at most."""
_MIB: Final = 1024 * 1024
_END: Final = "9999-12-31T23:59:59.999Z"
_PLACES: Final[dict[str, Place | None]] = {"all": None, "wal": "wal", "compacted": "compacted"}


class Memories:
    """Every user's memories. Searches by meaning too where there is an ``embedder``."""

    def __init__(
        self,
        store: MemoryStore,
        clock: Clock,
        log: Log,
        settings: MemorySettings | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.settings = settings or MemorySettings()
        """May be replaced at any time; the next look of `keep_compacting` goes by it."""
        self._store = store
        self._clock = clock
        self._log = log
        self._unembedded = anyio.Event()
        self._conversations = RememberedTurns(store, log, self._embed_new)
        self.embed_with(embedder)

    def embed_with(self, embedder: Embedder | None) -> None:
        """Search by meaning with that embedder from now on; by words alone where there is none."""
        self._meanings = Meanings(self._store, embedder, self._log) if embedder else None
        self._unembedded.set()

    async def store(self, principal: Principal, params: MemoryStoreParams) -> MemoryStored:
        """Remember a value for the caller.

        Raises:
            InvalidRequest, TooLarge: key, value or metadata can't be kept; ``field`` says which.
        """
        return await self.remember(
            principal.user, params.value, key=params.key, metadata=params.metadata, tags=params.tags
        )

    async def remember(
        self,
        user: str,
        value: Any,
        *,
        key: str | None = None,
        metadata: JsonObject | None = None,
        tags: Sequence[str] = (),
        session_key: str | None = None,
    ) -> MemoryStored:
        """Remember a value for a user, under a new key where none is given.

        With a ``session_key`` it is forgotten together with that session.

        Raises:
            InvalidRequest, TooLarge: as `store`.
        """
        return await self._keep(
            Memory(
                user=user,
                key=new_id("mem") if key is None else key,
                value=value,
                created_at=self._now(),
                metadata=metadata or {},
                tags=tuple(tags),
                session_key=session_key,
            )
        )

    def note_conversation(self, user: str, session_key: str, run_id: str, question: str, answer: str) -> None:
        """Remember a turn of a conversation soon, until its session is forgotten; long texts by their beginning.

        Whatever asks for memories finds it at once, but for `recall`, which waits for nothing.

        Raises:
            InvalidRequest: what was said is no text.
        """
        self._conversations.note(user, session_key, run_id, question, answer, self._now())

    async def settle(self) -> None:
        """Keep what was said until now, and return when it is on disk."""
        await self._conversations.settle()

    async def forget_session(self, user: str, session_key: str) -> int:
        """Forget what belongs to a session; how many memories that were."""
        return await self._conversations.forget(user, session_key)

    def forget_session_soon(self, user: str, session_key: str) -> None:
        """Forget what belongs to a session; whatever asks for memories from now on does not find it."""
        self._conversations.forget_soon(user, session_key)

    async def search(self, principal: Principal, params: MemorySearchParams) -> MemoryResults:
        """The caller's memories that match, the best first.

        Raises:
            InvalidRequest: ``since`` or ``until`` is no time.
        """
        await self.settle()
        query = MemoryQuery(
            user=principal.user,
            limit=max(params.limit, min(params.limit * 2, LOOKED_AT)),
            words=query_words(params.query, QUERY_WORDS),
            prefix=folded(params.query.strip()) or None,
            place=_PLACES[params.type],
            since=parse_time(params.since, "since") if params.since is not None else None,
            until=parse_time(params.until, "until") if params.until is not None else None,
            category=params.category,
        )
        hits = exact_first(await self._find(query, params.query), params.query, params.limit)
        return MemoryResults(results=[_found(hit) for hit in hits])

    @cached_property
    def _stop_words(self) -> frozenset[str]:
        return stop_words()

    async def recall(
        self, user: str, text: str, limit: int = 5, max_chars: int = 4_000, *, without_session: str | None = None
    ) -> list[Recalled]:
        """What fits a question, for an agent's prompt: the best first, in ``max_chars`` characters together.

        Words that most memories hold don't count. ``without_session`` leaves out the conversation that the agent has
        before it anyway.
        """
        if self._conversations.forgetting:
            await self.settle()
        words = [word for word in query_words(text, QUESTION_WORDS * 2) if word not in self._stop_words]
        if not words and self._meanings is None:
            return []
        query = MemoryQuery(
            user=user, limit=limit * SPARE, words=words[:QUESTION_WORDS], common=COMMON, without_session=without_session
        )
        return chosen(await self._find(query, text), limit, max_chars)

    async def delete(self, principal: Principal, params: MemoryDeleteParams) -> MemoryDeleted:
        """Forget one memory of the caller.

        Raises:
            NotFound: there is none of that key.
        """
        await self.settle()
        if not await self._store.delete(principal.user, params.key):
            raise NotFound(f"there is no memory {params.key!r}", field="key", reason="unknown")
        return MemoryDeleted(key=params.key, deleted=True)

    async def stats(self, principal: Principal) -> MemoryStats:
        """How much the caller's memory holds."""
        await self.settle()
        counts = await self._store.counts(principal.user)
        return MemoryStats(
            wal=MemoryLogStats(
                entries=counts.log_entries, size_mb=_mib(counts.log_bytes), oldest_entry=counts.log_oldest
            ),
            compacted=MemoryFileStats(
                files=counts.files, size_mb=_mib(counts.file_bytes), last_compaction=counts.last_compaction
            ),
            total_size_mb=_mib(counts.log_bytes + counts.file_bytes),
        )

    async def counts(self) -> MemoryCounts:
        """How much everybody's memory holds, for the gateway's own status."""
        return await self._store.counts(None)

    async def prune(self, principal: Principal, params: MemoryPruneParams) -> MemoryPruned:
        """Forget all that the caller stored before a time.

        Raises:
            InvalidRequest: ``confirm`` is not true, or ``before`` no time.
        """
        before = parse_time(params.before, "before")
        if not params.confirm:
            reason = "must be true: what is pruned is gone for good"
            raise InvalidRequest(f"confirm {reason}", field="confirm", reason=reason)
        await self.settle()
        return MemoryPruned(removed=await self._store.prune(principal.user, before, _PLACES[params.type]))

    async def compact(self, principal: Principal) -> MemoryCompacted:
        """Fold the caller's whole log into dated files."""
        await self.settle()
        now = self._now()
        done = await self._store.compact(principal.user, _END, now)
        return MemoryCompacted(files=done.files, entries=done.entries)

    async def keep_conversations(self) -> None:
        """Keep what is said, until cancelled."""
        await self._conversations.keep_up()

    async def keep_compacting(self) -> None:
        """Fold what is old, or too much, now and at intervals, until cancelled.

        Gives memories their vectors too, soon after they were stored.
        """
        while True:
            try:
                await self._look()
            except GatewayError as error:
                self._log.warning("memory could not be compacted", error=error.message)
            except Exception:
                self._log.error("memory could not be compacted", exc_info=True)
            with anyio.move_on_after(self.settings.compact_every_seconds):
                await self._unembedded.wait()
            self._unembedded = anyio.Event()

    async def _look(self) -> None:
        """Fold what is due, in steps between which others get their turn."""
        settings = self.settings
        now = self._now()
        old = iso(self._clock.now() - timedelta(days=settings.compact_after_days).total_seconds())
        folded_entries = files = 0
        while (done := await self._store.compact(None, old, now, STEP)).entries:
            folded_entries, files = folded_entries + done.entries, files + done.files
        excess = (await self._store.counts(None)).log_entries - settings.max_log_entries
        if excess > 0:
            # Down to half, so that it is not done again for every entry that comes.
            done = await self._store.compact(None, _END, now, excess + settings.max_log_entries // 2)
            folded_entries, files = folded_entries + done.entries, files + done.files
        if folded_entries:
            self._log.info("memory compacted", entries=folded_entries, files=files)
        if self._meanings is not None:
            await self._meanings.catch_up()

    async def _keep(self, memory: Memory) -> MemoryStored:
        if self._conversations.forgetting:
            # Else a new session of the same key would lose it with the old one's.
            await self.settle()
        parts = _parts(memory)
        if isinstance(memory.value, str) and len(memory.value) <= IN_PLACE:
            check(memory)
            words = index_words(text_of(parts))
        else:
            words = await in_thread(_taken_apart, memory, parts)
        replaced = await self._store.put(memory, words)
        self._embed_new()
        return MemoryStored(key=memory.key, created_at=memory.created_at, replaced=replaced)

    def _embed_new(self) -> None:
        if self._meanings is not None:
            self._unembedded.set()

    async def _find(self, query: MemoryQuery, text: str) -> list[MemoryHit]:
        hits = await self._store.search(query) if query.words or query.prefix else []
        if self._meanings is None:
            return hits
        return await self._meanings.merge(query, text, hits)

    def _now(self) -> str:
        return iso(self._clock.now())


def _parts(memory: Memory) -> list[Any]:
    return [memory.key, memory.value, *memory.metadata.values(), list(memory.tags)]


def _taken_apart(memory: Memory, parts: list[Any]) -> list[str]:
    check(memory)
    return index_words(text_of(parts))


def _found(hit: MemoryHit) -> MemoryFound:
    memory = hit.memory
    return MemoryFound(
        key=memory.key,
        value=memory.value,
        score=hit.score,
        created_at=memory.created_at,
        type=hit.place,
        kind=memory.kind,
        metadata=memory.metadata,
        tags=list(memory.tags),
        session_key=memory.session_key,
    )


def _mib(size: int) -> float:
    return round(size / _MIB, 6)
