"""What `memory.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class MemoryStoreParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to remember. `value` is any JSON of up to 1 MiB; `metadata.category` can be searched by."""

    key: str
    """The client's name of a memory."""
    value: Any
    metadata: dict[str, Any] | UnsetType = UNSET
    """Facts about the value; up to 64 KiB of JSON."""
    tags: list[str] | UnsetType = UNSET
    """Words of the client's own; they are found too."""


class MemoryStored(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is on disk. `replaced` says that the key had another value before, which is gone."""

    key: str
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    replaced: bool


class MemorySearchParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Words to look for, and filters, all of which must hold. `since` <= createdAt < `until`."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    query: str
    """Any of its words, or a key's beginning."""
    limit: int = 10
    """How many items at most."""
    type: Literal["all", "compacted", "wal"] = "all"
    """Where to look."""
    since: str | None = None
    """Stored at or after."""
    until: str | None = None
    """Stored before."""
    category: str | None = None
    """The `category` of the metadata."""


class MemoryFound(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A memory that matches; `score` is over 0 and at most 1, `type` is `wal` or `compacted`.

    `kind` is `note` for what was stored, `conversation` for a turn of `sessionKey`.
    """

    key: str
    value: Any
    score: float
    """How well it matches, up to 1."""
    created_at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    type: str
    kind: str
    metadata: dict[str, Any] = {}
    tags: list[str] = []
    session_key: str | None = None


class MemoryResults(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What was found, the best first."""

    next_cursor: str | None = None
    results: list[MemoryFound]


class MemoryDeleteParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Which memory."""

    key: str
    """The client's name of a memory."""


class MemoryDeleted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """It is gone, from the dated files too."""

    key: str
    deleted: bool


class MemoryLogStats(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What was stored and is not compacted yet."""

    entries: int
    size_mb: float
    """In MiB."""
    oldest_entry: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""


class MemoryFileStats(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The dated files."""

    files: int
    size_mb: float
    """In MiB."""
    last_compaction: str | None = None
    """A time in UTC, ISO 8601 with milliseconds."""


class MemoryStats(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How much the caller's memory holds, and where."""

    wal: MemoryLogStats
    compacted: MemoryFileStats
    total_size_mb: float
    """In MiB."""


class MemoryPruneParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What to remove for good; nothing without `confirm: true`."""

    before: str
    """Everything that was stored before."""
    type: Literal["all", "compacted", "wal"] = "all"
    """Where."""
    confirm: bool = False
    """Must be true."""


class MemoryPruned(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How many memories were removed."""

    removed: int


class MemoryCompacted(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """How many entries of the log went into how many files."""

    files: int
    entries: int
