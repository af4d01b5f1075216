"""Memories in the gateway's file, those that were compacted in dated files beside it."""

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import anyio

from openclaw_rpc.adapters.memory import reads, writes
from openclaw_rpc.adapters.memory.files import Folder
from openclaw_rpc.adapters.memory.finding import Common
from openclaw_rpc.adapters.memory.reads import FoundMemories, Plan
from openclaw_rpc.adapters.memory.rules import line_of
from openclaw_rpc.adapters.memory.vectors import packed, signs
from openclaw_rpc.adapters.sqlite import Database
from openclaw_rpc.domain.memory.ports import Folded, Memory, MemoryCounts, MemoryHit, MemoryQuery, Place, Unembedded
from openclaw_rpc.protocol.errors import Unavailable
from openclaw_rpc.threads import in_thread

T = TypeVar("T")

TRIES: Final = 3
"""How often a search is made anew because a compaction moved what it had found."""


class SqliteMemoryStore:
    """The port :class:`~openclaw_rpc.domain.memory.ports.MemoryStore` on a disk: what was acknowledged stays.

    A compaction enters a new file as `writing`, writes it, and then, in one transaction, lets its memories lie there
    instead of in the log. The tables alone say what counts, so a crash in between leaves a file that the next
    start removes. A memory that is deleted is taken out of its file before the call returns.
    """

    def __init__(self, database: Database, folder: Path | Folder) -> None:
        self._database = database
        self._folder = folder if isinstance(folder, Folder) else Folder(folder)
        self._folding = anyio.Lock()
        self._common = Common()

    async def recover(self) -> None:
        """Remove what a crash left half-written. What can't be removed now is tried again by the next compaction."""
        with contextlib.suppress(Unavailable):
            await self._clear_away()

    async def put(self, memory: Memory, words: Sequence[str]) -> bool:
        """See the port."""
        return await self._put([memory], [words])

    async def put_all(self, memories: Sequence[Memory], words: Sequence[Sequence[str]]) -> None:
        """See the port."""
        await self._put(memories, words)

    async def _put(self, memories: Sequence[Memory], words: Sequence[Sequence[str]]) -> bool:
        entries = [
            writes.KeptMemory(memory, line_of(memory), " ".join(of_it), len(of_it))
            for memory, of_it in zip(memories, words, strict=True)
        ]
        replaced = await self._database.write(partial(writes.put_all, entries=entries))
        if replaced:
            await self._sweep()
        return replaced

    async def search(self, query: MemoryQuery) -> list[MemoryHit]:
        """See the port."""
        return await self._found(partial(reads.search, folder=self._folder, query=query, common=self._common))

    async def delete(self, user: str, key: str) -> bool:
        """See the port."""
        return await self._remove(partial(writes.delete, user=user, key=key)) > 0

    async def forget_session(self, user: str, session_key: str) -> int:
        """See the port."""
        return await self._remove(partial(writes.forget_session, user=user, session_key=session_key))

    async def prune(self, user: str, before: str, place: Place | None) -> int:
        """See the port."""
        return await self._remove(partial(writes.prune, user=user, before=before, place=place))

    async def counts(self, user: str | None) -> MemoryCounts:
        """See the port."""
        return await self._database.read(partial(reads.counts, user=user))

    async def compact(self, user: str | None, before: str, now: str, limit: int | None = None) -> Folded:
        """See the port."""
        # What comes in meanwhile is left for the next time, or this might never end.
        room = (await self.counts(user)).log_entries
        room = room if limit is None else min(room, limit)
        entries = 0
        days: set[tuple[int, str]] = set()
        async with self._folding:
            await self._clear_away()
            await self._rewrite_dirty(now)
        while entries < room:
            # Step by step, so that a deletion need not wait for all of it.
            async with self._folding:
                search = partial(reads.plan, folder=self._folder, user=user, before=before, limit=room - entries)
                plan = await self._database.read(search)
                moved = await self._fold(plan, now) if plan is not None else 0
            if plan is None or not moved:
                break
            entries += moved
            days.add((plan.user_no, plan.date))
        return Folded(files=len(days), entries=entries)

    async def unembedded(self, model: str, limit: int, without: Collection[str] = ()) -> list[Unembedded]:
        """See the port."""
        read = partial(reads.unembedded, folder=self._folder, model=model, limit=limit, without=without)
        return await self._database.read(read)

    async def put_vectors(self, model: str, vectors: Sequence[tuple[int, Sequence[float]]]) -> None:
        """See the port."""
        rows = [(number, signs(vector), packed(vector)) for number, vector in vectors]
        await self._database.write(partial(writes.put_vectors, model=model, vectors=rows))

    async def near(self, query: MemoryQuery, model: str, vector: Sequence[float]) -> list[MemoryHit]:
        """See the port."""
        return await self._found(partial(reads.near, folder=self._folder, query=query, model=model, vector=vector))

    async def _found(self, read: Callable[[sqlite3.Connection], FoundMemories]) -> list[MemoryHit]:
        found = await self._database.read(read)
        for _ in range(TRIES - 1):
            if not found.torn:
                break
            found = await self._database.read(read)
        return found.hits

    async def _remove(self, write: Callable[[sqlite3.Connection], int]) -> int:
        removed = 0
        while done := await self._database.write(write):
            removed += done
            if done < writes.REMOVED_AT_ONCE:
                break
        if removed:
            await self._sweep()
        return removed

    async def _sweep(self) -> None:
        """Take removed memories out of their files."""
        if await self._database.read(_any_dirty):
            async with self._folding:
                await self._rewrite_dirty("")

    async def _rewrite_dirty(self, now: str) -> None:
        while (found := await self._database.read(partial(reads.dirty, folder=self._folder))) is not None:
            no, plan = found
            if plan is None:
                await self._database.write(partial(writes.clean, no=no))
            elif plan.items:
                await self._fold(plan, now)
            else:
                await self._database.write(partial(writes.drop_file, no=no))
                await self._clear_away()

    async def _fold(self, plan: Plan, now: str) -> int:
        """Write a file and let its memories lie there. Answers how many left the log."""
        folder = self._folder
        taken = await _on_disk(partial(folder.parts, plan.user, plan.date))
        no, part = await self._database.write(partial(writes.claim, user_no=plan.user_no, date=plan.date, taken=taken))
        path = folder.path(plan.user, plan.date, part)
        size = await _on_disk(partial(folder.write, path, [item.line for item in plan.items]))
        lines: list[writes.FileLine] = []
        place = 0
        for item in plan.items:
            lines.append(writes.FileLine(item.id, place, item.came_from))
            place += len(item.line) + 1
        moved = await self._database.write(
            partial(writes.settle, no=no, user_no=plan.user_no, lines=lines, size=size, old=plan.old, now=now)
        )
        await self._clear_away()
        return moved

    async def _clear_away(self) -> None:
        """Remove the files that no memory lies in. Nobody else may be folding."""
        # Asked in the writing thread: a write that was queued before, by somebody who was cancelled, may keep a file.
        for no, user, date, part in await self._database.write(reads.leftovers):
            await _on_disk(partial(self._folder.remove, self._folder.path(user, date, part)))
            await self._database.write(partial(writes.strike_out, no=no))


async def _on_disk(work: Callable[[], T]) -> T:
    """Do work on the dated files in a thread.

    Raises:
        Unavailable: the disk is full or fails.
    """
    try:
        return await in_thread(work)
    except OSError as error:
        raise Unavailable(f"the memory's files can't be used just now: {error.strerror}", reason="storage") from error


def _any_dirty(connection: sqlite3.Connection) -> bool:
    return (
        connection.execute("SELECT 1 FROM memory_files WHERE dirty AND state = 'kept' LIMIT 1").fetchone() is not None
    )
