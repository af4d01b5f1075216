"""Changes to a text: a part replaced by another, exactly, or a unified diff applied."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from openclaw_rpc.protocol.errors import InvalidRequest

_HUNK: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")
_SHOWN: Final = 120


class Hunk(NamedTuple):
    """A place in a diff: the line (from 1) where ``old`` is said to stand, and what is to stand there."""

    line: int
    old: list[str]
    new: list[str]


def replaced(text: str, old: str, new: str, *, every: bool) -> tuple[str, int]:
    """The text with ``new`` in the place of ``old``; and how often. Lines end as they do in the text.

    Raises:
        InvalidRequest: ``old`` is not there, or more than once and not ``every`` is meant.
    """
    if "\r\n" in text and "\r\n" not in old:
        old, new = old.replace("\n", "\r\n"), new.replace("\r\n", "\n").replace("\n", "\r\n")
    count = text.count(old)
    if count == 0:
        raise _unfit("old", f"is not in the file: {old[:_SHOWN]!r}{_near(text, old)}")
    if count > 1 and not every:
        raise _unfit("old", f"is in the file {count} times: name more of what is around it, or set all")
    return text.replace(old, new), count


def patched(text: str, diff: str) -> tuple[str, int]:
    """The text with a unified diff applied; and how many hunks it had. Where lines moved, the nearest place counts.

    Raises:
        InvalidRequest: it is not a diff of one file, or a hunk fits nowhere.
    """
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    hunks = _hunks(diff)
    moved = 0
    for number, hunk in enumerate(hunks, 1):
        at = _place(lines, hunk.old, hunk.line - 1 + moved)
        if at is None:
            first = next((line for line in hunk.old if line.strip()), "")
            raise _unfit("diff", f"hunk {number} fits nowhere: {first[:_SHOWN]!r}")
        lines[at : at + len(hunk.old)] = hunk.new
        moved += len(hunk.new) - len(hunk.old)
    return ending.join(lines), len(hunks)


def _hunks(diff: str) -> list[Hunk]:
    found: list[Hunk] = []
    files = 0
    for line in diff.replace("\r\n", "\n").rstrip("\n").split("\n"):
        begin = _HUNK.match(line)
        if begin is not None:
            found.append(Hunk(int(begin[1]), [], []))
        elif not found or line.startswith(("diff --git ", "--- a/", "+++ b/")):
            files += line.startswith("--- ")
        elif line.startswith("-"):
            found[-1].old.append(line[1:])
        elif line.startswith("+"):
            found[-1].new.append(line[1:])
        elif line.startswith((" ", "\t")) or not line:
            # Many a model leaves out the space of an empty line.
            found[-1].old.append(line[1:])
            found[-1].new.append(line[1:])
        elif not line.startswith("\\"):
            raise _unfit("diff", f"has a line that is neither kept, added nor removed: {line[:_SHOWN]!r}")
    if not found:
        raise _unfit("diff", "has no hunk: a line like @@ -1,3 +1,4 @@ begins one")
    if files > 1:
        raise _unfit("diff", "changes several files: send one call for each")
    return found


def _place(lines: list[str], old: list[str], wanted: int) -> int | None:
    """Where a hunk's lines stand, the nearest to where it says."""
    if not old:
        return max(0, min(wanted + 1, len(lines)))
    places = [at for at in range(len(lines) - len(old) + 1) if lines[at] == old[0] and lines[at : at + len(old)] == old]
    return min(places, key=lambda at: abs(at - wanted), default=None)


def _near(text: str, old: str) -> str:
    """What may have been meant: the line that has the same words, with other spaces."""
    words = old.split("\n", maxsplit=1)[0].split()
    if not words:
        return ""
    found = next((line for line in text.split("\n") if line.split() == words), None)
    return f"; the spaces differ from {found[:_SHOWN]!r}" if found is not None else ""


def _unfit(field: str, reason: str) -> InvalidRequest:
    return InvalidRequest(f"{field} {reason}", field=field, reason=reason)
