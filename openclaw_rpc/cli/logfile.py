"""The gateway's log files, read where no gateway runs that could be asked."""

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from openclaw_rpc.cli.moments import moment
from openclaw_rpc.domain.records import LogRecord

NAME = "gateway.log"
RANK: Mapping[str, int] = MappingProxyType({"debug": 0, "info": 1, "warn": 2, "warning": 2, "error": 3, "critical": 4})
"""Levels from the least to the gravest; one that is not here counts as the gravest."""


def read_log(
    folder: Path, *, lines: int, level: str, since: str | None = None, component: str | None = None
) -> list[LogRecord]:
    """The newest ``lines`` of at least ``level``, oldest first; older files are opened only when they are needed.

    Raises:
        OSError: a file can't be read.
    """
    after = None if since is None else moment(since)
    found: deque[LogRecord] = deque()
    for file in _files(folder):
        newest = deque(_matching(file, RANK[level], after, component), maxlen=lines - len(found))
        found.extendleft(reversed(newest))
        if len(found) >= lines:
            break
    return list(found)


def _files(folder: Path) -> list[Path]:
    """The newest first: ``gateway.log``, ``gateway.log.1``, …"""
    older = [file for file in folder.glob(NAME + ".*") if file.suffix[1:].isdigit()]
    older.sort(key=lambda file: int(file.suffix[1:]))
    current = folder / NAME
    return [current, *older] if current.exists() else older


def _matching(file: Path, rank: int, after: str | None, component: str | None) -> list[LogRecord]:
    decoder = msgspec.json.Decoder(LogRecord)
    found: list[LogRecord] = []
    with file.open("rb") as lines:
        for line in lines:
            try:
                record = decoder.decode(line)
            except msgspec.DecodeError:
                continue  # the last line of a process that was killed, or somebody else's
            if (
                RANK.get(record.level, len(RANK)) >= rank
                and (after is None or record.timestamp >= after)
                and component in (None, record.component)
            ):
                found.append(record)
    return found
