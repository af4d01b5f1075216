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


def _printable(value: Any) -> Any:
    """Without characters that steer a terminal."""
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value
