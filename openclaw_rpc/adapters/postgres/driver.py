"""asyncpg, as far as it is used, with types: the one module that imports it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, cast

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

_asyncpg = cast("Any", asyncpg)


class Connection(Protocol):
    """A connection to a server."""

    async def execute(self, query: str, *values: object) -> str:
        """Do something; its command tag, such as ``UPDATE 3``."""
        ...

    async def executemany(self, command: str, args: Iterable[Sequence[object]]) -> None:
        """Do it with the values of each row, all or nothing."""
        ...

    async def fetch(self, query: str, *values: object) -> list[Any]:
        """The rows."""
        ...

    async def fetchrow(self, query: str, *values: object) -> Any:
        """The first row, or None."""
        ...

    async def fetchval(self, query: str, *values: object) -> Any:
        """The first column of the first row, or None."""
        ...

    def transaction(
        self, *, isolation: str | None = None, readonly: bool = False
    ) -> AbstractAsyncContextManager[object]:
        """A transaction, as a context."""
        ...

    async def set_type_codec(self, typename: str, **options: Any) -> None:
        """How values of a type are written and read."""
        ...

    def get_server_version(self) -> Any:
        """The server's version; its ``major`` is a number."""
        ...

    def is_closed(self) -> bool:
        """Whether it is closed, by either side."""
        ...

    def terminate(self) -> None:
        """Close it without a word."""
        ...

    async def close(self, *, timeout: float | None = None) -> None:
        """Close it."""
        ...


class Pool(Protocol):
    """Connections that are lent."""

    def acquire(self, *, timeout: float | None = None) -> AbstractAsyncContextManager[Connection]:
        """One of them, as a context."""
        ...

    async def close(self) -> None:
        """Close all, once nobody has one any more."""
        ...

    def terminate(self) -> None:
        """Close all without a word."""
        ...


PostgresError: Final[type[Exception]] = _asyncpg.PostgresError
"""The server refused."""

LockNotAvailable: Final[type[Exception]] = _asyncpg.LockNotAvailableError
"""Somebody else holds a lock."""

RACED: Final[tuple[type[Exception], ...]] = (
    _asyncpg.UniqueViolationError,
    _asyncpg.DeadlockDetectedError,
    _asyncpg.SerializationError,
)
"""Another node changed the same at the same moment: what is tried again finds what it left."""

AWAY: Final[tuple[type[Exception], ...]] = (
    _asyncpg.PostgresConnectionError,
    _asyncpg.CannotConnectNowError,
    _asyncpg.IdleInTransactionSessionTimeoutError,
    _asyncpg.OperatorInterventionError,
    _asyncpg.InsufficientResourcesError,
    _asyncpg.PostgresSystemError,
    _asyncpg.ReadOnlySQLTransactionError,
    _asyncpg.InterfaceError,
    _asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""How it is said that the server is away, or that its connection was lost: not one exception, but these."""


async def connect(url: str, seconds: float) -> Connection:
    """Connect; that, and each statement, is waited for so long."""
    return await _asyncpg.connect(url, timeout=seconds, command_timeout=seconds)


async def create_pool(url: str, most: int, seconds: float, init: Callable[[Connection], Awaitable[None]]) -> Pool:
    """A pool of at most so many connections, each made ready by ``init``.

    Nobody may leave settings, cursors or locks behind on one: what was borrowed is not cleaned by a query of its own.
    """
    return await _asyncpg.create_pool(
        url, min_size=1, max_size=most, timeout=seconds, command_timeout=seconds, init=init, reset=_left_as_it_is
    )


async def _left_as_it_is(_connection: Connection) -> None:
    """A transaction that was left open is rolled back by the pool."""
