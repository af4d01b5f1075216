"""What a model is asked, without what the gateway put before it."""

import re

_CONTEXT = re.compile(r"<context>\n.*?\n</context>(\n\n|$)", re.DOTALL)


def is_context(text: str) -> bool:
    """Whether that is a message of memories and skills, and no question."""
    return _CONTEXT.fullmatch(text) is not None


def without_context(text: str) -> str:
    """A question without the memories and skills that stand before it."""
    return _CONTEXT.sub("", text)
