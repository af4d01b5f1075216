"""Threads that read, each with a connection of its own. What they see is committed, and of one moment."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from openclaw_rpc.adapters.store.writer import as_told
from openclaw_rpc.protocol.errors import GatewayError, Unavailable

T = TypeVar("T")

Read = Callable[[sqlite3.Connection], T]

_Job = tuple[Read[Any], "asyncio.Future[Any]"]


class Readers:
    """As many reads at a time as there are connections. A read sees every write acknowledged before it."""

    def __init__(self, connections: Sequence[sqlite3.Connection]) -> None:
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._closing = False

    def run(self, read: Read[T]) -> "asyncio.Future[T]":
        """Queue a read. The future is done with what ``read`` returns or raises inside one read transaction.

        Raises:
            Unavailable: the store is closing. From the future: its file can't be read.
        """
        if self._closing:
            raise Unavailable("the store is closed", reason="stopping")
        if not self._threads:
            self._begin()
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((read, future))
        return future

    def stop(self) -> None:
        """Take no more reads. Called in the loop."""
        self._closing = True

    def close(self) -> None:
        """Finish the reads that were asked for and close. Blocks: call it in a thread, after :meth:`stop`."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        for connection in self._connections:
            connection.close()

    def _begin(self) -> None:
        """Start the threads: with the first read, for a gateway starts faster than it reads."""
        for connection in self._connections:
            thread = threading.Thread(target=self._main, args=(connection,), name="store-reader", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _main(self, connection: sqlite3.Connection) -> None:
        while (job := self._queue.get()) is not None:
            read, future = job
            if future.cancelled():
                continue
            value, error = _read(connection, read)
            # A loop that was closed has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_resolve, future, value, error)


def _read(connection: sqlite3.Connection, read: Read[Any]) -> tuple[Any, GatewayError | None]:
    try:
        connection.execute("BEGIN")
        try:
            return read(connection), None
        finally:
            if connection.in_transaction:
                connection.execute("COMMIT")
    except Exception as error:
        return None, as_told(error)


def _resolve(future: "asyncio.Future[Any]", value: Any, error: GatewayError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
