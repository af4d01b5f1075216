"""Small files that several processes share: read whole, replaced whole, written under a lock."""

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

from openclaw_rpc.protocol.errors import Unavailable

_LOCK_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 0.005
_STALE_SECONDS: Final = 30.0

Mark = tuple[int, int, int]
"""What changes when a file does: mtime in ns, size, inode."""


def mark_of(info: os.stat_result) -> Mark:
    """The mark of a file that was looked at."""
    return info.st_mtime_ns, info.st_size, info.st_ino


def read(path: Path) -> tuple[Mark, bytes]:
    """A file, whole, and the mark it had then."""
    with path.open("rb") as file:
        return mark_of(os.fstat(file.fileno())), file.read()


def replace(path: Path, content: bytes, after: int | None) -> None:
    """Put a new file of mode 0600 in the old one's place, on disk before it is seen.

    Its mtime is later than ``after`` (ns): two writes within one tick of the file system's clock still differ.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            if after is not None and new.stat().st_mtime_ns <= after:
                os.utime(new, ns=(after + 1000, after + 1000))
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def broken(path: Path, error: Exception) -> Unavailable:
    """What to say of a file that can't be read or written."""
    what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Unavailable(f"{path} can't be used: {what}; repair it or move it away", reason="tokens_unusable")


def _wait(since: float, path: Path) -> None:
    if time.monotonic() - since > _LOCK_SECONDS:
        raise TimeoutError(f"{path.name} is held by another process")
    time.sleep(_RETRY_SECONDS)


if sys.platform == "win32":

    @contextlib.contextmanager
    def file_lock(path: Path) -> Generator[None]:
        """Hold a lock file by being the one that made it; a very old one was left by a process that died."""
        since = time.monotonic()
        while True:
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                break
            except (FileExistsError, PermissionError):
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                        path.unlink()
                _wait(since, path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

else:
    import fcntl

    @contextlib.contextmanager
    def file_lock(path: Path) -> Generator[None]:
        """Hold a lock file; the system lets go of it when the process dies."""
        since = time.monotonic()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    _wait(since, path)
            yield
        finally:
            os.close(descriptor)
