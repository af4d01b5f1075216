"""What every store of memories does alike: a memory as a line of JSON, and the best of what was found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Final

import msgspec

from openclaw_rpc.domain.memory.ports import FEW, Kind, Memory, MemoryQuery
from openclaw_rpc.protocol.base import JsonObject

GATHERED: Final = 4_000
"""How many holders are gathered at the most, of all words together."""
GATHERED_EACH: Final = 4
GATHERED_LEAST: Final = 100
"""How many holders of a word are gathered: so many for each memory that is asked for, but not less than this."""
TOGETHER: Final = (3, 2)
"""How many of the rarest words must come together where not all holders are gathered."""
RANKED: Final = 100
RANKED_EACH: Final = 4
"""How many are ranked with all their words at hand: so many for each that is asked for, `RANKED` at most."""


class _KeptMemory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A memory in the log and in the dated files. The user is whose log or folder it is."""

    key: str
    value: Any
    created_at: str
    kind: Kind = "note"
    metadata: JsonObject = {}
    tags: Sequence[str] = ()
    session_key: str | None = None


def line_of(memory: Memory) -> bytes:
    """A memory as one line of JSON, without the newline."""
    return msgspec.json.encode(
        _KeptMemory(
            key=memory.key,
            value=memory.value,
            created_at=memory.created_at,
            kind=memory.kind,
            metadata=memory.metadata,
            tags=memory.tags,
            session_key=memory.session_key,
        )
    )


def memory_of(user: str, line: bytes) -> Memory:
    """The memory of a line.

    Raises:
        msgspec.DecodeError: it is none.
    """
    kept = msgspec.json.decode(line, type=_KeptMemory)
    return Memory(
        user=user,
        key=kept.key,
        value=kept.value,
        created_at=kept.created_at,
        kind=kept.kind,
        metadata=kept.metadata,
        tags=tuple(kept.tags),
        session_key=kept.session_key,
    )


def best(found: Iterable[tuple[float, int]], limit: int) -> list[tuple[float, int]]:
    """The highest scores, the highest first, of equal ones the newest, which has the highest number."""
    return sorted(found, reverse=True)[:limit]


def telling(holders: Mapping[str, int], memories: int, common: float) -> list[str]:
    """The words of a query without the common ones, see :class:`~openclaw_rpc.domain.memory.ports.MemoryQuery`."""
    if common >= 1 or memories < FEW:
        return list(holders)
    return [word for word, count in holders.items() if count <= memories * common]


def gathered(query: MemoryQuery, words: int) -> int:
    """Of each of so many words, how many of the newest holders are gathered."""
    room = GATHERED if query.category else max(GATHERED_LEAST, query.limit * GATHERED_EACH)
    return max(1, min(room, GATHERED // max(words, 1)))


def enough(limit: int) -> int:
    """How many are ranked with all their words at hand, where so many are asked for."""
    return max(min(RANKED, limit * RANKED_EACH), limit)


def promising(having: Mapping[str, Set[int]], rarities: Mapping[str, float]) -> Iterator[int]:
    """The numbers of memories, those with the highest sum of their words' rarities first, then the newest."""
    gathered: set[int] = set()
    several: set[int] = set()
    for numbers in having.values():
        several |= gathered & numbers
        gathered |= numbers
    # Most hold one of the words, which says what they are worth: no need to look at each.
    worths: defaultdict[float, list[int]] = defaultdict(list)
    for word, numbers in having.items():
        worths[rarities[word]].extend(numbers - several)
    for number in several:
        worths[sum([rarities[word] for word, numbers in having.items() if number in numbers])].append(number)
    for worth in sorted(worths, reverse=True):
        yield from sorted(worths[worth], reverse=True)
