"""The file that every store writes to: one thread that writes, some that read."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self, TypeVar

import anyio

from openclaw_rpc.adapters.sqlite.file import open_reader, open_writer
from openclaw_rpc.adapters.sqlite.reader import Read, Readers
from openclaw_rpc.adapters.sqlite.taking_over import take_over
from openclaw_rpc.adapters.sqlite.writer import Write, Writer
from openclaw_rpc.threads import in_thread

T = TypeVar("T")

READERS: Final = 3


class Database:
    """A SQLite file in WAL mode, `synchronous=FULL`: what was acknowledged survives a loss of power.

    Writes and reads raise :class:`~openclaw_rpc.protocol.errors.Unavailable` where the disk is full or fails (nothing
    of that write is kept then, and the next is tried again) and after the file was closed. A write whose caller is
    cancelled is done all the same. Several processes may have the file open at once.
    """

    def __init__(self, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection]) -> None:
        self.writer = Writer(writer)
        self._readers = Readers(readers)
        self._connection = writer

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, state: Path | None = None) -> AsyncGenerator[Self]:
        """Open or make the file, at the newest version; on leaving, finish the queued writes and close it.

        What version 0.1.0 kept in files of their own, in the folder ``state`` and beside ``path``, is taken over.

        Raises:
            StoreUnusable: a file can't be opened, is damaged, another program's, or newer than this program.
        """
        writer, *readers = await in_thread(_connect, path, state)
        database = cls(writer, readers)
        try:
            yield database
        finally:
            database.writer.stop()
            database._readers.stop()
            with anyio.CancelScope(shield=True):
                await in_thread(database._close)

    def write(self, write: Write[T]) -> "asyncio.Future[T]":
        """Queue a write, see :meth:`Writer.submit`."""
        return self.writer.submit(write)

    def read(self, read: Read[T], *, single: bool = False) -> "asyncio.Future[T]":
        """Queue a read, see :meth:`Readers.run`. It sees every write that was acknowledged before."""
        return self._readers.run(read, single=single)

    def _close(self) -> None:
        self.writer.join()
        self._readers.close()
        # The last one to close: SQLite then folds the WAL into the file and removes it.
        self._connection.close()


def _connect(path: Path, state: Path | None) -> list[sqlite3.Connection]:
    """The writer's connection, then the readers'."""
    connections = [open_writer(path)]
    try:
        take_over(connections[0], path.parent, state or path.parent)
        connections.extend(open_reader(path) for _ in range(READERS))
    except BaseException:
        for connection in connections:
            connection.close()
        raise
    return connections
