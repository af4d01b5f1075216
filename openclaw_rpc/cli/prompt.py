"""The prompt of a conversation: lines from the terminal, with the history of earlier ones."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

HISTORY_LINES = 1000
LEAVE = {"/quit", "/exit"}


def lines(history: Path) -> Iterator[str]:
    """Lines that are no blanks, until Ctrl-D, Ctrl-C at the prompt, `/quit` or `/exit`."""
    with _readline(history):
        while True:
            try:
                line = input("> ").strip()
            except (EOFError, KeyboardInterrupt):
                click.echo(err=True)
                return
            if line in LEAVE:
                return
            if line:
                yield line


@contextmanager
def _readline(history: Path) -> Generator[None]:
    """Editing and history where the system has readline; plain lines elsewhere."""
    if sys.platform == "win32":
        yield
        return
    try:
        import readline
    except ImportError:
        yield
        return
    with suppress(OSError):
        readline.read_history_file(history)
    readline.set_history_length(HISTORY_LINES)
    try:
        yield
    finally:
        with suppress(OSError):
            # what was said is nobody else's business: the file is made before readline writes it
            history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(history, os.O_WRONLY | os.O_CREAT, 0o600))
            readline.write_history_file(history)
