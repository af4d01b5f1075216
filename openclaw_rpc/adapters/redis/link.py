"""Messages from node to node over Redis' channels: one a node, and one for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from openclaw_rpc.adapters.redis.driver import AWAY, Client, client
from openclaw_rpc.domain.backoff import backoff
from openclaw_rpc.domain.ports import Log

SECONDS: Final = 1.5
"""How long each step is waited for."""
BEAT_SECONDS: Final = 0.5
SILENCE_SECONDS: Final = 2.0
"""A connection on which not even this node's own beat came for so long is not there, whatever the kernel says."""
CANCEL_SECONDS: Final = 0.1
MOST_WAITING: Final = 10_000
"""How many messages may wait to be sent; more are dropped, as if they had been lost on the way."""
_BEAT: Final = b""


class RedisLink:
    """The port :class:`~openclaw_rpc.domain.nodes.ports.NodeLink`. ``node`` names this process among all.

    Nothing is kept in Redis, and nothing is sent twice.
    """

    def __init__(self, url: str, prefix: str, node: str, log: Log | None = None) -> None:
        self.node = node
        self._client: Client = client(url, SECONDS)
        self._prefix = prefix
        self._log = log
        self._heard = float("-inf")
        self._hear: Callable[[bytes], None] = _nobody
        self._joined: Callable[[], None] = _nothing
        self._waiting: list[tuple[str, bytes]] = []
        self._lost = False
        self._wake = asyncio.Event()

    @property
    def answers(self) -> bool:
        """See the port."""
        return time.monotonic() - self._heard < SILENCE_SECONDS

    def listen(self, hear: Callable[[bytes], None], joined: Callable[[], None]) -> None:
        """See the port."""
        self._hear, self._joined = hear, joined

    def send(self, node: str | None, message: bytes) -> None:
        """See the port."""
        if len(self._waiting) < MOST_WAITING and self.answers:
            self._waiting.append((self._channel(node), message))
            self._wake.set()
        else:
            self._lost = True

    def _channel(self, node: str | None) -> str:
        return f"{self._prefix}:all" if node is None else f"{self._prefix}:node:{node}"

    async def serve(self) -> None:
        """Send and hear until cancelled; whatever Redis does meanwhile, it goes on."""
        tasks = [asyncio.ensure_future(work()) for work in (self._keep_hearing, self._keep_sending)]
        try:
            for ended in (await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED))[0]:
                ended.result()
        finally:
            # More than once: redis-py swallows a cancellation that comes while it connects.
            while not all(task.done() for task in tasks):
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks, timeout=CANCEL_SECONDS)

    async def close(self) -> None:
        """Close the connections, once nothing is served any more."""
        with suppress(*AWAY):
            await self._client.aclose()

    async def _keep_sending(self) -> None:
        pauses = backoff(0.05, 1.0)
        beaten = float("-inf")
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            if (now := time.monotonic()) - beaten > BEAT_SECONDS / 2:
                # The beat goes the way that all messages go, so that it tells of both directions.
                batch.append((self._channel(self.node), _BEAT))
                beaten = now
            try:
                async with asyncio.timeout(SECONDS):
                    await self._client.publish_all(batch)
                pauses = backoff(0.05, 1.0)
            except AWAY:
                self._lost = True
                await asyncio.sleep(next(pauses))
            else:
                if self._lost and self.answers:
                    # Some of what was sent did not arrive: as if the link had been away.
                    self._lost = False
                    self._joined()

    async def _keep_hearing(self) -> None:
        pauses = backoff(0.05, 1.0)
        was_there = True
        while True:
            pubsub = self._client.pubsub()
            try:
                async with asyncio.timeout(SECONDS):
                    await pubsub.subscribe(self._channel(None), self._channel(self.node))
                while True:
                    message = await pubsub.get_message(timeout=SILENCE_SECONDS)
                    if message is None:
                        raise TimeoutError
                    if not was_there and self._log is not None:
                        self._log.info("Redis is there again")
                    was_there, pauses = True, backoff(0.05, 1.0)
                    self._take(message)
            except AWAY as error:
                self._heard = float("-inf")
                if was_there and self._log is not None:
                    # Not what the exception says: it may hold the URL.
                    self._log.warning("Redis can't be reached", error=type(error).__name__)
                was_there = False
            finally:
                with suppress(*AWAY):
                    await pubsub.aclose()
            await asyncio.sleep(next(pauses))

    def _take(self, message: dict[str, object]) -> None:
        kind, data = message["type"], message["data"]
        if kind == "subscribe":
            # The second channel's: also where redis-py connected again by itself.
            self._heard = time.monotonic()
            if data == 2:
                self._joined()
        elif kind == "message" and isinstance(data, bytes):
            self._heard = time.monotonic()
            if data != _BEAT:
                try:
                    self._hear(data)
                except Exception:
                    if self._log is not None:
                        self._log.error("another node's message could not be taken", exc_info=True)


def _nobody(_message: bytes) -> None:
    """Nobody listens."""


def _nothing() -> None:
    """Nobody is told."""
