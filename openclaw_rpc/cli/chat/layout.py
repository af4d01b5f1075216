"""An answer's Markdown on a terminal, while it comes: what is finished is laid out once, the rest anew each time."""

from __future__ import annotations

import re
from io import StringIO
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

# No background of its own and only the terminal's colours: it may be light or dark.
THEME = Theme({"markdown.code": "cyan", "markdown.block_quote": "italic", "markdown.hr": "dim"})
CODE_THEME = "ansi_dark"
MOST_LINES = 40
"""Lines of code that wait for the end of their block."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PADDING = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


class _Heading(Heading):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.stylize("bold underline" if self.tag == "h1" else "bold")
        yield self.text


class _Code(CodeBlock):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        syntax = Syntax(code, self.lexer_name, theme=CODE_THEME, word_wrap=True, background_color="default")
        yield Padding(syntax, (0, 0, 0, 2))


class _Answer(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
    }

    def __init__(self, text: str) -> None:
        # An address is shown beside what a link says: it may lead elsewhere.
        super().__init__("", hyperlinks=False)
        self.parsed = _parse(text)
        for token in self.parsed:
            for child in token.children or ():
                if child.type == "softbreak":
                    child.type = "hardbreak"  # models mean the ends of their lines
                elif child.type == "image":  # a terminal shows none: where it lies
                    name = f"{child.content} " if child.content else ""
                    child.type, child.content = "text", f"[picture: {name}{child.attrGet('src')}]"


def _parse(text: str) -> list[Token]:
    # Without HTML: a tag that somebody asks about is a text.
    return _PARSER.parse(text)


_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough")


class Layout:
    """Lays out for a terminal of so many columns. ``colour`` False keeps colours and styles out."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour
        self.columns = 80

    def text(self, text: str, style: str = "") -> str:
        """A text with its line's end."""
        return self._laid_out(Text(text, style=style))

    def line(self, text: str, style: str = "") -> str:
        """The same in one line, however long it is."""
        cut = Text(text, style=style)
        cut.truncate(self.columns, overflow="ellipsis")
        return self._laid_out(cut)

    def markdown(self, text: str) -> str:
        """Markdown."""
        return self._laid_out(_Answer(text))

    def _laid_out(self, what: RenderableType) -> str:
        out = StringIO()
        console = Console(
            file=out,
            force_terminal=True,
            color_system="standard" if self._colour else None,
            width=self.columns,
            theme=THEME,
            legacy_windows=False,
            highlight=False,
        )
        console.print(what)
        # lines that are filled up would break when the terminal is made narrower
        return _PADDING.sub(r"\1", out.getvalue())


class MarkdownStream:
    """Markdown that comes in pieces."""

    def __init__(self) -> None:
        self.rest = ""
        """What may still change its look by what comes."""

    def feed(self, text: str) -> None:
        """Take a piece."""
        self.rest += text

    def finished(self) -> list[str]:
        """The blocks that nothing can change any more; they are taken out."""
        blocks = [token for token in _parse(self.rest) if token.level == 0 and token.map]
        if not blocks:
            return []
        lines = _LINE.findall(self.rest)
        last = blocks[-1]
        start = last.map[0] if last.map else 0
        found = ["".join(lines[:start])] if start else []
        lines = lines[start:]
        if last.type == "fence" and len(lines) > MOST_LINES + 1:
            found += self._part(lines, last)
        else:
            self.rest = "".join(lines)
        return [block for block in found if block.strip()]

    def _part(self, lines: list[str], fence: Token) -> list[str]:
        """A long block of code, but for its last lines, as a block of its own."""
        opened, *code = lines
        cut = len(code) - 2  # the last may be its end, or half a line
        self.rest = opened + "".join(code[cut:])
        return [opened + "".join(code[:cut]) + fence.markup + "\n"]

    def end(self) -> str:
        """All that is left."""
        rest, self.rest = self.rest, ""
        return rest


def tail(text: str, rows: int) -> str:
    """The last lines of what was laid out."""
    lines = text.rstrip("\n").split("\n")
    return "\n".join(lines[-max(rows, 1) :])
