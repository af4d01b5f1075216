"""Putting a folder in another's place, so that at each moment one of the two is there."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Final

OLD: Final = ".old-"
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
_UNSUPPORTED: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM})


def put(new: Path, target: Path, *, atomic: bool = True) -> Path | None:
    """Give ``new`` the place of ``target``. Answers where that lies now, if it was there.

    On Linux they are exchanged in one step (`renameat2(2)`). Elsewhere the old one is first set aside under a name
    by which `recover` knows it.
    """
    if not os.path.lexists(target):
        new.rename(target)
        return None
    if atomic and exchange(new, target):
        return new
    aside = target.with_name(OLD + target.name)
    target.rename(aside)
    new.rename(target)
    return aside


def recover(aside: Path) -> bool:
    """Put back what was set aside, where nothing has taken its place; whether it was."""
    target = aside.with_name(aside.name.removeprefix(OLD))
    if os.path.lexists(target):
        return False
    aside.rename(target)
    return True


def exchange(one: Path, other: Path) -> bool:
    """Exchange two files or folders in one step; false where this system can't.

    Raises:
        OSError: it can, and it went wrong.
    """
    if sys.platform != "linux":
        return False
    import ctypes  # only whoever installs a skill needs it

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(other))
