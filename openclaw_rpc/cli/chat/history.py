"""What was typed in earlier chats, for the arrow keys."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory

MOST_BYTES = 512 * 1024


class History(FileHistory):
    """A file that is the owner's alone, and stays small."""

    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__(str(path))

    def load_history_strings(self) -> Iterable[str]:
        """What was typed, the newest first."""
        with suppress(OSError):
            self._shorten()
            return list(super().load_history_strings())
        return []

    def store_string(self, string: str) -> None:
        """Keep what was typed. Where it can't be kept, it is not."""
        with suppress(OSError):
            # what was said is nobody else's business: the file is made before it is written
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600))
            super().store_string(string)

    def _shorten(self) -> None:
        if self._path.exists() and self._path.stat().st_size > MOST_BYTES:
            kept = self._path.read_bytes()[-MOST_BYTES // 2 :]
            self._path.write_bytes(kept[kept.find(b"\n#") + 1 :])
