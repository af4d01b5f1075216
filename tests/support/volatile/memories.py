"""Memories that are forgotten when the process ends, for tests and for gateways that must keep nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from openclaw_rpc.adapters.memory.rules import best, line_of, memory_of, telling
from openclaw_rpc.adapters.memory.vectors import cosine, packed, unpacked
from openclaw_rpc.domain.memory.ports import Folded, Memory, MemoryCounts, MemoryHit, MemoryQuery, Place, Unembedded
from openclaw_rpc.domain.memory.ranking import EXACT_KEY, KEY_PREFIX, rarity, scores, sought
from openclaw_rpc.domain.memory.words import folded


@dataclass
class _IndexedMemory:
    """A memory, as it would stand in a line of a file."""

    number: int
    memory: Memory
    line: bytes
    body: str
    length: int
    words: frozenset[str]
    place: Place = "wal"


class VolatileMemoryStore:
    """The port :class:`~openclaw_rpc.domain.memory.ports.MemoryStore` in memory. No method waits."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _IndexedMemory] = {}
        self._vectors: dict[int, tuple[str, bytes]] = {}
        self._compacted_at: dict[str, str] = {}
        self._last = 0

    async def put(self, memory: Memory, words: Sequence[str]) -> bool:
        """See the port."""
        self._last += 1
        replaced = self._remove([(memory.user, memory.key)])
        line = line_of(memory)
        self._entries[memory.user, memory.key] = _IndexedMemory(
            self._last, memory_of(memory.user, line), line, " ".join(words), len(words), frozenset(words)
        )
        return replaced == 1

    async def put_all(self, memories: Sequence[Memory], words: Sequence[Sequence[str]]) -> None:
        """See the port."""
        for memory, of_it in zip(memories, words, strict=True):
            await self.put(memory, of_it)

    async def search(self, query: MemoryQuery) -> list[MemoryHit]:
        """See the port."""
        mine = [entry for entry in self._entries.values() if entry.memory.user == query.user]
        if not mine:
            return []
        average = sum(entry.length for entry in mine) / len(mine)
        leaving = query.without_session
        counted = [entry for entry in mine if leaving is None or entry.memory.session_key != leaving]
        holders = {word: {entry.number for entry in counted if word in entry.words} for word in query.words}
        words = telling({word: len(numbers) for word, numbers in holders.items()}, len(mine), query.common)
        rarities = {word: rarity(len(holders[word]), len(mine)) for word in words}
        asked, whole = sought(rarities, holders, words), sum(rarities.values())
        found: list[tuple[float, int]] = []
        wanted = {entry.number: entry for entry in mine if _wanted(entry, query)}
        bodies = [(entry.number, entry.length, entry.body) for entry in wanted.values()]
        for number, by_words in scores(bodies, average, asked, whole).items():
            value = max(by_words, _by_key(wanted[number].memory, query.prefix))
            if value:
                found.append((value, number))
        hits = best(found, query.limit)
        return [MemoryHit(memory=wanted[n].memory, score=value, place=wanted[n].place) for value, n in hits]

    async def delete(self, user: str, key: str) -> bool:
        """See the port."""
        return self._remove([(user, key)]) == 1

    async def forget_session(self, user: str, session_key: str) -> int:
        """See the port."""
        mine = [entry.memory for entry in self._entries.values() if entry.memory.user == user]
        return self._remove([(user, memory.key) for memory in mine if memory.session_key == session_key])

    async def prune(self, user: str, before: str, place: Place | None) -> int:
        """See the port."""
        mine = [entry for entry in self._entries.values() if entry.memory.user == user]
        old = [entry for entry in mine if entry.memory.created_at < before and place in (None, entry.place)]
        return self._remove([(user, entry.memory.key) for entry in old])

    async def counts(self, user: str | None) -> MemoryCounts:
        """See the port. A file is a user's entries of a day."""
        mine = [entry for entry in self._entries.values() if user in (None, entry.memory.user)]
        log = [entry for entry in mine if entry.place == "wal"]
        rest = [entry for entry in mine if entry.place == "compacted"]
        times = [at for name, at in self._compacted_at.items() if user in (None, name)]
        return MemoryCounts(
            log_entries=len(log),
            log_bytes=sum(len(entry.line) for entry in log),
            log_oldest=min((entry.memory.created_at for entry in log), default=None),
            files=len({_file(entry) for entry in rest}),
            file_bytes=sum(len(entry.line) + 1 for entry in rest),
            last_compaction=max(times, default=None),
        )

    async def compact(self, user: str | None, before: str, now: str, limit: int | None = None) -> Folded:
        """See the port."""
        due = [
            entry
            for entry in self._entries.values()
            if entry.place == "wal" and entry.memory.created_at < before and user in (None, entry.memory.user)
        ]
        due.sort(key=lambda entry: (entry.memory.created_at, entry.number))
        taken = due[:limit]
        for entry in taken:
            entry.place = "compacted"
            self._compacted_at[entry.memory.user] = now
        return Folded(files=len({_file(entry) for entry in taken}), entries=len(taken))

    async def unembedded(self, model: str, limit: int, without: Collection[str] = ()) -> list[Unembedded]:
        """See the port."""
        newest = sorted(self._entries.values(), key=lambda entry: entry.number, reverse=True)
        found = [
            Unembedded(number=entry.number, memory=entry.memory)
            for entry in newest
            if self._vectors.get(entry.number, ("",))[0] != model and entry.memory.user not in without
        ]
        return found[:limit]

    async def put_vectors(self, model: str, vectors: Sequence[tuple[int, Sequence[float]]]) -> None:
        """See the port."""
        known = {entry.number for entry in self._entries.values()}
        self._vectors.update((number, (model, packed(vector))) for number, vector in vectors if number in known)

    async def near(self, query: MemoryQuery, model: str, vector: Sequence[float]) -> list[MemoryHit]:
        """See the port."""
        asked = unpacked(packed(vector))
        hits: list[MemoryHit] = []
        for entry in self._entries.values():
            kind, data = self._vectors.get(entry.number, ("", b""))
            if kind == model and entry.memory.user == query.user and _wanted(entry, query):
                value = cosine(asked, unpacked(data))
                if value > 0:
                    hits.append(MemoryHit(memory=entry.memory, score=min(value, 1.0), place=entry.place))
        return sorted(hits, key=lambda hit: hit.score, reverse=True)[: query.limit]

    def _remove(self, names: Sequence[tuple[str, str]]) -> int:
        gone = [entry for name in names if (entry := self._entries.pop(name, None))]
        for entry in gone:
            self._vectors.pop(entry.number, None)
        return len(gone)


def _wanted(entry: _IndexedMemory, query: MemoryQuery) -> bool:
    memory = entry.memory
    return (
        query.place in (None, entry.place)
        and (query.since is None or memory.created_at >= query.since)
        and (query.until is None or memory.created_at < query.until)
        and query.category in (None, memory.category)
        and (query.without_session is None or memory.session_key != query.without_session)
    )


def _by_key(memory: Memory, prefix: str | None) -> float:
    if prefix is None or memory.kind != "note":
        return 0.0
    key = folded(memory.key)
    return EXACT_KEY if key == prefix else KEY_PREFIX if key.startswith(prefix) else 0.0


def _file(entry: _IndexedMemory) -> tuple[str, str]:
    return entry.memory.user, entry.memory.created_at[:10]
