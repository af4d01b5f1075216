"""Files that last through a crash: a file takes another's place wholly or not at all, and is on disk when it has."""

import os
import secrets
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

TEMPORARY: Final = ".openclaw-part-"
"""What the names of files that are still being written begin with, unless they are given one."""
LITTLE: Final = 50 * 1024 * 1024
"""Bytes of room on a disk on which soon nothing more can be kept."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

Rename = Callable[[Path, Path], None]


@contextmanager
def replacing(
    path: Path,
    *,
    half: Path | None = None,
    mode: int = 0o600,
    exact: bool = False,
    folder: int | None = None,
    rename: Rename | None = None,
) -> Generator[IO[bytes]]:
    """A file to write to, which takes the place of ``path`` when the context ends; an exception leaves that as it was.

    Args:
        path: The file.
        half: What the new one is called until then; nothing of that name may be there.
        mode: What the new file may be used for; less the process's mask, unless ``exact``.
        exact: Whether the mode is to be just that.
        folder: The open folder that ``path`` is a name in.
        rename: What puts the finished file in place.

    Raises:
        OSError: it could not be written; the old file is as it was.
    """
    half = half or path.with_name(TEMPORARY + secrets.token_hex(8))
    try:
        with os.fdopen(os.open(half, _NEW, mode, dir_fd=folder), "wb") as file:
            yield file
            if exact and os.name != "nt":
                os.fchmod(file.fileno(), mode)
            sync(file)
        if rename is None:
            os.replace(half, path, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            rename(half, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(half, dir_fd=folder)
        raise
    if folder is None:
        sync_folder(path.parent)
    else:
        os.fsync(folder)


def sync(file: IO[bytes]) -> None:
    """Have on disk what was written to a file."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk. Windows knows no such thing and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def room(folder: Path) -> int:
    """How many bytes are free on the disk of a folder, which need not be there yet."""
    return shutil.disk_usage(existing(folder)).free


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
