"""`.env` in the gateway's folder: variables for `${NAME}` beside those of the environment, for keys above all."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from openclaw_rpc.config.errors import ConfigError, Problem

NAME: Final = ".env"
_MAX_BYTES: Final = 1_000_000
_ENTRY: Final = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
    (?:'(?P<single>[^']*)'[ \t]*(?:\#[^\n]*)?(?=\n|\Z)
      |"(?P<double>(?:[^"\\]|\\.)*)"[ \t]*(?:\#[^\n]*)?(?=\n|\Z)
      |(?P<plain>[^'"\n][^\n]*|)(?=\n|\Z))""",
    re.VERBOSE | re.DOTALL,
)
_BLANK: Final = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|\Z)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def variables(env: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment's variables, and those of `.env` that it does not have.

    Raises:
        ConfigError: the file can't be read, or has a line that is no `NAME=value`. What a line holds is never shown.
    """
    return {**_read(home / NAME), **env}


def exposed(home: Path) -> int | None:
    """The mode of a `.env` that others than its owner can read; None where all is well or there is none."""
    try:
        mode = (home / NAME).stat().st_mode & 0o777
    except OSError:
        return None
    return mode if mode & 0o077 and sys.platform != "win32" else None


def _read(file: Path) -> dict[str, str]:
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_size > _MAX_BYTES:
                raise ConfigError.of(file, f"the file is larger than {_MAX_BYTES} bytes")
            text = opened.read(_MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError as error:
        raise ConfigError.of(file, f"the file is not UTF-8 (byte {error.start})") from None
    except OSError as error:
        raise ConfigError.of(file, f"the file can't be read: {error.strerror}") from None
    return parse(text, str(file))


def parse(text: str, file: str) -> dict[str, str]:
    """`NAME=value` lines: `export` before them, quotes, comments and values of several lines in quotes are understood.

    Raises:
        ConfigError: with every line that is something else.
    """
    text = text.replace("\r\n", "\n")
    found: dict[str, str] = {}
    problems: list[Problem] = []
    at = 0
    while at < len(text):
        if blank := _BLANK.match(text, at):
            at = blank.end() + 1
        elif entry := _ENTRY.match(text, at):
            found[entry["name"]] = _value(entry)
            at = entry.end() + 1
        else:
            line = text.count("\n", 0, at) + 1
            problems.append(Problem(file=file, line=line, path="", reason="a line must be NAME=value, quotes closed"))
            at = (text.find("\n", at) + 1) or len(text)
    if problems:
        raise ConfigError(problems)
    return found


def _value(entry: re.Match[str]) -> str:
    if entry["single"] is not None:
        return entry["single"]
    if entry["double"] is not None:
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), entry["double"], flags=re.DOTALL)
    # a comment begins behind a blank, so that a # inside a key stays
    return re.split(r"[ \t]#|^#", entry["plain"], maxsplit=1)[0].strip()
