"""The log of one gateway: its lines in memory, in files, on a terminal, and to whoever follows them."""

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

from openclaw_rpc.adapters.logs.files import LineFile, Terminal
from openclaw_rpc.adapters.logs.logger import CRITICAL, DEBUG, ERROR, INFO, WARNING, Logger, make_logger
from openclaw_rpc.adapters.logs.redaction import Redactor
from openclaw_rpc.config.gateway import LoggingSettings
from openclaw_rpc.config.paths import Paths
from openclaw_rpc.config.secrets import secret_values
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.records import LogRecord
from openclaw_rpc.protocol.errors import InvalidRequest

LEVELS: Final[Mapping[str, int]] = {
    "debug": DEBUG,
    "info": INFO,
    "warn": WARNING,
    "warning": WARNING,
    "error": ERROR,
    "critical": CRITICAL,
}
NAMES: Final[Mapping[int, str]] = {DEBUG: "debug", INFO: "info", WARNING: "warn", ERROR: "error", CRITICAL: "critical"}
RING_LINES: Final = 5_000
RING_CHARACTERS: Final = 8 * 1024 * 1024
FILE_NAME: Final = "gateway.log"

Listener = Callable[[LogRecord], None]
"""Called with each line, in the thread that wrote it; must return at once. Lines it writes itself don't come back."""


class Logs:
    """The port ``LogBook``, and the loggers of all parts. Made by ``configure_logs``."""

    def __init__(self, level: str = "info", *, terminal: Terminal | None = None) -> None:
        self.threshold = LEVELS[level]
        self._redactor = Redactor()
        self._terminal = terminal
        self._file: LineFile | None = None
        self._file_settings: LoggingSettings | None = None
        self._folder: Path | None = None
        self._ring: deque[tuple[int, LogRecord, int]] = deque()
        self._ring_characters = 0
        self._lock = threading.RLock()
        self._listeners: tuple[Listener, ...] = ()
        self._telling = threading.local()
        self._loggers: dict[str, Logger] = {}
        self._bridge: _Bridge | None = None

    def get(self, component: str) -> Logger:
        """The logger of a part of the gateway; the domain's ``Log``."""
        logger = self._loggers.get(component)
        if logger is None:
            logger = self._loggers[component] = make_logger(self, component, self._redactor)
        return logger

    @property
    def level(self) -> str:
        """The least level that is kept: debug, info, warn, error or critical. May be set at any time."""
        return NAMES[self.threshold]

    @level.setter
    def level(self, level: str) -> None:
        self.threshold = LEVELS[level]
        if self._bridge is not None:
            self._bridge.follow(self.threshold)

    def protect(self, values: Iterable[str]) -> None:
        """Have these secrets replaced in every line from now on."""
        self._redactor.protect(values)

    def apply(self, settings: Settings) -> None:
        """Take level, files and secrets from settings that have changed."""
        self.protect(secret_values(msgspec.to_builtins(settings)))
        self.level = settings.logging.level
        self._use_file(settings.logging)

    def tail(
        self, lines: int, level: str, since: str | None = None, component: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """The newest ``lines`` of at least ``level``, oldest first: timestamp, level, component, message, fields.

        Raises:
            InvalidRequest: ``level`` is none, or ``since`` no ISO 8601 time.
        """
        least = LEVELS.get(level)
        if least is None:
            raise InvalidRequest(f"there is no level {level!r}", field="level", reason=f"one of {', '.join(LEVELS)}")
        after = "" if since is None else _moment(since)
        with self._lock:
            newest = tuple(self._ring)
        found: list[Mapping[str, Any]] = []
        for number, record, _ in reversed(newest):
            if len(found) >= lines:
                break
            if number >= least and record.timestamp >= after and component in (None, record.component):
                found.append(msgspec.structs.asdict(record))
        found.reverse()
        return found

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called with every line. Answers what ends that."""
        self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

        return unsubscribe

    def put(self, level: int, component: str, event: str, fields: dict[str, Any]) -> None:
        """Keep a line; ``Logger`` calls this, with secrets taken out."""
        record = LogRecord(timestamp=_now(), level=NAMES[level], component=component, message=event, fields=fields)
        with self._lock:
            self._remember(level, record)
            if self._terminal is not None:
                self._terminal.add(record)
            if self._file is not None and not self._file.add(record):
                fault = self._redactor.text(self._file.fault or "")
                lost = LogRecord(
                    timestamp=_now(),
                    level="error",
                    component="log",
                    message="the log's file can't be written",
                    fields={"error": fault},
                )
                self._remember(ERROR, lost)
                if self._terminal is not None:
                    self._terminal.add(lost)
        if self._listeners and not getattr(self._telling, "now", False):
            self._tell(record)

    def close(self) -> None:
        """Close the file and leave the standard library's logging as it was."""
        if self._bridge is not None:
            self._bridge.remove()
            self._bridge = None
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _remember(self, level: int, record: LogRecord) -> None:
        size = len(record.message) + sum(len(str(value)) for value in record.fields.values())
        self._ring.append((level, record, size))
        self._ring_characters += size
        while len(self._ring) > RING_LINES or self._ring_characters > RING_CHARACTERS:
            self._ring_characters -= self._ring.popleft()[2]

    def _tell(self, record: LogRecord) -> None:
        self._telling.now = True
        try:
            for listener in self._listeners:
                try:
                    listener(record)
                except Exception as error:
                    self.get("log").error("a follower of the log failed", error=error)
        finally:
            self._telling.now = False

    def open_file(self, folder: Path, settings: LoggingSettings) -> None:
        """Keep lines in ``folder`` as well, as ``settings`` say. Where that is impossible a line says so."""
        self._folder = folder
        self._use_file(settings)

    def _use_file(self, settings: LoggingSettings) -> None:
        chosen = msgspec.structs.replace(settings, level="info")
        if self._folder is None or chosen == self._file_settings:
            return
        fault = None
        with self._lock:
            self._file_settings = chosen
            if self._file is not None:
                self._file.close()
                self._file = None
            if chosen.file:
                try:
                    self._file = LineFile(self._folder / FILE_NAME, chosen.max_bytes, chosen.backups)
                except OSError as error:
                    fault = error
        if fault is not None:
            self.get("log").warning("no file for the log: lines are kept in memory alone", error=fault)

    def prune(self, before: str) -> int:
        """Take the lines from before a time out of the files. Blocks: call it in a thread. Answers how many.

        Raises:
            OSError: a file can't be written anew; it is as it was.
        """
        file = self._file
        return 0 if file is None else file.prune(before)

    def bridge(self) -> None:
        """Take what libraries log through the standard library as well."""
        self._bridge = _Bridge(self)
        self._bridge.install()


class _Bridge(logging.Handler):
    """Lines of aiohttp, websockets, asyncio and others, each under its package's name.

    From warnings on, and from info on where the gateway's level is debug; never their debug lines, which hold
    whole frames.
    """

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self._logs = logs
        self._root = logging.getLogger()
        self._before = self._root.level

    def install(self) -> None:
        self._root.addHandler(self)
        self.follow(self._logs.threshold)

    def follow(self, threshold: int) -> None:
        self._root.setLevel(INFO if threshold <= DEBUG else max(WARNING, threshold))

    def remove(self) -> None:
        self._root.removeHandler(self)
        self._root.setLevel(self._before)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:
            message = str(record.msg)
        level = max(DEBUG, min(CRITICAL, record.levelno // 10 * 10))
        if level < self._logs.threshold:
            return
        component = record.name.partition(".")[0]
        fields: dict[str, Any] = {"logger": record.name} if component != record.name else {}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        self._logs.get(component).say(level, message, fields)


def configure_logs(settings: Settings, paths: Paths, *, terminal: bool, stream: TextIO | None = None) -> Logs:
    """The log of a gateway, as its settings say. Call ``close`` at the end.

    Args:
        settings: ``logging``, and every secret that must never be written.
        paths: Where the files go: ``gateway.log`` in ``paths.logs``.
        terminal: Whether to print readable lines as well.
        stream: Where to print them; standard error where nothing is said.
    """
    shown = None
    if terminal:
        out = sys.stderr if stream is None else stream
        shown = Terminal(out, colours=out.isatty() and not os.environ.get("NO_COLOR"))
    logs = Logs(settings.logging.level, terminal=shown)
    logs.protect(secret_values(msgspec.to_builtins(settings)))
    logs.open_file(paths.logs, settings.logging)
    logs.bridge()
    return logs


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(since: str) -> str:
    """A date or time, UTC where no zone is given, as timestamps are written."""
    try:
        moment = datetime.fromisoformat(since)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest("`since` is not a time", field="since", reason="an ISO 8601 date or time") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
