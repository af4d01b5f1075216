"""Everything of one user: what there is of them, and how it goes."""

from __future__ import annotations

from typing import Protocol

import msgspec

from openclaw_rpc.protocol.base import JsonObject


class Traces(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a user: the names of the user and of the people below, and the ids of their sessions and runs.

    ``named_in_audit`` records of the audit log name them: those of before it named users by random ids.
    """

    names: frozenset[str]
    sessions: frozenset[str]
    runs: frozenset[str]
    named_in_audit: int


class Users(Protocol):
    """What knows all that is kept of a user. A user includes the people below: `owner/ada` of `owner`."""

    async def traces(self, user: str) -> Traces:
        """What there is of a user; changes nothing."""
        ...

    async def told(self, user: str) -> dict[str, list[JsonObject]]:
        """What is kept of a user besides sessions and files, by kind; tokens without what they could be used with."""
        ...

    async def delete(self, user: str) -> dict[str, int]:
        """Delete all of it in one write, but for the audit log's records; how many rows of each table."""
        ...
