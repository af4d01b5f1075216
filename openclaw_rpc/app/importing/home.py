"""The home of an OpenClaw: where it is, its settings, and its databases, which are copied before they are opened."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from openclaw_rpc.app.importing.includes import included
from openclaw_rpc.app.importing.report import table
from openclaw_rpc.protocol.errors import InvalidRequest, Unavailable

STATE_VARIABLE: Final = "OPENCLAW_STATE_DIR"
FILE: Final = "openclaw.json"
_TRIES: Final = 5


def find_home(chosen: Path | None, env: Mapping[str, str]) -> Path:
    """The folder that was named, else the one that OpenClaw itself takes.

    Raises:
        InvalidRequest: there is no `openclaw.json` in it.
    """
    named = str(chosen) if chosen is not None else env.get(STATE_VARIABLE, "").strip()
    home = (Path(named).expanduser() if named else Path(env.get("HOME") or Path.home()) / ".openclaw").absolute()
    if home.name == FILE:
        home = home.parent
    if not (home / FILE).is_file():
        raise InvalidRequest(f"there is no {FILE} in {home}: name OpenClaw's home", field="PATH", reason="not there")
    return home


def read_settings(home: Path) -> dict[str, Any]:
    """What `openclaw.json` says, with what it includes.

    Raises:
        InvalidRequest: it, or a file that it includes, is not JSON5, or can't be included.
    """
    return table(included(_json5(home / FILE), home / FILE, _json5))


def _json5(file: Path) -> Any:
    try:
        written = file.read_text(encoding="utf-8")
        try:
            return json.loads(written)  # as OpenClaw itself writes it
        except ValueError:
            import json5  # only an import needs it, and only of what a person wrote

            return json5.loads(written)
    except OSError as error:
        why = f"{file.name} can't be read: {error.strerror}"
        raise InvalidRequest(why, field="PATH", reason="unreadable") from None
    except (ValueError, RecursionError) as error:
        where = str(error).splitlines()[0][:200] if isinstance(error, ValueError) else "it is nested too deeply"
        # The parser's message names a place and a character, not the line's content.
        raise InvalidRequest(f"{file.name} is not valid JSON5: {where}", field="PATH", reason="not JSON5") from None


@contextmanager
def database(file: Path) -> Generator[sqlite3.Connection]:
    """A copy of a database with its log, so that nothing is written beside the original.

    Raises:
        Unavailable: it is written to all the while, or can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="openclaw-import-") as folder:
        copy = Path(folder) / "copy.sqlite"
        for _ in range(_TRIES):
            before = _marks(file)
            copy.unlink(missing_ok=True)
            Path(f"{copy}-wal").unlink(missing_ok=True)
            shutil.copyfile(file, copy)
            if (log := Path(f"{file}-wal")).exists():
                shutil.copyfile(log, f"{copy}-wal")
            if _marks(file) == before:
                break
        else:
            raise Unavailable(f"{file} is being written to: stop OpenClaw's gateway first", reason="busy")
        try:
            with closing(sqlite3.connect(copy)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.Error as error:
            raise Unavailable(f"{file} can't be read: {error}", reason="unreadable") from None


def _marks(file: Path) -> list[tuple[int, int]]:
    found = [path.stat() for path in (file, Path(f"{file}-wal")) if path.exists()]
    return [(each.st_mtime_ns, each.st_size) for each in found]
