"""Responses in memory: for tests, and for a gateway that is to forget."""

import msgspec

from openclaw_rpc.domain.responses.ports import ResponseRecord


class MemoryResponseStore:
    """See the port `ResponseStore`."""

    def __init__(self) -> None:
        self._records: dict[str, ResponseRecord] = {}

    async def put(self, record: ResponseRecord) -> None:
        """See the port."""
        self._records.pop(record.id, None)
        self._records[record.id] = msgspec.structs.replace(record)

    async def find(self, response_id: str) -> ResponseRecord | None:
        """See the port."""
        return self._records.get(response_id)

    async def holder(self, response_id: str) -> int | None:
        """See the port: all is one process."""
        return None

    async def last(self, user: str, conversation: str) -> ResponseRecord | None:
        """See the port."""
        for record in reversed(self._records.values()):
            if record.user == user and record.conversation == conversation and record.finished:
                return record
        return None

    async def delete(self, response_id: str) -> bool:
        """See the port."""
        return self._records.pop(response_id, None) is not None

    async def unfinished(self) -> list[ResponseRecord]:
        """See the port."""
        return [record for record in self._records.values() if not record.finished]

    async def prune(self, before: str) -> int:
        """See the port."""
        old = [record.id for record in self._records.values() if record.created_at < before]
        for response_id in old:
            del self._records[response_id]
        return len(old)
