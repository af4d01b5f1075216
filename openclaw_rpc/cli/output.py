"""What the commands print: JSON, tables, dim asides. rich is imported only when something is laid out."""

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
import msgspec

from openclaw_rpc.cli.program import typed


def colour_wanted() -> bool | None:
    """False where NO_COLOR is set (no-color.org); None leaves it to click, which asks whether it is a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def is_terminal(stream: Any = None) -> bool:
    """Whether a person sees what is written to ``stream`` (standard output where none is given)."""
    stream = sys.stdout if stream is None else stream
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def to_json(value: Any, *, pretty: bool = False) -> str:
    """JSON text of anything that msgspec can encode, indented where a person reads it."""
    data = msgspec.json.encode(value)
    return (msgspec.json.format(data, indent=2) if pretty else data).decode()


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What moves the cursor, rings, or begins an escape sequence; newline and tab stay."""


def harmless(text: str) -> str:
    """Text without control characters, so that what a model or a page says can't steer the terminal."""
    return _CONTROL.sub("", text)


def print_json(value: Any) -> None:
    """A JSON value on standard output: coloured and indented on a terminal, one line else."""
    if not is_terminal():
        click.echo(to_json(value))
        return
    if colour_wanted() is False:
        click.echo(to_json(value, pretty=True))
        return
    from rich.console import Console

    Console().print_json(to_json(value))


def print_line(value: Any) -> None:
    """A JSON value on a line of its own, always compact: for streams of them."""
    click.echo(to_json(value))
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Rows under their column's names; ``empty`` where there is none. Plain text, tab-free, also into a pipe."""
    filled = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not filled:
        aside(empty)
        return
    if is_terminal():
        _print_rich(columns, filled)
        return
    widths = [max(len(row[i]) for row in [list(columns), *filled]) for i in range(len(columns))]
    for row in [list(columns), *filled]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_rich(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def aside(text: str) -> None:
    """Something by the way, dim, on standard error."""
    click.secho(typed(text), dim=True, err=True)


def complain(lines: Sequence[str]) -> None:
    """An error on standard error: the first line says what, the others what is known and what to do."""
    click.echo(click.style("error: ", fg="red", bold=True) + typed(lines[0]), err=True)
    for line in lines[1:]:
        click.echo("  " + typed(line), err=True)


def duration(seconds: float) -> str:
    """Seconds as people say them: ``42s``, ``7m 3s``, ``2h 5m``, ``3d 4h``."""
    whole = int(seconds)
    for unit, name, smaller, its_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= unit:
            return f"{whole // unit}{name} {whole % unit // smaller}{its_name}"
    return f"{whole}s"
