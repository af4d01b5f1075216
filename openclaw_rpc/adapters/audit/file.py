"""The audit log as files in a folder of its own: lines of JSON, each chained to the one before by its hash.

``audit.jsonl`` is written to; where it has grown large it is renamed after its last record, and the chain goes on in a
new file. Old files are never removed: that is for whoever owns the machine. ``head.json`` says where the chain ended,
so that a log whose end was cut off does not pass for a whole one. Whoever can write both files can forge both; what
the log shows is a change by anybody, or anything, that did not mean to forge it.
"""

import contextlib
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from openclaw_rpc.adapters.audit import chain
from openclaw_rpc.adapters.audit.chain import Head
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.tools.audit import AuditQuery
from openclaw_rpc.protocol.audit import AuditRecord, AuditVerdict
from openclaw_rpc.protocol.errors import Unavailable

ROTATE_BYTES: Final = 16 * 1024 * 1024
_TAIL: Final = 64 * 1024
_HEAD_BYTES: Final = 128
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


class _Item:
    """A record that waits to be written."""

    __slots__ = ("error", "record", "written")

    def __init__(self, record: AuditRecord) -> None:
        self.record = record
        self.written = False
        self.error: Unavailable | None = None


class FileAuditLog:
    """An `AuditLog` on disk: a record is there when `append` returns, records that come together by one `fsync`."""

    def __init__(self, folder: Path, log: Log, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self._folder = folder
        self._path = folder / "audit.jsonl"
        self._head_path = folder / "head.json"
        self._log = log
        self._rotate_bytes = rotate_bytes
        self._queue: list[_Item] = []
        self._writing = anyio.Lock()
        self._head: Head | None = None
        self._left: tuple[int, int] | None = None
        """The file's inode and size as this process left it."""

    async def append(self, record: AuditRecord) -> None:
        """Keep a record.

        Raises:
            Unavailable: it could not be written.
        """
        item = _Item(record)
        self._queue.append(item)
        try:
            async with self._writing:
                # Whoever had the lock before may have written it along.
                if not item.written:
                    batch, self._queue = self._queue, []
                    with anyio.CancelScope(shield=True):
                        await anyio.to_thread.run_sync(self._write, batch)
        finally:
            if item in self._queue:
                self._queue.remove(item)
        if item.error is not None:
            raise item.error

    async def query(self, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
        """Records that match, the newest first; lines that can't be read are left out.

        Raises:
            Unavailable: the files can't be read.
        """
        return await anyio.to_thread.run_sync(self._query, query)

    async def verify(self) -> AuditVerdict:
        """Whether every record is as it was written.

        Raises:
            Unavailable: the files can't be read.
        """
        # No record may come between the head and the lines that it is compared with.
        async with self._writing:
            return await anyio.to_thread.run_sync(self._verify)

    def _write(self, batch: list[_Item]) -> None:
        try:
            with self._locked():
                self._append([item.record for item in batch])
            error = None
        except Exception as failed:
            # Whatever it was: those who wait must hear of it.
            self._head = self._left = None
            error = self._broken(failed)
        for item in batch:
            item.written, item.error = True, error

    def _append(self, records: list[AuditRecord]) -> None:
        descriptor, known = self._open()
        try:
            head = self._head if known and self._head is not None else self._continue_from(descriptor)
            if os.fstat(descriptor).st_size >= self._rotate_bytes:
                os.close(descriptor)
                descriptor = -1
                self._path.rename(self._folder / f"audit-{head.seq:012}.jsonl")
                descriptor, _ = self._open()
            lines: list[bytes] = []
            for record in records:
                line, head = chain.link(record, head)
                lines.append(line + b"\n")
            _write_all(descriptor, b"".join(lines))
            info = os.fstat(descriptor)
            self._head, self._left = head, (info.st_ino, info.st_size)
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        self._save_head(head)

    def _open(self) -> tuple[int, bool]:
        """The file that is written to, made where it is missing; whether it is as this process left it."""
        flags = os.O_RDWR | os.O_APPEND | _NOFOLLOW
        try:
            descriptor = os.open(self._path, flags)
        except FileNotFoundError:
            descriptor = os.open(self._path, flags | os.O_CREAT, 0o600)
            _sync_folder(self._folder)
        info = os.fstat(descriptor)
        return descriptor, (info.st_ino, info.st_size) == self._left

    def _continue_from(self, descriptor: int) -> Head:
        """The record that the next one follows: the last on disk, or the last that is known where that is gone."""
        known = self._known_head()
        self._cut_torn_line(descriptor)
        last = next(self._backwards(), None)
        found = Head()
        if last is not None:
            try:
                found = chain.head_of(last, chain.read(last).seq)
            except (msgspec.MsgspecError, ValueError):
                # The chain goes on where it was known to be; `verify` shows the place.
                self._log.error("the audit log's last record can't be read", file=str(self._path))
                return known
        if found.seq < known.seq or (found.seq == known.seq and found != known):
            self._log.error("the audit log was changed: records are missing or others", last=known.seq, found=found.seq)
            return known
        # Further than known: another process wrote, or this one ended between the log and its head.
        return found

    def _known_head(self) -> Head:
        kept = self._read_head() or Head()
        return self._head if self._head is not None and self._head.seq >= kept.seq else kept

    def _read_head(self) -> Head | None:
        try:
            return msgspec.json.decode(self._head_path.read_bytes(), type=Head)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, ValueError):
            self._log.error("the end of the audit log can't be read", file=str(self._head_path))
            return None

    def _save_head(self, head: Head) -> None:
        try:
            descriptor = os.open(self._head_path, os.O_WRONLY | os.O_CREAT | _NOFOLLOW, 0o600)
            try:
                # In place, always of one length, and not synced: a file that is torn or old counts as none, or as old.
                os.write(descriptor, msgspec.json.encode(head).ljust(_HEAD_BYTES))
            finally:
                os.close(descriptor)
        except OSError as error:
            # The records are on disk, and that is what was promised.
            self._log.error("the end of the audit log could not be noted", error=str(error))

    def _cut_torn_line(self, descriptor: int) -> None:
        """Take away a last line without an end: the process died while it wrote, and nobody was told it was kept."""
        size = end = os.fstat(descriptor).st_size
        while end:
            start = max(0, end - _TAIL)
            os.lseek(descriptor, start, os.SEEK_SET)
            found = os.read(descriptor, end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end != size:
            self._log.warning("the audit log ended within a record, which was taken away", bytes=size - end)
            os.ftruncate(descriptor, end)

    def _files(self) -> list[Path]:
        """The files, the oldest first."""
        return [*sorted(self._folder.glob("audit-*.jsonl")), *([self._path] if self._path.exists() else [])]

    def _lines(self) -> Iterator[bytes]:
        for path in self._files():
            # A last line without an end was never acknowledged.
            yield from path.read_bytes().split(b"\n")[:-1]

    def _backwards(self) -> Iterator[bytes]:
        for path in reversed(self._files()):
            yield from _lines_backwards(path)

    def _query(self, query: AuditQuery) -> tuple[list[AuditRecord], int | None]:
        found: list[AuditRecord] = []
        try:
            for line in self._backwards():
                try:
                    record = chain.read(line)
                except (msgspec.MsgspecError, ValueError):
                    continue
                if (query.before is None or record.seq < query.before) and query.wants(record):
                    if len(found) == query.limit:
                        return found, found[-1].seq
                    found.append(record)
        except OSError as error:
            raise self._broken(error) from None
        return found, None

    def _verify(self) -> AuditVerdict:
        try:
            if not self._folder.exists():
                return AuditVerdict(intact=True, records=0)
            with self._locked():
                # A record is in memory before its head is on disk; whichever is further is what has to be there.
                return chain.verify(self._lines(), self._known_head())
        except OSError as error:
            raise self._broken(error) from None

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        """Keep other processes out that write to the same log; the system lets go when the process dies."""
        flags = os.O_RDWR | os.O_CREAT | _NOFOLLOW
        try:
            descriptor = os.open(self._folder / "audit.lock", flags, 0o600)
        except FileNotFoundError:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._folder / "audit.lock", flags, 0o600)
        try:
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _broken(self, error: Exception) -> Unavailable:
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Unavailable(f"the audit log can't be used: {what}", reason="audit_unusable")


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, to the disk; or, where that fails, nothing."""
    size = os.fstat(descriptor).st_size
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    except OSError:
        # Half a batch was not acknowledged, and must not stand in the way of the next.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """A file's lines, the last first, read in pieces from its end; a last line without an end is left out."""
    with path.open("rb") as file:
        at = file.seek(0, os.SEEK_END)
        rest = b""
        first = True
        while at:
            start = max(0, at - _TAIL)
            file.seek(start)
            pieces = (file.read(at - start) + rest).split(b"\n")
            at, rest = start, pieces.pop(0)
            if first:
                if not pieces:
                    continue
                pieces.pop()
                first = False
            yield from reversed(pieces)
        if not first:
            yield rest


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
