"""Characters outside the basic plane, of which a server sent one half in one piece and the other in the next."""

import re
from typing import Any, cast

import msgspec

_HALF = re.compile("[\ud800-\udfff]")


class Halves:
    """Joins the halves of one text."""

    def __init__(self) -> None:
        self.held = ""

    def join(self, text: str) -> str:
        """A further piece; a first half at its end waits for the second."""
        text, self.held = self.held + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self.held = text[:-1], text[-1]
        return replaced(text)

    def end(self) -> str:
        """What waits still, replaced."""
        held, self.held = self.held, ""
        return replaced(held)


def replaced(text: str) -> str:
    """A text whose pairs are joined, and whose lone halves are U+FFFD."""
    if not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def writable(value: Any) -> Any:
    """A value that can be written as JSON as far as its texts are concerned: itself, where they have no halves."""
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return replaced_in(msgspec.to_builtins(value))
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
        pass  # whoever writes it will say so
    return value


def replaced_in(value: Any) -> Any:
    """A JSON value with all its texts so."""
    if isinstance(value, str):
        return replaced(value)
    if isinstance(value, list):
        return [replaced_in(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {replaced(str(key)): replaced_in(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value
