"""Opening paths that can't lead out of a folder.

Linux does it by itself: `openat2(2)` with RESOLVE_BENEATH, which follows links as long as they stay inside, whatever
is renamed meanwhile. Elsewhere, and where a sandbox forbids that call, each name is opened from the folder before it,
and links are refused.
"""

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

from openclaw_rpc.domain.files import Parts

RESOLVE_NO_MAGICLINKS: Final = 0x02
RESOLVE_BENEATH: Final = 0x08
RESOLVE_CACHED: Final = 0x20
SYS_OPENAT2: Final = 437
AT_FDCWD: Final = -100
INSIDE: Final = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
RENAME_NOREPLACE: Final = 1
TRIES: Final = 64
FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NONBLOCK", 0)
NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


class Opener(Protocol):
    """Opens paths below a folder."""

    def open(self, root: int, parts: Parts, flags: int, mode: int = 0) -> int:
        """A descriptor of ``parts`` below the folder ``root``, closed on exec.

        Raises:
            OSError: EXDEV or ELOOP where it leads out, EAGAIN where folders were moved again and again meanwhile.
        """
        ...

    def open_cached(self, root: str, parts: Parts, flags: int) -> int | None:
        """The same without waiting for a disk; None where one would have to be asked, or it can't be opened so.

        Raises:
            FileNotFoundError: the system remembers that there is nothing of that name.
        """
        ...


_HOW: Final = struct.Struct("@QQQ")
"""`struct open_how`: flags, mode, resolve."""


class KernelOpener:
    """By `openat2(2)` (Linux 5.6)."""

    def __init__(self) -> None:
        self._syscall = ctypes.CDLL(None, use_errno=True).syscall
        self._syscall.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)
        self._syscall.restype = ctypes.c_long

    def open(self, root: int, parts: Parts, flags: int, mode: int = 0) -> int:
        """As `Opener.open`."""
        path = os.fsencode("/".join(parts) or ".")
        found = -errno.EAGAIN
        for _ in range(TRIES):
            found = self._call(root, path, flags, mode, INSIDE)
            # EAGAIN: something was renamed while `..` of a link was followed, and the kernel can't tell.
            if found not in (-errno.EAGAIN, -errno.EINTR):
                break
        if found < 0:
            raise OSError(-found, os.strerror(-found))
        return found

    def open_cached(self, root: str, parts: Parts, flags: int) -> int | None:
        """As `Opener.open_cached` (Linux 5.12)."""
        folder = self._call(AT_FDCWD, os.fsencode(root), FOLDER, 0, RESOLVE_CACHED)
        if folder < 0:
            return None
        try:
            found = self._call(folder, os.fsencode("/".join(parts) or "."), flags, 0, INSIDE | RESOLVE_CACHED)
        finally:
            os.close(folder)
        if found == -errno.ENOENT:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return found if found >= 0 else None

    def _call(self, root: int, path: bytes, flags: int, mode: int, resolve: int) -> int:
        """A descriptor, or the error's number, negative."""
        how = _HOW.pack(flags | os.O_CLOEXEC, mode, resolve)
        found: int = self._syscall(SYS_OPENAT2, root, path, how, _HOW.size)
        return found if found >= 0 else -ctypes.get_errno()


class WalkingOpener:
    """Name by name, without following any link."""

    def open(self, root: int, parts: Parts, flags: int, mode: int = 0) -> int:
        """As `Opener.open`."""
        folder = root
        try:
            for name in parts[:-1]:
                below = os.open(name, FOLDER | NOFOLLOW, dir_fd=folder)
                if folder != root:
                    os.close(folder)
                folder = below
            return os.open(parts[-1] if parts else ".", flags | NOFOLLOW, mode, dir_fd=folder)
        finally:
            if folder != root:
                os.close(folder)

    def open_cached(self, root: str, parts: Parts, flags: int) -> int | None:
        """As `Opener.open_cached`: never."""
        return None


@lru_cache(maxsize=1)
def system_opener() -> Opener:
    """The best that works here; tried once."""
    if sys.platform == "linux":
        opener = KernelOpener()
        root = os.open("/", FOLDER)
        try:
            os.close(opener.open(root, (), FOLDER))
        except OSError:  # an older kernel, or a sandbox that does not know the call
            pass
        else:
            return opener
        finally:
            os.close(root)
    return WalkingOpener()


def rename_new(source: str, source_folder: int, to: str, to_folder: int) -> None:
    """Rename where there is nothing at ``to``.

    Raises:
        FileExistsError: there is something.
    """
    if _rename_noreplace()(source, source_folder, to, to_folder):
        return
    # Without the system's help there is a moment between looking and renaming.
    try:
        os.stat(to, dir_fd=to_folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, to, src_dir_fd=source_folder, dst_dir_fd=to_folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


@lru_cache(maxsize=1)
def _rename_noreplace() -> Callable[[str, int, str, int], bool]:
    """`renameat2(2)` with RENAME_NOREPLACE; answers false where the system has none."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None

    def rename(source: str, source_folder: int, to: str, to_folder: int) -> bool:
        if function is None:
            return False
        done = function(source_folder, os.fsencode(source), to_folder, os.fsencode(to), RENAME_NOREPLACE)
        if done == 0:
            return True
        code = ctypes.get_errno()
        if code in (
            errno.ENOSYS,
            errno.EINVAL,
        ):  # EINVAL: the file system does not know the flag, or a folder in itself
            return False
        raise OSError(code, os.strerror(code))

    return rename
