"""Matches a regular expression line by line, as a process of its own: `re` can't be interrupted, a process can.

Run as a script, with the standard library alone. It reads messages of a length (4 bytes, big-endian) and JSON, and
answers in the same form: first ``{"pattern", "seconds", "hits"}``, answered by ``{}`` or ``{"error"}``; then lists of
texts, each answered by a list of ``[[line, text], …]``, one a text.
"""

from __future__ import annotations

import json
import re
import sys

TYPE_CHECKING = False  # `typing` takes long to import
if TYPE_CHECKING:
    from typing import Any, BinaryIO

MEMORY = 1 << 30
LONGEST_LINE = 100_000
SHOWN = 500


def bound(seconds: float) -> None:
    """Let the system end this process where nobody else does."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 2, int(seconds) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass


def receive(source: BinaryIO) -> Any:
    """A message; None at the end."""
    head = source.read(4)
    return json.loads(source.read(int.from_bytes(head, "big"))) if len(head) == 4 else None


def answer(target: BinaryIO, message: object) -> None:
    """Send a message."""
    data = json.dumps(message).encode()
    target.write(len(data).to_bytes(4, "big") + data)
    target.flush()


def lines_that_fit(pattern: re.Pattern[str], text: str, hits: int) -> list[tuple[int, str]]:
    """The first lines in which the pattern is found: number and begin of each."""
    found: list[tuple[int, str]] = []
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.removesuffix("\r")
        if pattern.search(line[:LONGEST_LINE]):
            found.append((number, line[:SHOWN]))
            if len(found) >= hits:
                break
    return found


def main() -> None:
    """Answer until the other side is gone."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    wanted = receive(source)
    if wanted is None:
        return
    bound(wanted["seconds"])
    try:
        pattern = re.compile(wanted["pattern"])
    except (re.error, OverflowError, RecursionError, MemoryError, ValueError) as error:
        answer(target, {"error": str(error) or type(error).__name__})
        return
    answer(target, {})
    while (texts := receive(source)) is not None:
        answer(target, [lines_that_fit(pattern, text, wanted["hits"]) for text in texts])


if __name__ == "__main__":
    main()
