"""What is remembered of skills, in one JSON file of the state folder."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from openclaw_rpc.config.paths import private_opener
from openclaw_rpc.domain.ports import Log
from openclaw_rpc.domain.skills.ports import SkillRecord


class FileSkillRecords:
    """`skills.json`, replaced as a whole; for its owner alone."""

    def __init__(self, path: Path, log: Log) -> None:
        self._path = path
        self._log = log
        self._before: dict[str, SkillRecord] = {}

    def load(self) -> Mapping[str, SkillRecord]:
        """All of it; a file that can't be read is set aside."""
        try:
            self._before = msgspec.json.decode(self._path.read_bytes(), type=dict[str, SkillRecord])
        except FileNotFoundError:
            self._before = {}
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._log.error("what was remembered of skills can't be read", file=str(self._path), error=str(error))
            with suppress(OSError):
                self._path.replace(self._path.with_suffix(".broken"))
            self._before = {}
        return dict(self._before)

    def save(self, records: Mapping[str, SkillRecord]) -> None:
        """Replace it. It is on disk when this returns, but for mere counts: those may lack what a power cut took."""
        temporary = self._path.with_suffix(".tmp")
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(temporary, "wb", opener=private_opener) as target:
            target.write(msgspec.json.format(msgspec.json.encode(records, order="deterministic")))
            target.flush()
            if _lasting(records) != _lasting(self._before):
                os.fsync(target.fileno())
        temporary.replace(self._path)
        self._before = dict(records)


def _lasting(records: Mapping[str, SkillRecord]) -> dict[str, SkillRecord]:
    return {slug: msgspec.structs.replace(record, invocations=0, last_used=None) for slug, record in records.items()}
