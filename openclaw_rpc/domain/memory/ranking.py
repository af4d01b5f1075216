"""How well a memory fits a question: BM25 as a score up to 1, and rankings merged.

S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the rarity is Lucene's, which
is never negative. G. Cormack, C. Clarke, S. Büttcher, "Reciprocal Rank Fusion", SIGIR 2009.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Final, NamedTuple

import msgspec

from openclaw_rpc.domain.memory.ports import MemoryHit
from openclaw_rpc.domain.memory.words import plain_words, stem, text_of

_K1: Final = 1.2
_B: Final = 0.75
_RRF: Final = 60
_LOG_4: Final = math.log(4)
READ: Final = 8_000
"""How many characters of a memory's words are read to count how often a word occurs."""

EXACT_KEY: Final = 1.0
KEY_PREFIX: Final = 0.9
"""The least score of a memory whose key is, or begins with, what was asked for."""

LIKE: Final = 0.7
"""What a memory's score becomes that has other forms alone of the words that were asked for (`peanut`, `peanuts`)."""


def rarity(holders: int, memories: int) -> float:
    """How much a word tells that ``holders`` of ``memories`` hold."""
    holders = min(holders, memories)
    return math.log1p((memories - holders + 0.5) / (holders + 0.5))


class Sought(NamedTuple):
    """A word that was asked for, its rarity, and the numbers of memories that hold it: of all where it is ``settled``.

    The word stands between spaces, as it is looked for.
    """

    word: str
    rarity: float
    holders: Set[int]
    settled: bool


def sought(rarities: Mapping[str, float], holders: Mapping[str, Set[int]], settled: Collection[str]) -> list[Sought]:
    """The words of a question by their rarities, with those that are known to hold them."""
    nobody: frozenset[int] = frozenset()
    return [Sought(f" {word} ", worth, holders.get(word, nobody), word in settled) for word, worth in rarities.items()]


def scores(
    bodies: Iterable[tuple[int, int, str]], average: float, words: Sequence[Sought], rarities: float
) -> dict[int, float]:
    """The scores of memories by their numbers, 0 where one has none of the words.

    Args:
        bodies: of each memory its number, how many words it has, and these, or their beginning, between single spaces.
        average: how many the user's memories have on average.
        words: those that were asked for.
        rarities: theirs together.
    """
    rooms: dict[int, str] = {}
    weights: dict[int, float] = {}
    for number, length, body in bodies:
        rooms[number] = f" {body[:READ]} "
        weights[number] = _K1 * (1 - _B + _B * length / max(average, 1.0))
    totals = dict.fromkeys(rooms, 0.0)
    for word, rare, holders, settled in words:
        # Most memories have few of the words: only those are looked at that may have it.
        for number in rooms.keys() & holders if settled else rooms:
            times = rooms[number].count(word) or number in holders
            totals[number] += rare * times * (_K1 + 1) / (times + weights[number])
    # A memory of average length with every word once gives 0.75; more of the same comes ever nearer to 1.
    return {
        number: round(-math.expm1(-total / rarities * _LOG_4), 6) or 1e-6 if total else 0.0
        for number, total in totals.items()
    }


def exact_first(hits: Iterable[MemoryHit], query: str, limit: int) -> list[MemoryHit]:
    """The best of the hits, where a word as it was asked for counts more than another form of it."""
    asked = {word: stem(word) for word in plain_words(query)}
    ranked = [_with_exactness(hit, asked) for hit in hits]
    ranked.sort(key=lambda hit: hit.score, reverse=True)
    return ranked[:limit]


def _with_exactness(hit: MemoryHit, asked: Mapping[str, str]) -> MemoryHit:
    if hit.score >= KEY_PREFIX:
        return hit
    memory = hit.memory
    text = text_of([memory.key, memory.value, *memory.metadata.values(), list(memory.tags)])
    words = set(plain_words(text[:READ]))
    stems = {stem(word) for word in words}
    found = [word for word, its_stem in asked.items() if word in words or its_stem in stems]
    like = sum(word not in words for word in found)
    return msgspec.structs.replace(hit, score=tidy(hit.score * (1 - (1 - LIKE) * like / len(found)))) if like else hit


def tidy(value: float) -> float:
    """A score with six digits, over 0 and at most 1."""
    return min(round(value, 6), 1.0) or 1e-6


def merged(rankings: Sequence[Sequence[MemoryHit]], limit: int) -> list[MemoryHit]:
    """Several rankings as one: what stands high in each stands high in all."""
    totals: dict[str, float] = {}
    hits: dict[str, MemoryHit] = {}
    for ranking in rankings:
        for place, hit in enumerate(ranking, 1):
            key = hit.memory.key
            hits.setdefault(key, hit)
            totals[key] = totals.get(key, 0.0) + 1 / (_RRF + place)
    best = len(rankings) / (_RRF + 1)
    order = sorted(totals, key=lambda key: (totals[key], hits[key].memory.created_at), reverse=True)
    return [msgspec.structs.replace(hits[key], score=tidy(totals[key] / best)) for key in order[:limit]]
