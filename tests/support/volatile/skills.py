"""What is remembered of skills, in memory."""

from typing import Any

import msgspec

from openclaw_rpc.domain.skills.ports import SkillRecord


class MemorySkillRecords:
    """See the port `SkillRecords`; ends with its process."""

    def __init__(self) -> None:
        self._records: dict[str, SkillRecord] = {}

    async def load(self) -> dict[str, SkillRecord]:
        """See the port."""
        return dict(self._records)

    async def note(self, slug: str, **changes: Any) -> SkillRecord:
        """See the port."""
        given = {name: value for name, value in changes.items() if value is not None}
        self._records[slug] = msgspec.structs.replace(self._records.get(slug, SkillRecord()), **given)
        return self._records[slug]

    async def used(self, slug: str, at: str) -> SkillRecord:
        """See the port."""
        known = self._records.get(slug, SkillRecord())
        self._records[slug] = msgspec.structs.replace(known, invocations=known.invocations + 1, last_used=at)
        return self._records[slug]

    async def forget(self, slug: str) -> None:
        """See the port."""
        self._records.pop(slug, None)
