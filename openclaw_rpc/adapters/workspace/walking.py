"""Going through folders by their descriptors: no link is followed, and nothing is read without a bound."""

import os
import stat
import time
from collections.abc import Generator, Iterator
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from openclaw_rpc.adapters.workspace.opening import FOLDER, NOFOLLOW
from openclaw_rpc.domain.files import MAX_DEPTH, FolderEntry, Parts
from openclaw_rpc.durable import TEMPORARY
from openclaw_rpc.protocol.errors import Conflict
from openclaw_rpc.protocol.file import FileType
from openclaw_rpc.threads import in_thread

T = TypeVar("T")

MAX_ENTRIES: Final = 200_000
STEP_ITEMS: Final = 500
STEP_SECONDS: Final = 0.05
MAX_REMOVED_DEPTH: Final = 200


class FoundEntry(NamedTuple):
    """An entry, and the folder that it lies in, open as long as the walk stands here."""

    entry: FolderEntry
    folder: int


class Walk:
    """What is below a folder: by name, each folder's content behind it. ``cut`` says that there is more."""

    def __init__(self, most: int = MAX_ENTRIES) -> None:
        self.cut = False
        self._left = most

    def entries(self, folder: int, parts: Parts, *, recursive: bool) -> Generator[FoundEntry]:
        """Every entry; ``folder`` stays open, the others are closed as they are left."""
        stack: list[tuple[int, Parts, Iterator[FolderEntry]]] = [(folder, parts, iter(self._scan(folder, parts)))]
        try:
            while stack:
                at, _, entries = stack[-1]
                entry = next(entries, None)
                if entry is None:
                    stack.pop()
                    if at != folder:
                        os.close(at)
                    continue
                yield FoundEntry(entry, at)
                if recursive and entry.type == "directory":
                    self._descend(stack, entry)
        finally:
            for at, _, _ in stack:
                if at != folder:
                    os.close(at)

    def _descend(self, stack: list[tuple[int, Parts, Iterator[FolderEntry]]], entry: FolderEntry) -> None:
        if len(entry.parts) > MAX_DEPTH or len(stack) > MAX_DEPTH:
            self.cut = True
            return
        try:
            below = os.open(entry.parts[-1], FOLDER | NOFOLLOW, dir_fd=stack[-1][0])
        except OSError:  # gone, swapped for a link, or not ours to read
            return
        try:
            stack.append((below, entry.parts, iter(self._scan(below, entry.parts))))
        except BaseException:
            os.close(below)
            raise

    def _scan(self, folder: int, parts: Parts) -> list[FolderEntry]:
        with os.scandir(folder) as found:
            items = list(islice(found, self._left + 1))
            if len(items) > self._left:
                self.cut = True
                items.pop()
            self._left -= len(items)
            entries: list[FolderEntry] = []
            for item in items:
                if not item.name.startswith(TEMPORARY):
                    try:
                        entries.append(entry_of((*parts, item.name), item.stat(follow_symlinks=False)))
                    except OSError:  # gone meanwhile
                        continue
        return sorted(entries, key=lambda entry: entry.parts[-1])


def entry_of(parts: Parts, status: os.stat_result) -> FolderEntry:
    """Something on disk as the domain knows it."""
    kind = type_of(status.st_mode)
    return FolderEntry(
        parts=parts, type=kind, size=0 if kind == "directory" else status.st_size, modified=status.st_mtime
    )


def type_of(mode: int) -> FileType:
    """What kind of thing a mode is of."""
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"


def removing(parent: int, name: str) -> Generator[None]:
    """Remove a folder and all that is in it, one thing a step; links are removed, not followed.

    Raises:
        Conflict: it is too deep, or something was put into it meanwhile.
    """
    stack = [_Removal(parent, name)]
    try:
        while stack:
            place = stack[-1]
            if not place.items:
                stack.pop()
                place.close()
                os.rmdir(place.name, dir_fd=place.parent)
            else:
                below, is_folder = place.items.pop()
                if not is_folder:
                    os.unlink(below, dir_fd=place.descriptor)
                elif len(stack) > MAX_REMOVED_DEPTH:
                    raise Conflict("the folder is too deep to be deleted at once", field="path", reason="too deep")
                else:
                    stack.append(_Removal(place.descriptor, below))
            yield
    finally:
        for place in stack:
            place.close()


class _Removal:
    """A folder that is being emptied."""

    def __init__(self, parent: int, name: str) -> None:
        self.parent = parent
        self.name = name
        self.descriptor = os.open(name, FOLDER | NOFOLLOW, dir_fd=parent)
        self._open = True
        try:
            with os.scandir(self.descriptor) as found:
                self.items = [(item.name, item.is_dir(follow_symlinks=False)) for item in found]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._open:
            self._open = False
            os.close(self.descriptor)


def take(source: Iterator[T], items: int = STEP_ITEMS, seconds: float = STEP_SECONDS) -> tuple[list[T], bool]:
    """As many as come in a step, and whether that was all."""
    taken: list[T] = []
    end = time.monotonic() + seconds
    for each in source:
        taken.append(each)
        if len(taken) >= items or time.monotonic() > end:
            return taken, False
    return taken, True


async def next_step(source: Iterator[T]) -> tuple[list[T], bool]:
    """`take`, in a worker thread: between steps a caller may give up."""
    return await in_thread(take, source)
