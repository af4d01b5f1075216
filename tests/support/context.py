"""What a model is asked, without what the gateway put beside it."""

import re

_CONTEXT = re.compile(r"<context>\n.*?\n</context>\n\n", re.DOTALL)


def without_context(text: str) -> str:
    """A question without the memories and skills that stand before it."""
    return _CONTEXT.sub("", text)
