"""redis-py, as far as it is used, with types: the one module that imports it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, cast

import redis.asyncio as redis_asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

AWAY: Final[tuple[type[Exception], ...]] = (RedisError, OSError, TimeoutError, RuntimeError)
"""How it is said that the server is away, refuses, or that its connection was lost.

The last is uvloop's, where redis-py writes to a connection that was closed while it was made.
"""


class PubSub(Protocol):
    """A connection that hears channels."""

    async def subscribe(self, *channels: str) -> None:
        """Hear channels from now on; a message of the type `subscribe` says so, also after it had to connect again."""
        ...

    async def get_message(self, *, timeout: float) -> dict[str, Any] | None:
        """The next message, or None after so many seconds."""
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...


class Client(Protocol):
    """Connections to a server."""

    async def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Send messages, each to the channel beside it, in one go. Nothing is tried twice."""
        ...

    def pubsub(self) -> PubSub:
        """A connection that hears channels."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class _Client:
    def __init__(self, url: str, seconds: float) -> None:
        # `valkey://` is the same protocol under another name.
        url = "redis" + url.removeprefix("valkey") if url.startswith("valkey") else url
        self._redis = cast("Any", redis_asyncio.Redis).from_url(
            url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
        )

    async def publish_all(self, messages: Sequence[tuple[str, bytes]]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for channel, message in messages:
            pipeline.publish(channel, message)
        await pipeline.execute()

    def pubsub(self) -> PubSub:
        return self._redis.pubsub()

    async def aclose(self) -> None:
        await self._redis.aclose()


def client(url: str, seconds: float) -> Client:
    """Connections that are made when they are needed; each step is waited for so long.

    Raises:
        ValueError: the URL can't be read.
    """
    return _Client(url, seconds)
