"""`audit.*`: what dangerous tools did, and who allowed it."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from openclaw_rpc.protocol.base import Empty, Name, PageSize, Params, Result, Scope, Timestamp, When
from openclaw_rpc.protocol.method import Method

AuditOutcome = Literal[
    "begun",
    "done",
    "failed",
    "cancelled",
    "asked",
    "approved",
    "denied",
    "expired",
    "withdrawn",
    "pin_wrong",
    "pin_locked",
]
"""What happened: ``begun`` stands before the tool acts, and is followed by ``done``, ``failed`` or ``cancelled``.

``asked``, then ``approved``, ``denied``, ``expired`` or (with its run) ``withdrawn``: a call that waited for a human.
``denied`` alone: by a policy. ``pin_wrong`` and ``pin_locked``: somebody tried a PIN.
"""


class AuditRecord(Result, frozen=True, kw_only=True):
    """A record of the audit log. ``seq`` counts from 1; ``previous`` is the SHA-256 of the record before, in hex.

    ``user`` is whose tools they are, or a random id where that user was deleted; ``token`` the name of the token that
    acted or decided. ``params`` are shortened and without secrets; ``paramsDigest`` is the SHA-256 of all of them.
    """

    at: When
    user: str
    outcome: AuditOutcome
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


class AuditQueryParams(Params, frozen=True, kw_only=True):
    """Filters, all of which must hold, and the page that is wanted. ``since`` <= at < ``until``."""

    since: Annotated[Timestamp, Meta(description="At or after.")] | None = None
    until: Annotated[Timestamp, Meta(description="Before.")] | None = None
    tool: Annotated[Name, Meta(description="Only uses of that tool.")] | None = None
    user: Annotated[Name, Meta(description="Only that user's.")] | None = None
    outcome: Annotated[AuditOutcome, Meta(description="Only those that came to that.")] | None = None
    limit: PageSize = 100
    cursor: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$", description="The last page's `nextCursor`.")] | None = (
        None
    )


class AuditPage(Result, frozen=True, kw_only=True):
    """Records, the newest first."""

    records: list[AuditRecord]
    next_cursor: str | None = None


class AuditVerdict(Result, frozen=True, kw_only=True):
    """Whether the log is unchanged; ``fault`` says what is wrong, ``seq`` where.

    ``pruned`` older records are gone, as `retention.audit` says.
    """

    intact: bool
    records: int
    pruned: int = 0
    fault: str | None = None
    seq: int | None = None


query = Method(
    name="audit.query",
    params=AuditQueryParams,
    result=AuditPage,
    pages="records",
    doc="What dangerous tools did, and who allowed it. For the owner's admin tokens.",
    scope=Scope.ADMIN,
    safe=True,
)
verify = Method(
    name="audit.verify",
    params=Empty,
    result=AuditVerdict,
    doc="Read the whole audit log and check that nothing in it was changed or removed. For the owner's admin tokens.",
    scope=Scope.ADMIN,
    safe=True,
)

METHODS = (query, verify)
