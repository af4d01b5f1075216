"""What `audit.*` takes and answers. Generated from the method table: `make gen`, not by hand."""
# pyright: reportUnusedImport=false

from __future__ import annotations

from openclaw.types._base import UNSET, Any, Literal, Struct, UnsetType, field


class AuditRecord(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """A record of the audit log. `seq` counts from 1; `previous` is the SHA-256 of the record before, in hex.

    `user` is whose tools they are, or a random id where that user was deleted; `token` the name of the token that
    acted or decided. `params` are shortened and without secrets; `paramsDigest` is the SHA-256 of all of them.
    """

    at: str
    """A time in UTC, ISO 8601 with milliseconds."""
    user: str
    outcome: Literal["approved", "asked", "begun", "cancelled", "denied", "done", "expired", "failed", "pin_locked", "pin_wrong", "withdrawn"]
    tool: str = ""
    seq: int = 0
    previous: str = ""
    token: str = ""
    run_id: str = ""
    session_key: str = ""
    agent_id: str = ""
    call_id: str = ""
    approval_id: str = ""
    params: Any = None
    params_digest: str = ""
    reason: str = ""
    duration_ms: int | None = None


class AuditQueryParams(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Filters, all of which must hold, and the page that is wanted. `since` <= at < `until`."""

    since: str | None = None
    """At or after."""
    until: str | None = None
    """Before."""
    tool: str | None = None
    """Only uses of that tool."""
    user: str | None = None
    """Only that user's."""
    outcome: Literal["approved", "asked", "begun", "cancelled", "denied", "done", "expired", "failed", "pin_locked", "pin_wrong", "withdrawn"] | None = None
    """Only those that came to that."""
    limit: int = 100
    """How many items at most."""
    cursor: str | None = None
    """The last page's `nextCursor`."""


class AuditPage(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Records, the newest first."""

    records: list[AuditRecord]
    next_cursor: str | None = None


class AuditVerdict(Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """Whether the log is unchanged; `fault` says what is wrong, `seq` where.

    `pruned` older records are gone, as `retention.audit` says.
    """

    intact: bool
    records: int
    pruned: int = 0
    fault: str | None = None
    seq: int | None = None
