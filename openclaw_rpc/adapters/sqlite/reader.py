"""Threads that read, each with a connection of its own. What they see is committed, and of one moment."""

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from openclaw_rpc.adapters.sqlite.writer import as_told, call_in_loop, settle
from openclaw_rpc.protocol.errors import GatewayError, Unavailable

T = TypeVar("T")

Read = Callable[[sqlite3.Connection], T]

_Future = asyncio.Future[Any]
_Job = tuple[Read[Any], _Future, bool]


class Readers:
    """As many reads at a time as there are connections. A read sees every write acknowledged before it.

    The reader that read last is asked first: it has at hand what the next one needs, too.
    """

    def __init__(self, connections: Sequence[sqlite3.Connection]) -> None:
        self._loop = asyncio.get_running_loop()
        self._readers = [_ReadThread(connection) for connection in connections]
        self._idle = self._readers[::-1]
        self._waiting: deque[_Job] = deque()
        self._closing = False

    def run(self, read: Read[T], *, single: bool = False) -> "asyncio.Future[T]":
        """Queue a read. The future is done with what ``read`` returns or raises inside one read transaction.

        A ``single`` read is one statement, which is of one moment without a transaction around it.

        Raises:
            Unavailable: the store is closing. From the future: its file can't be read.
        """
        if self._closing:
            raise Unavailable("the store is closed", reason="stopping")
        future: asyncio.Future[T] = self._loop.create_future()
        if self._idle:
            self._idle.pop().take((read, future, single), self._resolve)
        else:
            self._waiting.append((read, future, single))
        return future

    def stop(self) -> None:
        """Take no more reads. Called in the loop."""
        self._closing = True
        while self._waiting:
            for reader in self._readers[: len(self._waiting)]:
                reader.take(self._waiting.popleft(), self._resolve)

    def close(self) -> None:
        """Finish the reads that were asked for and close. Blocks: call it in a thread, after :meth:`stop`."""
        for reader in self._readers:
            reader.close()

    def _resolve(self, reader: "_ReadThread", future: _Future, value: Any, error: GatewayError | None) -> None:
        """A read is done: called in its thread."""
        call_in_loop(self._loop, self._done, reader, future, value, error)

    def _done(self, reader: "_ReadThread", future: _Future, value: Any, error: GatewayError | None) -> None:
        while self._waiting and self._waiting[0][1].cancelled():
            self._waiting.popleft()
        if self._waiting:
            reader.take(self._waiting.popleft(), self._resolve)
        else:
            self._idle.append(reader)
        settle(future, value, error)


_Resolve = Callable[["_ReadThread", _Future, Any, GatewayError | None], None]


class _ReadThread:
    """A connection and its thread, which begins with the first read: a gateway starts faster than it reads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def take(self, job: _Job, resolve: _Resolve) -> None:
        """Do a read after those it has, and tell ``resolve`` what came of it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._main, args=(resolve,), name="store-reader", daemon=True)
            self._thread.start()
        self._queue.put(job)

    def close(self) -> None:
        """Finish, and close the connection."""
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
        self._connection.close()

    def _main(self, resolve: _Resolve) -> None:
        while (job := self._queue.get()) is not None:
            read, future, single = job
            resolve(self, future, *self._read(read, single=single))

    def _read(self, read: Read[Any], *, single: bool) -> tuple[Any, GatewayError | None]:
        connection = self._connection
        try:
            if single:
                return read(connection), None
            connection.execute("BEGIN")
            try:
                return read(connection), None
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
        except Exception as error:
            return None, as_told(error)
