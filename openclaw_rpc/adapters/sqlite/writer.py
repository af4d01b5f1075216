"""One thread that writes. All that was queued while it wrote goes into the next commit, so a sync serves many."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from openclaw_rpc.protocol.errors import GatewayError, InternalError, Unavailable

T = TypeVar("T")

Write = Callable[[sqlite3.Connection], T]
"""What is done in the thread, inside a transaction that is not its own. It may be called again after a rollback."""

_Job = tuple[Write[Any], "asyncio.Future[Any]"]
_Outcome = tuple["asyncio.Future[Any]", Any, GatewayError | None]

GROUP = 512
"""How many writes share a commit at most."""


class _GroupLost(Exception):
    """A write failed half-way: what the group has done so far must be undone."""


class Writer:
    """Does writes in the order they came. ``commits`` counts the transactions that were committed."""

    def __init__(self, connection: sqlite3.Connection, *, group: int = GROUP) -> None:
        self.commits = 0
        self._connection = connection
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closing = False
        self._thread = threading.Thread(target=self._main, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, write: Write[T]) -> "asyncio.Future[T]":
        """Queue a write. The future is done when it is on disk; cancelling it does not take the write back.

        Raises:
            Unavailable: the store is closing. From the future: the disk is full or failed, and nothing was kept.
        """
        if self._closing:
            raise Unavailable("the store is closed", reason="stopping")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((write, future))
        return future

    def stop(self) -> None:
        """Take no more writes. Called in the loop, so that no write can slip in behind the last."""
        self._closing = True
        self._queue.put(None)

    def join(self) -> None:
        """Return when all that was queued is done. Blocks: call it in a thread, after :meth:`stop`."""
        self._thread.join()

    def _main(self) -> None:
        waiting = self._queue
        job = waiting.get()
        while job is not None:
            jobs = [job]
            # Nobody else takes from the queue, so that what is seen there is there.
            while not waiting.empty() and len(jobs) < self._group and (job := waiting.get()) is not None:
                jobs.append(job)
            call_in_loop(self._loop, _settle_all, self._run(jobs))
            if job is None:
                return
            # What was written must not stay in memory until something else is.
            del job
            jobs.clear()
            job = waiting.get()

    def _run(self, jobs: Sequence[_Job]) -> list[_Outcome]:
        """Commit the jobs together or, where one of them spoils that, each alone."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            if len(jobs) == 1:
                write, future = jobs[0]
                outcomes: list[_Outcome] = [(future, write(self._connection), None)]
            else:
                outcomes = [self._run_one(write, future) for write, future in jobs]
            self._connection.execute("COMMIT")
            self.commits += 1
        except Exception as error:
            self._roll_back()
            if len(jobs) == 1:
                return [(jobs[0][1], None, as_told(error))]
            return [outcome for job in jobs for outcome in self._run([job])]
        return outcomes

    def _run_one(self, write: Write[Any], future: "asyncio.Future[Any]") -> _Outcome:
        """Do one write of a group; one that fails before it changed anything disturbs nobody.

        That stands in for a savepoint a write, which costs every write for the sake of those that fail.
        """
        changes = self._connection.total_changes
        try:
            return future, write(self._connection), None
        except Exception as error:
            if not self._connection.in_transaction or self._connection.total_changes != changes:
                raise _GroupLost from error
            return future, None, as_told(error)

    def _roll_back(self) -> None:
        # SQLite has done it already after some errors (https://www.sqlite.org/lang_transaction.html, 2.2), and
        # where it can't be done the next BEGIN fails, and with it the next write.
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def storage_failed(error: sqlite3.Error) -> Unavailable:
    """What a caller is told when the disk is full, failing or locked by somebody else."""
    return Unavailable(f"the store can't be used just now: {error}", reason="storage")


def as_told(error: Exception) -> GatewayError:
    """What a caller is told when work in the store failed."""
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, sqlite3.Error):
        return storage_failed(error)
    told = InternalError(f"the store failed at this: {type(error).__name__}", reason="storage")
    told.__cause__ = error
    return told


def call_in_loop(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *args: object) -> None:
    """Have the loop call a function, from another thread. A loop that was closed has nobody left who waits."""
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:
        return


def settle(future: "asyncio.Future[Any]", value: Any, error: GatewayError | None) -> None:
    """Tell whoever waits, if anybody does, what came of work in the store. Called in the loop."""
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _settle_all(outcomes: Sequence[_Outcome]) -> None:
    for outcome in outcomes:
        settle(*outcome)
