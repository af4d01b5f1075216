"""What may lie in a skill's folder: how it may be called, how much it may be."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from openclaw_rpc.protocol.errors import InvalidRequest, TooLarge

MIB: Final = 1024 * 1024
MAX_ARCHIVE: Final = 50 * MIB
MAX_UNPACKED: Final = 200 * MIB
MAX_FILES: Final = 5000
MAX_DEPTH: Final = 32
MAX_NAME: Final = 200
MAX_PATH: Final = 1000
IGNORED: Final = frozenset({".git", "__pycache__", "__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
"""What other programs leave in folders; no part of a skill."""

# Windows takes these for devices, with any ending.
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)( *\.|:|$)", re.IGNORECASE)
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')


def refused(what: str) -> InvalidRequest:
    """The error for what no skill may hold."""
    return InvalidRequest(f"this is not a skill that can be installed: {what}", field="source", reason=what)


def too_large(what: str, limit: int) -> TooLarge:
    """The error for a skill that is larger than skills may be."""
    return TooLarge(f"the skill is too large: {what}", field="source", reason=what, limit=limit)


class Names:
    """The names of all that goes into one folder. None leads elsewhere, no two are one on any file system."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, ...], bool] = {}
        self._spelled: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._files: set[tuple[str, ...]] = set()

    def add(self, path: str, *, folder: bool) -> tuple[str, ...]:
        """Take a file or folder by its path, with slashes; answers its parts.

        Raises:
            InvalidRequest: it is no plain relative path, or clashes with another.
            TooLarge: there are more than a skill may have.
        """
        parts = parts_of(path)
        if len(parts) > MAX_DEPTH:
            raise refused(f"{path[:80]!r} is nested too deeply")
        for count in range(1, len(parts) + 1):
            self._note(parts[:count], folder=folder or count < len(parts), last=count == len(parts))
        if len(self._kinds) > MAX_FILES:
            raise too_large(f"more than {MAX_FILES} files and folders", MAX_FILES)
        return parts

    def _note(self, parts: tuple[str, ...], *, folder: bool, last: bool) -> None:
        key = tuple(map(_folded, parts))
        if self._spelled.setdefault(key, parts) != parts:
            raise refused(f"{'/'.join(parts)[:80]!r} and another name differ in their case or accents alone")
        known = self._kinds.setdefault(key, folder)
        if known != folder:
            raise refused(f"{'/'.join(parts)[:80]!r} is a file and a folder")
        if last and not folder and key in self._files:
            raise refused(f"{'/'.join(parts)[:80]!r} is in it twice")
        if last and not folder:
            self._files.add(key)


def parts_of(path: str) -> tuple[str, ...]:
    """The parts of a plain relative path.

    Raises:
        InvalidRequest: it is none that every system takes for the same file below the folder.
    """
    if not path or len(path) > MAX_PATH:
        raise refused("a name is empty or too long")
    if path.startswith("/"):
        raise refused(f"{path[:80]!r} is an absolute path")
    parts = tuple(path.split("/"))
    for part in parts:
        if part in ("", ".", ".."):
            raise refused(f"{path[:80]!r} is not a plain path")
        if _FORBIDDEN.search(part) or not part.isprintable():
            raise refused(f"{path[:80]!r} has characters that no file's name should have")
        if part != part.rstrip(". ") or part != part.lstrip(" ") or _DEVICES.match(part):
            raise refused(f"{path[:80]!r} is not a valid file name on every system")
        if len(part.encode("utf-8", "surrogatepass")) > MAX_NAME:
            raise refused("a name is too long")
    return parts


def ignored(parts: tuple[str, ...]) -> bool:
    """Whether it is no part of a skill."""
    return not IGNORED.isdisjoint(parts)


def _folded(part: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", part).casefold())
