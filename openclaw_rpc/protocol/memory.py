"""`memory.*`: what is remembered beyond a conversation, found again by its words."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import (
    Empty,
    JsonObject,
    Name,
    Page,
    Paged,
    PageSize,
    Params,
    Result,
    Scope,
    Timestamp,
    When,
)
from openclaw_rpc.protocol.errors import InvalidRequest, NotFound, TooLarge
from openclaw_rpc.protocol.method import Method

MemoryKey = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="The client's name of a memory."),
]
MemoryTags = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=100)]],
    Meta(max_length=50, description="Words of the client's own; they are found too."),
]
MemoryPlace = Literal["all", "wal", "compacted"]
"""The log of what was stored lately, the dated files that it is folded into, or both."""


class MemoryStoreParams(Params, frozen=True, kw_only=True):
    """What to remember. ``value`` is any JSON of up to 1 MiB; ``metadata.category`` can be searched by."""

    key: MemoryKey
    value: Any
    metadata: Annotated[JsonObject, Meta(description="Facts about the value; up to 64 KiB of JSON.")] = {}
    tags: MemoryTags = []


class MemoryStored(Result, frozen=True, kw_only=True):
    """It is on disk. ``replaced`` says that the key had another value before, which is gone."""

    key: str
    created_at: When
    replaced: bool


class MemorySearchParams(Paged, frozen=True, kw_only=True):
    """Words to look for, and filters, all of which must hold. ``since`` <= createdAt < ``until``."""

    query: Annotated[str, Meta(min_length=1, max_length=10_000, description="Any of its words, or a key's beginning.")]
    limit: PageSize = 10
    type: Annotated[MemoryPlace, Meta(description="Where to look.")] = "all"
    since: Annotated[Timestamp, Meta(description="Stored at or after.")] | None = None
    until: Annotated[Timestamp, Meta(description="Stored before.")] | None = None
    category: Annotated[Name, Meta(description="The `category` of the metadata.")] | None = None


class MemoryFound(Result, frozen=True, kw_only=True):
    """A memory that matches; ``score`` is over 0 and at most 1, ``type`` is `wal` or `compacted`.

    ``kind`` is `note` for what was stored, `conversation` for a turn of ``sessionKey``.
    """

    key: str
    value: Any
    score: Annotated[float, Meta(description="How well it matches, up to 1.")]
    created_at: When
    type: str
    kind: str
    metadata: JsonObject = {}
    tags: list[str] = []
    session_key: str | None = None


class MemoryResults(Page, frozen=True, kw_only=True):
    """What was found, the best first."""

    results: list[MemoryFound]


class MemoryDeleteParams(Params, frozen=True, kw_only=True):
    """Which memory."""

    key: MemoryKey


class MemoryDeleted(Result, frozen=True, kw_only=True):
    """It is gone, from the dated files too."""

    key: str
    deleted: bool


class MemoryLogStats(Result, frozen=True, kw_only=True):
    """What was stored and is not compacted yet."""

    entries: int
    size_mb: Annotated[float, Meta(description="In MiB.")]
    oldest_entry: When | None = None


class MemoryFileStats(Result, frozen=True, kw_only=True):
    """The dated files."""

    files: int
    size_mb: Annotated[float, Meta(description="In MiB.")]
    last_compaction: When | None = None


class MemoryStats(Result, frozen=True, kw_only=True):
    """How much the caller's memory holds, and where."""

    wal: MemoryLogStats
    compacted: MemoryFileStats
    total_size_mb: Annotated[float, Meta(description="In MiB.")]


class MemoryPruneParams(Params, frozen=True, kw_only=True):
    """What to remove for good; nothing without ``confirm: true``."""

    before: Annotated[Timestamp, Meta(description="Everything that was stored before.")]
    type: Annotated[MemoryPlace, Meta(description="Where.")] = "all"
    confirm: Annotated[bool, Meta(description="Must be true.")] = False


class MemoryPruned(Result, frozen=True, kw_only=True):
    """How many memories were removed."""

    removed: int


class MemoryCompacted(Result, frozen=True, kw_only=True):
    """How many entries of the log went into how many files."""

    files: int
    entries: int


store = Method(
    name="memory.store",
    params=MemoryStoreParams,
    result=MemoryStored,
    doc="Remember a value under a key; a value that the key had before is replaced.",
    scope=Scope.TOOLS,
    errors=(TooLarge,),
)
search = Method(
    name="memory.search",
    params=MemorySearchParams,
    result=MemoryResults,
    pages="results",
    doc="The memories that hold any of the words, ranked by how many and how rare they are.",
    scope=Scope.TOOLS,
    safe=True,
)
delete = Method(
    name="memory.delete",
    params=MemoryDeleteParams,
    result=MemoryDeleted,
    doc="Forget a memory.",
    scope=Scope.TOOLS,
    errors=(NotFound,),
)
stats = Method(
    name="memory.stats",
    params=Empty,
    result=MemoryStats,
    doc="How much is remembered: in the log and in the dated files.",
    scope=Scope.READ,
)
prune = Method(
    name="memory.prune",
    params=MemoryPruneParams,
    result=MemoryPruned,
    doc="Forget all that was stored before a time.",
    scope=Scope.TOOLS,
    errors=(InvalidRequest,),
)
compact = Method(
    name="memory.compact",
    params=Empty,
    result=MemoryCompacted,
    doc="Fold the caller's log into dated files now.",
    scope=Scope.TOOLS,
)

METHODS = (store, search, delete, stats, prune, compact)
