"""Splitting an answer into text and code, piece by piece, wherever a piece happens to end.

A fence is three backticks or more. One word, or nothing, behind it on its line is the code's language, and the code is
closed by a fence at least as long at the beginning of a line, whatever stands behind that (CommonMark 0.31, 4.5, wants
a line of its own; models do not keep to it). More than a word behind a fence is code already, closed anywhere.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal, NamedTuple, cast

from openclaw_rpc.protocol.errors import InvalidRequest

TICK = "`"
FENCE = 3
MAX_LANGUAGE = 40
_TOKEN = re.compile(r"`+|\n|[^`\n]+")
_LANGUAGE = re.compile(r"[ \t]*([\w+#.-]*)[ \t\r]*", re.ASCII)
_PLACE = re.compile(r"([0-9]{1,9})\.([tilb])([0-9]{1,9})\.([0-9]{1,9})\.([01])\.([\w-]{0,400})", re.ASCII)

Kind = Literal["text", "code"]
Mode = Literal["t", "i", "l", "b"]
"""In text; behind an opening fence, on its line; in code within a line; in a block of code."""


class TextPart(NamedTuple):
    """A piece of text, or of code in a language, "" where that is unknown.

    ``place`` is where the splitter stands behind it, and how much of what it was fed last it had read: for `Fences`.
    """

    kind: Kind
    content: str
    language: str
    place: str


class Fences:
    """The splitter. Joined, its parts are what it was fed, without fences and languages.

    With ``place`` it goes on behind a part that another one made, fed all that the other had been fed after that part
    and, before it, the piece that the part was in.

    Raises:
        InvalidRequest: ``place`` is none.
    """

    def __init__(self, place: str = "") -> None:
        self._mode: Mode = "t"
        self._fence = 0
        self._ticks = 0
        """Backticks that wait for what comes behind them."""
        self._line_start = False
        self._info = ""
        """What stands behind an opening fence; the language, once in its block."""
        self._skip = 0
        self._said: list[str] = []
        self._parts: list[TextPart] = []
        if place:
            self._go_to(place)

    def feed(self, piece: str) -> list[TextPart]:
        """The parts that a piece brings. The last one's place is behind the whole piece."""
        begin = min(self._skip, len(piece))
        self._skip -= begin
        for token in _TOKEN.finditer(piece, begin):
            if token[0][0] == TICK:
                self._ticks += len(token[0])
                continue
            self._resolve(token.start())
            self._take(token[0])
        return self._take_parts(len(piece))

    def end(self) -> list[TextPart]:
        """What was held back, once nothing comes any more."""
        self._resolve(0)
        if self._mode == "i" and _language(self._info) is None:
            self._open()
        return self._take_parts(0)

    @property
    def _kind(self) -> Kind:
        return "code" if self._mode in ("l", "b") else "text"

    def _take(self, run: str) -> None:
        """Take a line's end, or what has neither that nor backticks."""
        if self._mode == "i":
            if run == "\n" and (language := _language(self._info)) is not None:
                self._info = language
                self._mode, self._line_start = "b", True
                return
            self._info += run
            if run == "\n" or len(self._info) > MAX_LANGUAGE:
                self._open()
            return
        self._said.append(run)
        self._line_start = run == "\n" or (self._line_start and not run.strip(" \t"))

    def _resolve(self, at: int) -> None:
        """The backticks that were held are all there are: a fence, or not."""
        count, self._ticks = self._ticks, 0
        if not count:
            return
        if self._mode == "t" and count >= FENCE:
            self._fence = count
            self._close("i", at)
            return
        if self._mode == "i":
            self._open()
        closes = self._mode == "l" or (self._mode == "b" and self._line_start)
        if closes and count >= self._fence:
            self._close("t", at)
            return
        self._said.append(TICK * count)
        self._line_start = False

    def _open(self) -> None:
        """What stood behind the fence is code already."""
        info, self._info, self._mode = self._info, "", "l"
        if info:
            self._said.append(info)

    def _close(self, mode: Mode, at: int) -> None:
        """End a part: the first ``at`` characters of what is fed now were read for it."""
        kind, language = self._kind, self._info
        self._mode, self._info, self._line_start = mode, "", False
        self._end_part(kind, language, at)

    def _end_part(self, kind: Kind, language: str, read: int) -> None:
        if self._said:
            self._parts.append(
                TextPart(kind, "".join(self._said), language if kind == "code" else "", self._place(read))
            )
            self._said.clear()

    def _take_parts(self, read: int) -> list[TextPart]:
        self._end_part(self._kind, self._info, read)
        parts, self._parts = self._parts, []
        if parts:
            parts[-1] = parts[-1]._replace(place=self._place(0))
        return parts

    def _place(self, read: int) -> str:
        if self._mode == "t" and not self._ticks and not read:
            return ""
        info = base64.urlsafe_b64encode(self._info.encode()).decode().rstrip("=")
        return f"{read}.{self._mode}{self._fence}.{self._ticks}.{self._line_start:d}.{info}"

    def _go_to(self, place: str) -> None:
        match = _PLACE.fullmatch(place)
        try:
            if match is None:
                raise ValueError
            info = base64.b64decode(match[6] + "=" * (-len(match[6]) % 4), b"-_", validate=True).decode()
        except (ValueError, binascii.Error):
            raise InvalidRequest("this is not the id of an event", field="Last-Event-ID", reason="malformed") from None
        self._skip, self._mode = int(match[1]), cast("Mode", match[2])
        self._fence, self._ticks = int(match[3]), int(match[4])
        self._line_start, self._info = match[5] == "1", info


def _language(info: str) -> str | None:
    """The language behind a fence; None where it is none."""
    match = _LANGUAGE.fullmatch(info)
    return match[1] if match is not None else None
