"""What is kept, as tables that every engine has: names, columns and keys are those of PostgreSQL's."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

Row = tuple[Any, ...]


class Table(NamedTuple):
    """A table: its columns, the first ``key`` of which tell its rows apart and sort them.

    ``numbered``: the first column is a number that the engine gives out. ``flags`` are true or false.
    """

    name: str
    columns: tuple[str, ...]
    key: int = 1
    numbered: bool = False
    flags: frozenset[str] = frozenset()
    where: str = "true"


def _table(name: str, columns: str, *, flags: str = "", **more: Any) -> Table:
    return Table(name, tuple(columns.split()), flags=frozenset(flags.split()), **more)


MARK: Final = "moving_from"
"""The single value that says from where an unfinished move comes."""
TABLES: Final = (
    _table(
        "sessions",
        "number id user_name key agent_id channel created_at updated_at epoch seq message_count title summary model "
        "labels context",
        numbered=True,
    ),
    _table("messages", "place session message_id role content created_at status run_id model extra"),
    _table("runs", "place id user_name status created_at idempotency_key data"),
    _table("events", "place type data run_id marks"),
    _table(
        "usage",
        "place at user_name session_id session_key agent_id token model provider prompt_tokens completion_tokens "
        "latency_ms cost cached_tokens reasoning_tokens",
        numbered=True,
    ),
    _table(
        "deliveries", "number id kind target lane body created_at next_at status attempts last_error", numbered=True
    ),
    _table("claims", "name key at", key=2),
    _table("documents", "kind id parent version data", key=2),
    _table("memory_users", "no name last entries words compacted_at", numbered=True),
    _table("memories", "id user_no key folded kind session_key category created_at length line body"),
    _table("memory_signs", "id model bits"),
    _table("memory_vectors", "id vector"),
    _table(
        "responses",
        "place id user_name created_at finished body input context events conversation session_key run_id",
        numbered=True,
        flags="finished",
    ),
    _table(
        "tokens",
        "place jti name user_name scopes created_at expires_at revoked sessions",
        numbered=True,
        flags="revoked",
    ),
    _table("sign_ins", "place digest created_at expires_at jti proof", numbered=True),
    _table("pin_tries", "user_name wrong last locked_until"),
    _table("approvals", "place id data", numbered=True),
    _table("skills", "slug enabled invocations last_used installed_at source version", flags="enabled"),
    _table("audit_users", "id user_name"),
    _table("audit", "place line seq at tool user_name outcome", numbered=True),
    _table("single_values", "name value", where=f"name NOT IN ('{MARK}', 'token_revision')"),
    _table("counters", "name value", where="name = 'token_revision'"),
)


class Side(Protocol):
    """An engine that is moved from, or to."""

    identity: str
    """Which database it is, without a password."""

    async def version(self) -> int:
        """At which version its tables are."""
        ...

    async def nodes(self) -> list[str]:
        """Which processes of a gateway use it, where it knows that."""
        ...

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        ...

    async def last(self, table: Table) -> Row | None:
        """The greatest key."""
        ...

    async def rows(self, table: Table, after: Row | None, limit: int) -> list[Row]:
        """Rows in the order of their keys, those behind a key."""
        ...

    async def put(self, table: Table, rows: Sequence[Row]) -> None:
        """Keep rows, all or none."""
        ...

    async def marked(self) -> str | None:
        """From where an unfinished move comes."""
        ...

    async def mark(self, source: str | None) -> None:
        """Say from where a move comes, or that it is finished."""
        ...


def digest(row: Row) -> int:
    """A number made of a row, the same on every engine."""
    return int.from_bytes(hashlib.blake2b(msgspec.msgpack.encode(row), digest_size=8).digest(), "big")
