"""An audit log in memory: for tests, and for a gateway that is to leave nothing behind."""

from openclaw_rpc.adapters.audit import chain
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict


class MemoryAuditLog:
    """An `AuditLog` that ends with its process."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._head = chain.ChainEnd()
        self._pruned = chain.Head()

    async def append(self, record: AuditRecord) -> None:
        """Keep a record."""
        line, self._head = chain.link(record, self._head)
        self._lines.append(line)

    async def query(self, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
        """Records that match, the newest first."""
        found: list[AuditRecord] = []
        for line in reversed(self._lines):
            record = chain.read(line)
            if (query.before is None or record.seq < query.before) and query.wants(record):
                if len(found) == query.limit:
                    return found, found[-1].seq
                found.append(record)
        return found, None

    async def prune(self, before: str, limit: int) -> int:
        """Take the oldest away."""
        rows = [(line, chain.read(line).at) for line in self._lines[:limit]]
        self._pruned, count = chain.pruned(self._pruned, b"key", rows, before)
        del self._lines[:count]
        return count

    async def verify(self) -> AuditVerdict:
        """Whether every record is as it was written."""
        return chain.verify(self._lines, self._head, self._pruned, b"key")
