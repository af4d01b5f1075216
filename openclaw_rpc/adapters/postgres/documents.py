"""Small records of all kinds, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from openclaw_rpc.adapters.postgres.database import Postgres
from openclaw_rpc.adapters.postgres.transaction import Transaction
from openclaw_rpc.adapters.store.rows import DocumentRow, document_of, document_row
from openclaw_rpc.domain.documents import Document

_SELECT: Final = "SELECT kind, id, data, parent, version FROM documents "
_PUT: Final = """INSERT INTO documents (kind, id, parent, version, data) VALUES ($1, $2, $3, $4 + 1, $5)
    ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data, version = documents.version + 1
    WHERE documents.version = $4"""


class PostgresDocuments:
    """The port `Documents`."""

    def __init__(self, database: Postgres) -> None:
        self.changed: Callable[[str], None] = _nobody
        """Called when one of that kind was put or deleted."""
        self._database = database

    async def get(self, kind: str, document_id: str) -> Document | None:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        sql = _SELECT + "WHERE kind = $1 AND id = $2"
        row = await self._database.read(lambda db: db.one(sql, kind, document_id), single=True)
        return document_of(row) if row is not None else None

    async def list(self, kind: str, *, parent: str | None = None, limit: int = 1000) -> list[Document]:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        narrowed, values = ("", (kind, limit)) if parent is None else ("AND parent = $3 ", (kind, limit, parent))
        sql = f"{_SELECT}WHERE kind = $1 {narrowed}ORDER BY id DESC LIMIT $2"
        rows = await self._database.read(lambda db: db.all(sql, *values), single=True)
        return [document_of(row) for row in rows]

    async def put(self, document: Document) -> bool:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        row = document_row(document)
        if not await self._database.write(lambda db: put_document(db, row)):
            return False
        self.changed(document.kind)
        return True

    async def delete(self, kind: str, document_id: str) -> bool:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        sql = "DELETE FROM documents WHERE kind = $1 AND id = $2"
        if not await self._database.write(lambda db: db.change(sql, kind, document_id)):
            return False
        self.changed(kind)
        return True

    async def drop(self, kind: str, parent: str, *, keep: int = 0) -> int:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        sql = """DELETE FROM documents WHERE kind = $1 AND parent = $2 AND id <= coalesce((
            SELECT id FROM documents WHERE kind = $1 AND parent = $2 ORDER BY id DESC LIMIT 1 OFFSET $3), '')"""
        return await self._database.write(lambda db: db.change(sql, kind, parent, keep))


async def put_document(db: Transaction, row: DocumentRow) -> bool:
    """Keep a document; false where another version is there."""
    return await db.change(_PUT, *row) > 0


def _nobody(_kind: str) -> None:
    """Nobody is told."""
