"""What keeps responses. A memory adapter and one on SQLite, and one conformance suite for both."""

from __future__ import annotations

from typing import Protocol

import msgspec


class ResponseRecord(msgspec.Struct, kw_only=True, frozen=True):
    """A response that is kept for ``user``.

    ``body`` is its JSON, ``input`` that of its own input items, ``context`` that of all items up to and including its
    answer, ``events`` its server-sent events, compressed (zlib). ``session_key`` where an agent answered.
    """

    id: str
    user: str
    created_at: str
    finished: bool
    body: bytes
    input: bytes
    context: bytes = b"[]"
    events: bytes = b""
    conversation: str | None = None
    session_key: str | None = None
    run_id: str | None = None


class ResponseStore(Protocol):
    """Responses. Every write returns when it is durable.

    Raises:
        Unavailable: the disk is full or fails.
    """

    async def put(self, record: ResponseRecord) -> None:
        """Keep a response, in the place of one with that id."""
        ...

    async def find(self, response_id: str) -> ResponseRecord | None:
        """A response, whoever's it is."""
        ...

    async def holder(self, response_id: str) -> int | None:
        """The node of which a response is that is under way; None where all is one process."""
        ...

    async def last(self, user: str, conversation: str) -> ResponseRecord | None:
        """The newest finished response of a conversation."""
        ...

    async def delete(self, response_id: str) -> bool:
        """Remove one; false where there is none."""
        ...

    async def unfinished(self) -> list[ResponseRecord]:
        """Those that were under way: at start, what the last process left behind."""
        ...

    async def prune(self, before: str) -> int:
        """Remove what was created before that time; how many."""
        ...
