"""`audit.*`: the join of the audit's rows and the log."""

from openclaw_rpc.domain.clock import parse_time
from openclaw_rpc.domain.sessions import require_owner
from openclaw_rpc.domain.tools.audit import AuditLog, AuditQuery
from openclaw_rpc.protocol import audit
from openclaw_rpc.protocol.audit import AuditPage, AuditQueryParams, AuditVerdict
from openclaw_rpc.protocol.base import Empty
from openclaw_rpc.rpc.bind import AnyBound, bind
from openclaw_rpc.rpc.call import Call


class AuditMethods:
    """Reads the audit log."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def bound(self) -> tuple[AnyBound, ...]:
        """The rows with their handlers."""
        return bind(audit.query, self.query), bind(audit.verify, self.verify)

    async def query(self, params: AuditQueryParams, call: Call) -> AuditPage:
        """A page of records."""
        require_owner(call.principal)
        records, more = await self._log.query(
            AuditQuery(
                limit=params.limit,
                before=int(params.cursor) if params.cursor else None,
                since=parse_time(params.since, "since") if params.since else None,
                until=parse_time(params.until, "until") if params.until else None,
                tool=params.tool,
                user=params.user,
                outcome=params.outcome,
            )
        )
        return AuditPage(records=records, next_cursor=None if more is None else str(more))

    async def verify(self, params: Empty, call: Call) -> AuditVerdict:
        """Whether the log is as it was written."""
        require_owner(call.principal)
        return await self._log.verify()
