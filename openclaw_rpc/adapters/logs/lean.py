"""structlog without rich: it imports all of rich, 4 MB and 50 ms, for tracebacks that nobody here asks for."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_rich() -> Generator[None]:
    """Importing rich fails within, unless it is imported already: structlog then does without it."""
    modules: dict[str, Any] = sys.modules
    if "rich" in modules:
        yield
        return
    modules["rich"] = None
    try:
        yield
    finally:
        del modules["rich"]
