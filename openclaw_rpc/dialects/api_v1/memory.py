"""References 000 and 004: `/api/v1/memory`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from openclaw_rpc.dialects.api_v1.errors import fields_of, snaked
from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply, direct
from openclaw_rpc.protocol import memory
from openclaw_rpc.protocol.base import JsonObject, Name, PageSize, Timestamp
from openclaw_rpc.protocol.memory import MemoryPlace, MemoryPruneParams, MemoryResults, MemorySearchParams


class FlatLogStats(msgspec.Struct, frozen=True, kw_only=True):
    """What was stored and is not compacted yet; sizes in MiB."""

    entries: int
    size_mb: float
    oldest_entry: str | None = None


class FlatFileStats(msgspec.Struct, frozen=True, kw_only=True):
    """The dated files; sizes in MiB."""

    files: int
    size_mb: float
    last_compaction: str | None = None


class FlatMemoryStats(msgspec.Struct, frozen=True, kw_only=True):
    """How much is remembered."""

    wal: FlatLogStats
    compacted: FlatFileStats
    total_size_mb: float


class FlatMemorySearchBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words to look for, and filters, all of which must hold."""

    query: Annotated[str, Meta(min_length=1, max_length=10_000)]
    limit: PageSize = 10
    type: MemoryPlace = "all"
    since: Timestamp | None = None
    until: Timestamp | None = None
    category: Name | None = None


class FlatMemoryFound(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A memory that matches."""

    key: str
    value: Any
    score: float
    created_at: str
    type: str
    kind: str
    metadata: JsonObject = {}
    tags: list[str] = []
    session_key: str | None = None


class FlatMemoryResults(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, the best first."""

    results: list[FlatMemoryFound]
    total: int


class FlatPruneBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to remove for good; ``confirm`` must be true."""

    before: Timestamp
    type: MemoryPlace = "all"
    confirm: bool = False


def stats_of(found: Any) -> FlatMemoryStats:
    """The numbers in 000's words."""
    return msgspec.convert(snaked(found), FlatMemoryStats)


def search(inputs: Inputs) -> Plan:
    """Search the memory."""
    params = MemorySearchParams(**msgspec.structs.asdict(inputs.body))
    found: MemoryResults = yield Ask(memory.search, params)
    results = [FlatMemoryFound(**fields_of(item, FlatMemoryFound)) for item in found.results]
    return Reply(FlatMemoryResults(results=results, total=len(results)))


def prune(inputs: Inputs) -> Plan:
    """Forget what is old."""
    return Reply((yield Ask(memory.prune, MemoryPruneParams(**msgspec.structs.asdict(inputs.body)))))


ENDPOINTS = (
    direct("GET", "/api/v1/memory/stats", memory.stats, shape=stats_of, answer=FlatMemoryStats),
    Endpoint(
        verb="POST",
        path="/api/v1/memory/search",
        plan=search,
        doc=memory.search.doc,
        calls=(memory.search,),
        body=FlatMemorySearchBody,
        answer=FlatMemoryResults,
    ),
    Endpoint(
        verb="DELETE",
        path="/api/v1/memory/prune",
        plan=prune,
        doc=memory.prune.doc,
        calls=(memory.prune,),
        body=FlatPruneBody,
        answer=memory.prune.result,
    ),
)
