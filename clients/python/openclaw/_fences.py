"""Splitting an answer into text and code, piece by piece, wherever a piece happens to end.

Three backticks or more open code; one word, or nothing, behind them on their line is its language, and it ends at the
beginning of a line with as many. More than a word behind them is code already, which as many backticks end anywhere.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_TOKEN = re.compile(r"`+|\n|[^`\n]+")
_LANGUAGE = re.compile(r"[ \t]*([\w+#.-]*)[ \t\r]*", re.ASCII)
_MOST_LANGUAGE = 40


class Piece(NamedTuple):
    """A piece of text, or of code."""

    kind: Literal["text", "code"]
    content: str
    language: str


class Fences:
    """The splitter. Joined, its pieces are what it was fed, without fences and languages."""

    def __init__(self) -> None:
        self._mode: Literal["text", "info", "line", "block"] = "text"
        self._fence = 0
        self._ticks = 0
        """Backticks that wait for what comes behind them."""
        self._line_start = False
        self._info = ""
        """What stands behind an opening fence; the language, once in its block."""
        self._said: list[str] = []
        self._pieces: list[Piece] = []

    def feed(self, text: str) -> list[Piece]:
        """The pieces that a text brings."""
        for token in _TOKEN.findall(text):
            if token[0] == "`":
                self._ticks += len(token)
            else:
                self._resolve()
                self._take(token)
        return self._taken()

    def end(self) -> list[Piece]:
        """What was held back, once nothing comes any more."""
        self._resolve()
        if self._mode == "info" and _LANGUAGE.fullmatch(self._info) is None:
            self._open()
        return self._taken()

    def _take(self, run: str) -> None:
        if self._mode != "info":
            self._said.append(run)
            self._line_start = run == "\n" or (self._line_start and not run.strip(" \t"))
            return
        language = _LANGUAGE.fullmatch(self._info) if run == "\n" else None
        if language is not None:
            self._info, self._mode, self._line_start = language[1], "block", True
            return
        self._info += run
        if run == "\n" or len(self._info) > _MOST_LANGUAGE:
            self._open()

    def _resolve(self) -> None:
        """The backticks that were held are all there are: a fence, or not."""
        count, self._ticks = self._ticks, 0
        if not count:
            return
        if self._mode == "text" and count >= 3:
            self._fence = count
            self._close("info")
            return
        if self._mode == "info":
            self._open()
        if count >= self._fence and (self._mode == "line" or (self._mode == "block" and self._line_start)):
            self._close("text")
            return
        self._said.append("`" * count)
        self._line_start = False

    def _open(self) -> None:
        """What stood behind the fence is code already."""
        if self._info:
            self._said.append(self._info)
        self._info, self._mode = "", "line"

    def _close(self, mode: Literal["text", "info"]) -> None:
        self._cut()
        self._mode, self._info, self._line_start = mode, "", False

    def _cut(self) -> None:
        code = self._mode in ("line", "block")
        if self._said:
            content = "".join(self._said)
            self._pieces.append(Piece("code" if code else "text", content, self._info if code else ""))
            self._said.clear()

    def _taken(self) -> list[Piece]:
        self._cut()
        pieces, self._pieces = self._pieces, []
        return pieces
