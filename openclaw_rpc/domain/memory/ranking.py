"""How well a memory fits a question: BM25 as a score up to 1, and rankings merged.

S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; the rarity is Lucene's, which
is never negative. G. Cormack, C. Clarke, S. Büttcher, "Reciprocal Rank Fusion", SIGIR 2009.
"""

import math
from collections.abc import Container, Sequence
from typing import Final, NamedTuple

import msgspec

from openclaw_rpc.domain.memory.ports import Hit

_K1: Final = 1.2
_B: Final = 0.75
_RRF: Final = 60
_LOG_4: Final = math.log(4)
READ: Final = 8_000
"""How many characters of a memory's words are read to count how often a word occurs."""

EXACT_KEY: Final = 1.0
KEY_PREFIX: Final = 0.9
"""The least score of a memory whose key is, or begins with, what was asked for."""


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
    holders: Container[int]
    settled: bool


def score(number: int, body: str, length: int, average: float, words: Sequence[Sought], rarities: float) -> float:
    """The score of a memory, 0 where it has none of the words.

    Args:
        number: the memory's.
        body: its words, or their beginning, between single spaces.
        length: how many words it has.
        average: how many the user's memories have on average.
        words: those that were asked for.
        rarities: theirs together.
    """
    room = f" {body[:READ]} "
    weight = _K1 * (1 - _B + _B * length / max(average, 1.0))
    total = 0.0
    for word, rare, holders, settled in words:
        held = number in holders
        if held or not settled:
            times = room.count(word) or held
            total += rare * times * (_K1 + 1) / (times + weight)
    if total == 0:
        return 0.0
    # A memory of average length with every word once gives 0.75; more of the same comes ever nearer to 1.
    return round(-math.expm1(-total / rarities * _LOG_4), 6) or 1e-6


def tidy(value: float) -> float:
    """A score with six digits, over 0 and at most 1."""
    return min(round(value, 6), 1.0) or 1e-6


def merged(rankings: Sequence[Sequence[Hit]], limit: int) -> list[Hit]:
    """Several rankings as one: what stands high in each stands high in all."""
    totals: dict[str, float] = {}
    hits: dict[str, Hit] = {}
    for ranking in rankings:
        for place, hit in enumerate(ranking, 1):
            key = hit.memory.key
            hits.setdefault(key, hit)
            totals[key] = totals.get(key, 0.0) + 1 / (_RRF + place)
    best = len(rankings) / (_RRF + 1)
    order = sorted(totals, key=lambda key: (totals[key], hits[key].memory.created_at), reverse=True)
    return [msgspec.structs.replace(hits[key], score=tidy(totals[key] / best)) for key in order[:limit]]
