"""What `log.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class LogTailParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """The newest `lines` of at least `level`."""

    cursor: str | None = None
    """The last page's `nextCursor`."""
    lines: int = 50
    level: Literal["debug", "error", "info", "warn"] = "info"
    since: str | None = None
    """A date or a time, ISO 8601; UTC where no zone is given."""
    component: str | None = None


class LogEntry(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A line of the log. `level` is debug, info, warn, error or critical; `fields`: what else it says."""

    timestamp: str
    """A time in UTC, ISO 8601 with milliseconds."""
    level: str
    component: str
    message: str
    fields: dict[str, Any] = {}


class LogLines(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Lines, oldest first."""

    next_cursor: str | None = None
    logs: list[LogEntry]
