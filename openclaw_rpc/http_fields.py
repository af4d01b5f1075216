"""The header fields of an HTTP/1.1 message, read as strictly everywhere (RFC 9112, 5)."""

import re
from collections.abc import Iterable
from typing import Final

TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_FIELD: Final = re.compile(rb"(" + TOKEN + rb"+):([\t\x20-\x7e\x80-\xff]*)")


class MalformedField(ValueError):
    """A line is not a header field; ``number`` counts from 1."""

    def __init__(self, number: int) -> None:
        super().__init__(f"header line {number} is malformed")
        self.number = number


def header_fields(lines: Iterable[bytes], *, lenient: bool = False) -> tuple[tuple[str, str], ...]:
    """The fields in their order, names in lower case. No folded lines, no space before a colon, no control characters.

    ``lenient`` leaves out what is not a field, as browsers do.

    Raises:
        MalformedField: a line is not a field.
    """
    found: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 1):
        field = _FIELD.fullmatch(line)
        if field is not None:
            found.append((field[1].decode("ascii").lower(), field[2].decode("latin-1").strip(" \t")))
        elif not lenient:
            raise MalformedField(number)
    return tuple(found)
