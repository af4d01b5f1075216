"""Copying a folder that becomes a skill: regular files alone, whatever is changed there meanwhile."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from openclaw_rpc.adapters.skills.archive import PIECE, new_file
from openclaw_rpc.adapters.skills.names import MAX_UNPACKED, MIB, Names, ignored, refused, too_large
from openclaw_rpc.durable import sync
from openclaw_rpc.protocol.errors import InvalidRequest

_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
# A pipe must not be waited for.
_FILE: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class _Copy:
    def __init__(self, target: Path) -> None:
        self.target = target
        self.names = Names()
        self.left = MAX_UNPACKED

    def folder(self, descriptor: int, above: tuple[str, ...]) -> None:
        """Copy what an open folder holds. Everything is opened by its own name in it, never by a path."""
        for name in sorted(os.listdir(descriptor)):
            parts = (*above, name)
            if ignored(parts):
                continue
            mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise refused(f"{'/'.join(parts)[:80]!r} is a link, a device or the like")
            self.names.add("/".join(parts), folder=stat.S_ISDIR(mode))
            inner = os.open(name, _FOLDER if stat.S_ISDIR(mode) else _FILE, dir_fd=descriptor)
            try:
                if stat.S_ISDIR(mode):
                    self.folder(inner, parts)
                else:
                    self.file(inner, parts)
            finally:
                os.close(inner)

    def file(self, descriptor: int, parts: tuple[str, ...]) -> None:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise refused(f"{'/'.join(parts)[:80]!r} is not a regular file")
        with new_file(self.target, parts, bool(mode & 0o100)) as written:
            while piece := os.read(descriptor, PIECE):
                self.left -= len(piece)
                if self.left < 0:
                    raise too_large(f"more than {MAX_UNPACKED // MIB} MiB", MAX_UNPACKED)
                written.write(piece)
            sync(written)


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder's files below an empty one; executable ones stay so. Whatever is raised, some may be copied.

    Raises:
        InvalidRequest: it holds what no skill may, or was changed meanwhile.
        TooLarge: it is larger than skills may be.
    """
    try:
        descriptor = os.open(source, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:
        raise unreadable(source, error) from None
    try:
        _Copy(target).folder(descriptor, ())
    except OSError as error:
        raise unreadable(source, error) from None
    finally:
        os.close(descriptor)


def read_file(path: Path, limit: int) -> bytes:
    """A regular file's bytes, at most ``limit`` and one more.

    Raises:
        InvalidRequest: it is not a regular file, or can't be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as source:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise refused("it is not a regular file")
            return source.read(limit + 1)
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> InvalidRequest:
    """The error for what can't be read."""
    reason = f"can't be read: {error.strerror or type(error).__name__}"
    return InvalidRequest(f"{path} {reason}", field="source", reason=reason)
