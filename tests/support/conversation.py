"""Conversations: what a client sends and what it is sent, written down line by line, and replayed on a socket.

Headers, each at most once, before the first frame::

    connect /ws                the path, `/` where it is missing; may have a query
    token: read                owner (as where it is missing), none, wrong, a scope or several (`read,chat`), or a
                               user: `alice` has all scopes but admin, `alice-admin` all
    upstream: scripted         the model: the scripted one, or `none`, which leaves the offline agent
    subprotocol: jsonrpc
    needs: chromium            a program without which it is skipped
    gateway: {"heartbeat_seconds": 0.1}    what else `gateway` in the configuration says
    config: {"runs": {…}}      what else the configuration says

Then frames, and comments that begin with `#`::

    --> {…}                    sent; what is no JSON goes as it is
    <-- {…}                    what comes next, as a pattern
    <-- joined {…}             deltas of one run that come next, joined
    <-- close 4001             the gateway closes

A pattern's objects may hold less than the frame's, but for those with ``"=": true``; "…" in a list stands for any
number of items. Strings: <any> <str> <int> <number> <bool> <time> <list> <object>, <has TEXT>, <missing>, and
<id:NAME>, which takes what is there the first time, must find the same later, and may stand in what is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "conversations"
BOUND = re.compile(r"<id:([A-Za-z0-9_]+)>")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REST = "…"

KINDS: Mapping[str, Callable[[Any], bool]] = {
    "<any>": lambda value: True,
    "<str>": lambda value: isinstance(value, str),
    "<int>": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "<number>": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "<bool>": lambda value: isinstance(value, bool),
    "<time>": lambda value: isinstance(value, str) and TIME.fullmatch(value) is not None,
    "<list>": lambda value: isinstance(value, list),
    "<object>": lambda value: isinstance(value, dict),
}


@dataclass(frozen=True)
class Line:
    """A frame of a conversation. ``way`` is ``-->``, ``<--``, ``joined`` or ``close``."""

    number: int
    way: str
    text: str
    frame: Any = None


@dataclass
class Conversation:
    """A conversation as its file has it."""

    name: str
    path: str = "/"
    token: str = "owner"
    upstream: str = "scripted"
    subprotocol: str | None = None
    needs: str | None = None
    gateway: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


class Mismatch(AssertionError):
    """A frame is not what its pattern says."""


def read(path: Path) -> Conversation:
    """Read a file.

    Raises:
        ValueError: a line is none of those that there are.
    """
    found = Conversation(path.stem)
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("-->"):
            text = line[3:].strip()
            found.lines.append(Line(number, "-->", text, _json(text)))
        elif line.startswith("<--"):
            found.lines.append(_expected(number, line[3:].strip()))
        elif found.lines or not _header(found, line):
            raise ValueError(f"{path.name}:{number}: what is this? {line}")
    return found


def _header(found: Conversation, line: str) -> bool:
    if line.startswith("connect "):
        found.path = line.partition(" ")[2].strip()
        return True
    name, colon, value = line.partition(":")
    if not colon or name not in ("token", "upstream", "subprotocol", "needs", "gateway", "config"):
        return False
    setattr(found, name, json.loads(value) if name in ("gateway", "config") else value.strip())
    return True


def _expected(number: int, text: str) -> Line:
    word, _, rest = text.partition(" ")
    if word == "close":
        return Line(number, "close", rest, int(rest))
    if word == "joined":
        return Line(number, "joined", rest, json.loads(rest))
    return Line(number, "<--", text, json.loads(text))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def filled(line: Line, names: Mapping[str, Any]) -> str:
    """What is sent, with the names that were bound."""
    if line.frame is None or not BOUND.search(line.text):
        return BOUND.sub(lambda match: str(names[match[1]]), line.text)
    return json.dumps(_filled(line.frame, names), ensure_ascii=False)


def _filled(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, str):
        whole = BOUND.fullmatch(value)
        return names[whole[1]] if whole else BOUND.sub(lambda match: str(names[match[1]]), value)
    return value


def match(pattern: Any, value: Any, names: dict[str, Any], where: str = "") -> None:
    """Compare a frame with its pattern, and bind names.

    Raises:
        Mismatch: they differ; says where.
    """
    if isinstance(pattern, str) and (pattern.startswith("<") and pattern.endswith(">")):
        _match_kind(pattern, value, names, where)
    elif isinstance(pattern, dict):
        _match_object(pattern, value, names, where)
    elif isinstance(pattern, list):
        _match_list(pattern, value, names, where)
    elif pattern != value or type(pattern) is not type(value):
        raise Mismatch(f"{where or 'the frame'}: {value!r} is not {pattern!r}")


def _match_kind(pattern: str, value: Any, names: dict[str, Any], where: str) -> None:
    bound = BOUND.fullmatch(pattern)
    if bound:
        if names.setdefault(bound[1], value) != value:
            raise Mismatch(f"{where}: {value!r} is not {bound[1]}, {names[bound[1]]!r}")
    elif pattern.startswith("<has "):
        if not isinstance(value, str) or pattern[5:-1] not in value:
            raise Mismatch(f"{where}: {value!r} has no {pattern[5:-1]!r}")
    elif not KINDS[pattern](value):
        raise Mismatch(f"{where}: {value!r} is no {pattern}")


def _match_object(pattern: dict[str, Any], value: Any, names: dict[str, Any], where: str) -> None:
    if not isinstance(value, dict):
        raise Mismatch(f"{where}: {value!r} is not an object")
    for key, wanted in pattern.items():
        if key == "=":
            more = value.keys() - pattern.keys()
            if more:
                raise Mismatch(f"{where}: there are more keys: {', '.join(sorted(more))}")
        elif wanted == "<missing>":
            if key in value:
                raise Mismatch(f"{where}.{key} is there: {value[key]!r}")
        elif key not in value:
            raise Mismatch(f"{where}.{key} is missing in {value!r}")
        else:
            match(wanted, value[key], names, f"{where}.{key}")


def _match_list(pattern: list[Any], value: Any, names: dict[str, Any], where: str) -> None:
    if not isinstance(value, list):
        raise Mismatch(f"{where}: {value!r} is no list")
    at = 0
    for place, wanted in enumerate(pattern):
        if wanted == REST:
            rest = pattern[place + 1 :]
            if REST in rest:
                at = _skip_to(rest[0], value, at, names, where)
                continue
            at = max(at, len(value) - len(rest))
        else:
            if at >= len(value):
                raise Mismatch(f"{where}: {len(value)} items are too few")
            match(wanted, value[at], names, f"{where}[{at}]")
            at += 1
    if at != len(value) and (not pattern or pattern[-1] != REST):
        raise Mismatch(f"{where}: {len(value)} items are too many")


def _skip_to(wanted: Any, value: list[Any], at: int, names: dict[str, Any], where: str) -> int:
    for place in range(at, len(value)):
        try:
            match(wanted, value[place], dict(names), where)
        except Mismatch:
            continue
        return place
    raise Mismatch(f"{where}: nothing fits {wanted!r}")
