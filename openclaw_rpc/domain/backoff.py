"""How long to wait before the next try."""

from collections.abc import Iterator


def backoff(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each further try: ``first``, then twice as long each time, at the most ``longest``."""
    delay = first
    while True:
        yield min(delay, longest)
        delay = min(2 * delay, longest)
