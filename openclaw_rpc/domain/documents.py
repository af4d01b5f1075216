"""Small records that a service keeps whole: webhooks, tasks, a task's times. One table holds all kinds."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Document(msgspec.Struct, kw_only=True):
    """A record: (``kind``, ``id``) names it, ``data`` is its JSON; ids sort by the time they were made.

    ``parent`` groups those that go together. ``version`` counts its writes, 0 for a new one.
    """

    kind: str
    id: str
    data: bytes
    parent: str = ""
    version: int = 0


class Documents(Protocol):
    """Keeps documents. Every write returns when it is durable."""

    async def get(self, kind: str, document_id: str) -> Document | None:
        """One by its name."""
        ...

    async def list(self, kind: str, *, parent: str | None = None, limit: int = 1000) -> list[Document]:
        """The newest of a kind, or of those of one parent."""
        ...

    async def put(self, document: Document) -> bool:
        """Keep one. False, and nothing is kept, where it was written meanwhile: ``version`` is not what is there."""
        ...

    async def delete(self, kind: str, document_id: str) -> bool:
        """Remove one; false where there is none."""
        ...

    async def drop(self, kind: str, parent: str, *, keep: int = 0) -> int:
        """Remove those of a parent, but for the newest ``keep``; how many."""
        ...
