"""The dated files: `<user>/<YYYY-MM-DD>.jsonl`, a memory a line. A file is written once and never changed."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from openclaw_rpc.durable import replacing, sync_folder

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_NAME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.([0-9]{1,9}))?\.jsonl", re.ASCII)


class Folder:
    """The folder of all files. Every method blocks: call it in a thread. Folders have mode 0700, files 0600."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, user: str, date: str, part: int) -> Path:
        """The file of a user's day; a day that is large has several parts, counted from 1.

        A user whose name may be a file's name on every system gives it to the folder, any other one the hash of it.

        Raises:
            ValueError: ``date`` is none.
        """
        if _DATE.fullmatch(date) is None:
            raise ValueError(f"{date!r} is not a date")
        return self._folder(user) / (f"{date}.jsonl" if part == 1 else f"{date}.{part}.jsonl")

    def parts(self, user: str, date: str) -> set[int]:
        """The parts of a user's day that are there."""
        try:
            names = [path.name for path in self._folder(user).iterdir()]
        except FileNotFoundError:
            return set()
        matches = (_NAME.fullmatch(name) for name in names)
        return {int(match[2] or 1) for match in matches if match is not None and match[1] == date}

    def write(self, path: Path, lines: Iterable[bytes]) -> int:
        """Write a new file; it is there as a whole, and on disk, when this returns its size in bytes.

        Raises:
            OSError: it can't be written, and nothing of it is there.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = path.with_suffix(".tmp")
        half.unlink(missing_ok=True)
        with replacing(path, half=half, rename=self.publish) as file:
            for line in lines:
                file.write(line + b"\n")
            size = file.tell()
        sync_folder(path.parent.parent)
        return size

    def publish(self, half: Path, path: Path) -> None:
        """Give a file that is complete its name."""
        half.replace(path)

    def remove(self, path: Path) -> None:
        """Remove a file, or what a crash left of one."""
        path.with_suffix(".tmp").unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def read(self, path: Path, spans: Sequence[tuple[int, int]]) -> list[bytes]:
        """The bytes at these places, (place, size) each; fewer bytes where the file is shorter.

        Raises:
            OSError: it can't be read.
        """
        with path.open("rb", buffering=0) as file:
            pieces: list[bytes] = []
            for place, size in spans:
                file.seek(place)
                pieces.append(file.read(size))
            return pieces

    def _folder(self, user: str) -> Path:
        if _PLAIN.fullmatch(user) is not None:
            return self.root / user
        return self.root / ("=" + hashlib.sha256(user.encode()).hexdigest()[:40])
