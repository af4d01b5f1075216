"""An answer in parts that a platform takes, cut where a reader would."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n`]*)$", re.M)
_WHOLE: Final = re.compile(r"!?\[[^\]\n]{0,500}\]\([^)\s]{1,2000}\)|<?https?://[^\s<>\"']{1,2000}|`[^`\n]{1,500}`")
"""What is not cut in two where it can be helped: links, addresses, code in a line."""
_BREAKS: Final = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n"),
    re.compile(r"[.!?][ \t]+|[。！？]"),
    re.compile(r"[ \t]+|[，、；]"),
)
"""Where a text may be cut, the best places first: paragraphs, lines, sentences, words."""
_LEAST: Final = (0.4, 0.5, 0.6, 0.5)
"""How full a part must be, at least, for a cut at such a place."""
_JOINED: Final = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")


def utf16_units(text: str) -> int:
    """How long a text is for platforms that count UTF-16, as Telegram does."""
    return len(text) + sum(char > "\uffff" for char in text)


def split(text: str, limit: int, measure: Callable[[str], int] = len) -> list[str]:
    """``text`` (Markdown) in parts for which ``measure`` says at most ``limit``; an empty text has none.

    Code blocks that are cut are closed, and opened again in the next part. ``measure`` is asked of whole parts, so it
    may count what a platform makes of them; ``limit`` must leave room for a fence and a character.
    """
    parts: list[str] = []
    rest = text.strip("\n")
    while rest.strip():
        if measure(rest) <= limit:
            parts.append(rest.rstrip())
            break
        part, rest = _cut(rest, limit, measure)
        if part.strip():
            parts.append(part)
    return parts


def _cut(text: str, limit: int, measure: Callable[[str], int]) -> tuple[str, str]:
    """The first part, and what is left."""
    most = _most(text, limit, measure)
    at = next(_places(text, most), most)
    if at == most and 0 < most < len(text):
        at = _between_characters(text, most)
    fence = _open_fence(text, at)
    if fence is None:
        return text[:at].rstrip(), text[at:].lstrip("\n" if text[at - 1] == "\n" else " \t\n")
    opening, info = fence
    rest = text[at:].removeprefix("\n")
    if rest.lstrip().startswith(opening) and rest.lstrip().split("\n", 1)[0].strip() == opening:
        # Nothing is left of the block but its end.
        return _closed(text, at), rest.lstrip().partition("\n")[2].lstrip("\n")
    return _closed(text, at), f"{opening}{info}\n{rest}"


def _closed(text: str, at: int) -> str:
    """The text up to ``at``, its code block closed where one is open there."""
    fence = _open_fence(text, at)
    return text[:at] if fence is None else f"{text[:at].rstrip()}\n{fence[0]}"


def _most(text: str, limit: int, measure: Callable[[str], int]) -> int:
    """How many characters fit, at least one; measured part by part, since closing and marking them take room too."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(_closed(text, middle)) <= limit:
            low = middle
        else:
            high = middle - 1
    # A reopened block must move on by more than its own first line.
    first = _FENCE.match(text)
    return max(low, first.end() + 2) if first and low <= first.end() + 1 else low


def _places(text: str, most: int) -> Iterator[int]:
    """Good places for a cut, the best first."""
    spans = [found.span() for found in _WHOLE.finditer(text[: most + 2500]) if found.end() - found.start() <= most]
    for breaks, least in zip(_BREAKS, _LEAST, strict=True):
        for found in reversed(list(breaks.finditer(text, 0, most))):
            at = found.end()
            if at < most * least:
                break
            if not any(start < at < end for start, end in spans):
                yield at
    whole = next((start for start, end in spans if start < most < end and start > 0), None)
    if whole is not None:
        yield whole


def _between_characters(text: str, at: int) -> int:
    """A place not inside what is shown as one character; ``at`` itself where there is none near."""
    place = at
    while place > max(1, at - 40) and (_JOINED.match(text, place) or text[place - 1] == "\u200d"):
        place -= 1
    return place if place > max(1, at - 40) else at


def _open_fence(text: str, at: int) -> tuple[str, str] | None:
    """The mark and the language of the code block that is open at ``at``."""
    opened: tuple[str, str] | None = None
    for found in _FENCE.finditer(text, 0, at):
        mark, info = found[1], found[2].strip()
        if opened is None:
            opened = mark, info
        elif mark[0] == opened[0][0] and len(mark) >= len(opened[0]) and not info:
            opened = None
    return opened
