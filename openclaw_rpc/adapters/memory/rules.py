"""What every store of memories does alike: a memory as a line of JSON, and the best of what was found."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from openclaw_rpc.domain.memory.ports import FEW, Kind, Memory
from openclaw_rpc.protocol.base import JsonObject


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
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
        _Line(
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
    kept = msgspec.json.decode(line, type=_Line)
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
