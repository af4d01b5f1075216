"""What a line for the shell would start: the first word of each simple command, as far as reading can tell.

This is for allow and deny lists. It reads the grammar of POSIX (Shell Command Language, 2.10) well enough to find the
commands of honest lines. It does not run the line, so it can't know what variables hold, nor what a program such as
`env`, `xargs`, `sh` or `python` is told to start: no list of names is a sandbox.
"""

import re
from typing import Final, NamedTuple

OPERATORS: Final = re.compile(r"&&|\|\||;;|\|&|[;&|()\n]")
REDIRECTION: Final = re.compile(r"[0-9]*(?:<<-?|<<<|>>|[<>]&|<>|>\||&>>?|[<>])")
ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
OPENING_WORDS: Final = frozenset(
    {"!", "{", "if", "then", "elif", "else", "while", "until", "do", "time", "exec", "command", "builtin"}
)
CLOSING_WORDS: Final = frozenset({"}", "fi", "done", "esac"})
UNREAD_WORDS: Final = frozenset(
    {"case", "for", "function", "select", "coproc", "eval", "source", ".", "alias", "trap", "[["}
)
MAX_DEPTH: Final = 20


class CommandLine(NamedTuple):
    """The commands that a line names; ``certain`` is false where it holds what reading alone can't follow."""

    commands: tuple[str, ...]
    certain: bool


class _Word(NamedTuple):
    text: str
    quoted: bool
    opaque: bool


def read_line(line: str) -> CommandLine:
    """The first words of a line's simple commands, quotes taken off; those in substitutions, too."""
    reader = _LineReader()
    reader.read(line, 0)
    return CommandLine(tuple(reader.commands), reader.certain)


class _LineReader:
    def __init__(self) -> None:
        self.commands: list[str] = []
        self.certain = True

    def read(self, line: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.certain = False
            return
        at, first, target = 0, True, False
        line = line.replace("\\\n", "")
        while at < len(line):
            char = line[at]
            if char in " \t\r":
                at += 1
            elif char == "#":
                at = _line_end(line, at)
            elif (match := REDIRECTION.match(line, at)) is not None:
                at, target = match.end(), True
                # The lines of a here-document are no commands, and where they end isn't followed here.
                self.certain = self.certain and not match[0].lstrip("0123456789").startswith("<<")
            elif (match := OPERATORS.match(line, at)) is not None:
                at, first, target = match.end(), True, False
            else:
                at, word = self._word(line, at, depth)
                if target:
                    target = False
                elif first:
                    first = self._command(word)

    def _command(self, word: _Word) -> bool:
        """Take a word where a command may stand; whether one may still stand behind it."""
        if not word.quoted and ASSIGNMENT.match(word.text):
            self.certain = False
            return True
        if not word.quoted and word.text in OPENING_WORDS:
            # What `exec`, `command` and `builtin` start is a command as well, and so are they.
            if word.text in ("exec", "command", "builtin"):
                self.commands.append(word.text)
            return True
        if not word.quoted and word.text in CLOSING_WORDS:
            return False
        if word.text.startswith("-"):  # an option of `exec`, `command` or `time`
            self.certain = False
            return True
        if word.opaque or (not word.quoted and word.text in UNREAD_WORDS):
            self.certain = False
        self.commands.append(word.text)
        return False

    def _word(self, line: str, at: int, depth: int) -> tuple[int, _Word]:
        """A word, what its substitutions start included."""
        text: list[str] = []
        quoted = opaque = False
        while at < len(line):
            char = line[at]
            if char in " \t\r\n;&|()<>":
                break
            if char == "\\":
                text.append(line[at + 1 : at + 2])
                quoted, at = True, at + 2
            elif char == "'":
                end = line.find("'", at + 1)
                end = len(line) if end < 0 else end
                text.append(line[at + 1 : end])
                quoted, at = True, end + 1
            elif char == '"':
                at, inside, dark = self._double(line, at + 1, depth)
                text.append(inside)
                quoted, opaque = True, opaque or dark
            elif char in "$`":
                at, opaque = self._substitution(line, at, depth), True
            else:
                opaque = opaque or char in "*?[~{"
                text.append(char)
                at += 1
        return at, _Word("".join(text), quoted, opaque)

    def _double(self, line: str, at: int, depth: int) -> tuple[int, str, bool]:
        text: list[str] = []
        opaque = False
        while at < len(line) and line[at] != '"':
            char = line[at]
            if char == "\\":
                text.append(line[at + 1 : at + 2])
                at += 2
            elif char in "$`":
                at, opaque = self._substitution(line, at, depth), True
            else:
                text.append(char)
                at += 1
        return at + 1, "".join(text), opaque

    def _substitution(self, line: str, at: int, depth: int) -> int:
        """Pass over `$x`, `${x}`, `$(…)` or backquotes; what the latter two start counts, and is read as well."""
        if line[at] == "`":
            end = line.find("`", at + 1)
            end = len(line) if end < 0 else end
            self.certain = False
            self.read(line[at + 1 : end].replace("\\`", "`"), depth + 1)
            return end + 1
        if line.startswith("$(", at):
            end = _closing(line, at + 2)
            self.certain = False
            self.read(line[at + 2 : end], depth + 1)
            return end + 1
        if line.startswith(("${", "$'", '$"'), at):
            self.certain = False
        return at + 1


def _closing(line: str, at: int) -> int:
    """Where the parenthesis closes that is open at ``at``; the line's end where it does not."""
    open_ones = 1
    while at < len(line):
        char = line[at]
        if char == "\\":
            at += 1
        elif char in "'\"":
            end = line.find(char, at + 1)
            at = len(line) if end < 0 else end
        elif char == "(":
            open_ones += 1
        elif char == ")":
            open_ones -= 1
            if not open_ones:
                return at
        at += 1
    return len(line)


def _line_end(line: str, at: int) -> int:
    end = line.find("\n", at)
    return len(line) if end < 0 else end
