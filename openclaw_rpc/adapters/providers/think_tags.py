"""Reasoning that a model tells inside its text, in `<think>` tags at the beginning of an answer."""

import re
from typing import Final

_OPENING: Final = re.compile(r"\s*<(think|thinking|thought)>\s*")
_BEGINNINGS: Final = ("<think>", "<thinking>", "<thought>")
LONGEST_SPACE: Final = 64


class ThinkTags:
    """Tells text from reasoning. ``watching`` is False once all that comes is text."""

    def __init__(self, *, watching: bool) -> None:
        self.watching = watching
        self._held: str = ""
        self._closing: str = ""

    @property
    def holding(self) -> bool:
        """Whether something was taken that is not told yet."""
        return bool(self._held or self._closing)

    def feed(self, text: str) -> tuple[str, str]:
        """A further piece: its text and its reasoning, but for what may be half a tag."""
        text, self._held = f"{self._held}{text}", ""
        if self._closing:
            return self._thought(text)
        match = _OPENING.match(text)
        if match is not None:
            self._closing = f"</{match[1]}>"
            return self._thought(text[match.end() :])
        begun = text.lstrip()
        if len(text) - len(begun) <= LONGEST_SPACE and any(tag.startswith(begun) for tag in _BEGINNINGS):
            self._held = text
            return "", ""
        self.watching = False
        return text, ""

    def _thought(self, text: str) -> tuple[str, str]:
        thought, closed, rest = text.partition(self._closing)
        if closed:
            self.watching, self._closing = False, ""
            return rest.lstrip(), thought
        for size in range(min(len(self._closing) - 1, len(thought)), 0, -1):
            if self._closing.startswith(thought[-size:]):
                self._held = thought[-size:]
                return "", thought[:-size]
        return "", thought

    def end(self) -> tuple[str, str]:
        """What is held still: nothing more comes."""
        held, self._held = self._held, ""
        inside, self._closing, self.watching = bool(self._closing), "", False
        return ("", held) if inside else (held, "")
