"""Where lines end up outside the process: a rotating file, and a terminal."""

import contextlib
import logging
import os
import re
import stat
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

from openclaw_rpc.config.paths import private_folder, private_opener
from openclaw_rpc.domain.records import LogRecord

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class _Dated(msgspec.Struct):
    timestamp: str


class LineFile(RotatingFileHandler):
    """JSON lines in a file of bounded size, readable by its owner alone. ``fault``: why the last one is not in it."""

    def __init__(self, path: Path, max_bytes: int, backups: int) -> None:
        private_folder(path.parent)
        self.fault: str | None = None
        super().__init__(path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8")

    def add(self, record: LogRecord) -> bool:
        """Append a line. False where that failed for the first time since it last worked."""
        before, self.fault = self.fault, None
        line = msgspec.json.encode(record).decode()
        self.handle(logging.LogRecord("", 0, "", 0, line, None, None))
        return self.fault is None or before is not None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A full disk or a folder that is gone must not end the gateway."""
        self.fault = str(sys.exc_info()[1])

    def close(self) -> None:
        """Close the file; what a full disk does not take any more is lost."""
        with contextlib.suppress(OSError):
            super().close()

    def prune(self, before: str) -> int:
        """Take the lines from before a time out of the file, and out of the older ones; how many."""
        path = Path(self.baseFilename)
        older = [path.with_name(f"{path.name}.{number}") for number in range(self.backupCount, 0, -1)]
        return sum(self._prune(one, before) for one in (*older, path) if one.exists())

    def _prune(self, path: Path, before: str) -> int:
        """Write a file anew without what is over. Lines that come meanwhile wait only for what came since."""
        half = path.with_name(path.name + ".part")
        with path.open("rb") as old:
            line = old.readline()
            if not line or _written_at(line) >= before:
                return 0
            half.unlink(missing_ok=True)
            removed = 0
            try:
                with open(half, "wb", opener=private_opener) as new:
                    while line:
                        if _written_at(line) < before:
                            removed += 1
                        else:
                            new.write(line)
                        line = old.readline()
                    with self.lock or contextlib.nullcontext():
                        if not self._is_still(path, old.fileno()):
                            return 0  # a new file was begun meanwhile: the next time
                        new.write(old.read())
                        new.flush()
                        self._replace(path, half)
            finally:
                half.unlink(missing_ok=True)
        return removed

    @staticmethod
    def _is_still(path: Path, descriptor: int) -> bool:
        try:
            return os.path.samestat(path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return False

    def _replace(self, path: Path, half: Path) -> None:
        """Put a file in another's place; the lines that come are written to it."""
        stream = self.stream if str(path) == self.baseFilename else None
        if stream is not None:
            stream.close()
        half.replace(path)
        if stream is not None:
            self.stream = self._open()

    def _open(self) -> TextIOWrapper:
        stream = open(self.baseFilename, "a", encoding="utf-8", opener=private_opener)  # noqa: SIM115
        if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            os.fchmod(stream.fileno(), 0o600)
        return stream


class Terminal:
    """Readable lines, in colour where the terminal has it and `NO_COLOR` is not set (https://no-color.org)."""

    def __init__(self, stream: TextIO, *, colours: bool) -> None:
        from structlog.dev import ConsoleRenderer, plain_traceback

        self._stream: TextIO | None = stream
        self._render: Any = ConsoleRenderer(colors=colours, exception_formatter=plain_traceback)

    def add(self, record: LogRecord) -> None:
        """Print a line; nothing any more once the terminal is gone."""
        if self._stream is None:
            return
        line: dict[str, Any] = {key: _printable(value) for key, value in record.fields.items()}
        line |= {"timestamp": record.timestamp[11:23], "level": record.level, "logger": record.component}
        line["event"] = _printable(record.message)
        try:
            self._stream.write(self._render(None, "", line) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None


def _written_at(line: bytes) -> str:
    """When a line was written; nothing where it can't be read."""
    try:
        return msgspec.json.decode(line, type=_Dated).timestamp
    except (msgspec.MsgspecError, ValueError):
        return ""


def _printable(value: Any) -> Any:
    """Without characters that steer a terminal."""
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value
