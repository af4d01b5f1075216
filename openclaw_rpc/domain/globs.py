"""Globs that no pattern makes slow: time grows with the pattern's length times the path's, and never beyond."""

import re
from collections.abc import Sequence
from typing import Final

from openclaw_rpc.protocol.errors import InvalidRequest

MAX_ALTERNATIVES: Final = 64
ANYWHERE: Final = "**"

Piece = str | re.Pattern[str] | None
"""A part of a name's pattern: a character, `?` or `[…]` as a pattern of one character, None for `*`."""


class Glob:
    """A compiled glob: `*` and `?` within a name, `[a-z]`, `[!a-z]`, `{a,b}`, and `**` for any folders.

    A pattern without a slash fits names in any folder, one with slashes fits whole paths from where the search begins.
    """

    def __init__(self, pattern: str) -> None:
        """Compile a pattern.

        Raises:
            InvalidRequest: it has too many alternatives.
        """
        self._patterns = [_compiled(each) for each in _alternatives(pattern)]

    def fits(self, parts: Sequence[str]) -> bool:
        """Whether a path, as its parts below the folder where the search begins, fits."""
        return any(_path_fits(pattern, parts) for pattern in self._patterns)


def _alternatives(pattern: str) -> list[str]:
    """A pattern with its braces multiplied out."""
    done: list[str] = []
    waiting = [pattern]
    while waiting:
        current = waiting.pop()
        found = _braces(current)
        if found is None:
            done.append(current)
        else:
            start, end, options = found
            waiting.extend(current[:start] + option + current[end + 1 :] for option in options)
        if len(done) + len(waiting) > MAX_ALTERNATIVES:
            reason = f"has more than {MAX_ALTERNATIVES} alternatives"
            raise InvalidRequest(f"pattern {reason}", field="pattern", reason=reason)
    return done


def _braces(pattern: str) -> tuple[int, int, list[str]] | None:
    """The first innermost `{a,b}`: where it begins and ends, and its options; None where there is none."""
    start = -1
    for at, char in enumerate(pattern):
        if char == "{":
            start = at
        elif char == "}" and start >= 0:
            inside = pattern[start + 1 : at]
            if "," in inside:
                return start, at, inside.split(",")
            start = -1
    return None


def _compiled(pattern: str) -> list[list[Piece] | str]:
    names = [name for name in pattern.split("/") if name not in ("", ".")]
    if "/" not in pattern.strip("/") and names:
        names = names if pattern.startswith("/") else [ANYWHERE, *names]
    kept: list[list[Piece] | str] = []
    for name in names:
        if name == ANYWHERE:
            if not kept or kept[-1] != ANYWHERE:
                kept.append(ANYWHERE)
        else:
            kept.append(_pieces(name))
    if kept and kept[-1] == ANYWHERE:  # `src/**` means what is in `src`, not `src` itself
        kept.append([None])
    return kept


def _pieces(name: str) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    while at < len(name):
        char = name[at]
        at += 1
        if char == "*":
            if not pieces or pieces[-1] is not None:
                pieces.append(None)
        elif char == "?":
            pieces.append(re.compile(r".", re.DOTALL))
        elif char == "[" and (end := name.find("]", at + 1 + name.startswith(("!", "^"), at))) >= 0:
            pieces.append(_class(name[at:end]))
            at = end + 1
        elif char == "\\" and at < len(name):
            pieces.append(name[at])
            at += 1
        else:
            pieces.append(char)
    return pieces


def _class(inside: str) -> re.Pattern[str]:
    negated = inside[0] in "!^"
    inside = inside[1:] if negated else inside
    parts: list[str] = []
    at = 0
    while at < len(inside):
        if at + 2 < len(inside) and inside[at + 1] == "-":
            low, high = inside[at], inside[at + 2]
            if low <= high:
                parts.append(f"{re.escape(low)}-{re.escape(high)}")
            at += 3
        else:
            parts.append(re.escape(inside[at]))
            at += 1
    body = "".join(parts)
    if not body:
        return re.compile(r"(?s:.)" if negated else r"(?!)")
    return re.compile(f"[{'^' if negated else ''}{body}]")


def _path_fits(pattern: Sequence[list[Piece] | str], parts: Sequence[str]) -> bool:
    """By a row of states: after each part of the path, which places of the pattern may come next."""
    states = _past_any(pattern, {0})
    for part in parts:
        following: set[int] = set()
        for state in states:
            if state < len(pattern):
                wanted = pattern[state]
                if isinstance(wanted, str):
                    following.add(state)
                elif _name_fits(wanted, part):
                    following.add(state + 1)
        states = _past_any(pattern, following)
        if not states:
            return False
    return len(pattern) in states


def _past_any(pattern: Sequence[list[Piece] | str], states: set[int]) -> set[int]:
    """`**` may also stand for no folder at all."""
    return states | {state + 1 for state in states if state < len(pattern) and isinstance(pattern[state], str)}


def _name_fits(pieces: Sequence[Piece], name: str) -> bool:
    """With going back to the last `*` alone: at most pieces times characters."""
    piece = at = 0
    star, star_at = -1, 0
    while at < len(name):
        if piece < len(pieces) and pieces[piece] is None:
            star, star_at = piece, at
            piece += 1
        elif piece < len(pieces) and _char_fits(pieces[piece], name[at]):
            piece += 1
            at += 1
        elif star >= 0:
            star_at += 1
            piece, at = star + 1, star_at
        else:
            return False
    return all(each is None for each in pieces[piece:])


def _char_fits(piece: Piece, char: str) -> bool:
    return piece == char if isinstance(piece, str) else piece is not None and piece.match(char) is not None
