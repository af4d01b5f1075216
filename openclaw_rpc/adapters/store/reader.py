"""Threads that read, each with a connection of its own. What they see is committed, and of one moment."""

import asyncio
import queue
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from openclaw_rpc.adapters.store.writer import storage_failed
from openclaw_rpc.protocol.errors import Unavailable

T = TypeVar("T")

Read = Callable[[sqlite3.Connection], T]


class Readers:
    """As many reads at a time as there are connections. A read sees every write acknowledged before it."""

    def __init__(self, connections: Sequence[sqlite3.Connection]) -> None:
        self._connections = connections
        self._free: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        for connection in connections:
            self._free.put(connection)
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix="store-reader")
        self._closing = False

    async def run(self, read: Read[T]) -> T:
        """What ``read`` returns or raises, from a thread, inside one read transaction.

        Raises:
            Unavailable: the store is closing, or its file can't be read.
        """
        if self._closing:
            raise Unavailable("the store is closed", reason="stopping")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, read)

    def stop(self) -> None:
        """Take no more reads. Called in the loop."""
        self._closing = True

    def close(self) -> None:
        """Finish the reads that were asked for and close. Blocks: call it in a thread, after :meth:`stop`."""
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def _run(self, read: Read[T]) -> T:
        connection = self._free.get()
        try:
            connection.execute("BEGIN")
            try:
                return read(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise storage_failed(error) from error
        finally:
            self._free.put(connection)
