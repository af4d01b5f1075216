"""The audit log in the gateway's file."""

from functools import partial

from openclaw_rpc.adapters.audit import rows
from openclaw_rpc.adapters.sqlite.database import Database
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict


class SqliteAuditLog:
    """An `AuditLog`. A record, and where the chain ends, are on disk together or not at all.

    The file refuses to change a record, or to remove one that is not before the head that pruning left. Whoever can
    write to the file can forge all of it; what the chain shows is a change by anybody who did not mean to forge it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, record: AuditRecord) -> None:
        """See the port."""
        await self._database.write(partial(rows.append, record=record))

    async def query(self, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
        """See the port."""
        return await self._database.read(partial(rows.query, query=query), single=True)

    async def prune(self, before: str, limit: int) -> int:
        """See the port."""
        return await self._database.write(partial(rows.prune, before=before, limit=limit))

    async def verify(self) -> AuditVerdict:
        """See the port."""
        return await self._database.read(rows.verify)
