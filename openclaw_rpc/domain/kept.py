"""What may go wrong with all that is kept: before any of it can be asked for, and where nobody can tell."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from openclaw_rpc.protocol.errors import Unavailable


class StorageUnusable(Exception):
    """The database can't be used. The message says why and what to do; it holds no password."""


class Unsure(Unavailable):
    """The store went away in the act, and could not say in time whether a write was kept.

    ``outcome`` brings what came of it once the store can say: its result, or the error of what was not kept.
    """

    def __init__(self, told: Unavailable, outcome: Awaitable[Any]) -> None:
        super().__init__(told.message, reason=told.reason, **told.details)
        self.outcome = outcome
