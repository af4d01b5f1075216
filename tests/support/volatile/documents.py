"""Small records of all kinds, in memory: for tests."""

import msgspec

from openclaw_rpc.domain.documents import Document


class MemoryDocuments:
    """The port `Documents`, in memory."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Document] = {}

    async def get(self, kind: str, document_id: str) -> Document | None:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        kept = self._kept.get((kind, document_id))
        return msgspec.structs.replace(kept) if kept is not None else None

    async def list(self, kind: str, *, parent: str | None = None, limit: int = 1000) -> list[Document]:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        found = [kept for kept in self._kept.values() if kept.kind == kind and parent in (None, kept.parent)]
        found.sort(key=lambda kept: kept.id, reverse=True)
        return [msgspec.structs.replace(kept) for kept in found[:limit]]

    async def put(self, document: Document) -> bool:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        return self.keep(document)

    def keep(self, document: Document) -> bool:
        """Keep a document; false where another version is there."""
        kept = self._kept.get((document.kind, document.id))
        if kept is not None and kept.version != document.version:
            return False
        self._kept[document.kind, document.id] = msgspec.structs.replace(document, version=document.version + 1)
        return True

    async def delete(self, kind: str, document_id: str) -> bool:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        return self._kept.pop((kind, document_id), None) is not None

    async def drop(self, kind: str, parent: str, *, keep: int = 0) -> int:
        """See :class:`~openclaw_rpc.domain.documents.Documents`."""
        found = await self.list(kind, parent=parent, limit=len(self._kept))
        for document in found[keep:]:
            del self._kept[document.kind, document.id]
        return len(found[keep:])
