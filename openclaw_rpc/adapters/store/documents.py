"""Small records of all kinds, in the gateway's file."""

import sqlite3

from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.adapters.store.rows import DocumentRow, document_of, document_row
from openclaw_rpc.domain.documents import Document

_SELECT = "SELECT kind, id, data, parent, version FROM documents "
_PUT = """INSERT INTO documents (kind, id, parent, version, data) VALUES (?1, ?2, ?3, ?4 + 1, ?5)
    ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data, version = version + 1
    WHERE documents.version = ?4"""


class SqliteDocuments:
    """The port `Documents` on a file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, kind: str, document_id: str) -> Document | None:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        sql = _SELECT + "WHERE kind = ? AND id = ?"
        row = await self._database.read(lambda db: db.execute(sql, (kind, document_id)).fetchone(), single=True)
        return document_of(row) if row is not None else None

    async def list(self, kind: str, *, parent: str | None = None, limit: int = 1000) -> list[Document]:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        narrowed, values = ("", (kind, limit)) if parent is None else ("AND parent = ? ", (kind, parent, limit))
        sql = f"{_SELECT}WHERE kind = ? {narrowed}ORDER BY id DESC LIMIT ?"
        rows = await self._database.read(lambda db: db.execute(sql, values).fetchall())
        return [document_of(row) for row in rows]

    async def put(self, document: Document) -> bool:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        row = document_row(document)
        return await self._database.write(lambda db: put_document(db, row))

    async def delete(self, kind: str, document_id: str) -> bool:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        sql = "DELETE FROM documents WHERE kind = ? AND id = ?"
        return await self._database.write(lambda db: db.execute(sql, (kind, document_id)).rowcount > 0)

    async def drop(self, kind: str, parent: str, *, keep: int = 0) -> int:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        sql = """DELETE FROM documents WHERE kind = ?1 AND parent = ?2 AND id <= coalesce((
            SELECT id FROM documents WHERE kind = ?1 AND parent = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3), '')"""
        return await self._database.write(lambda db: db.execute(sql, (kind, parent, keep)).rowcount)


def put_document(db: sqlite3.Connection, row: DocumentRow) -> bool:
    """Keep a document; false where another version is there."""
    return db.execute(_PUT, row).rowcount > 0
