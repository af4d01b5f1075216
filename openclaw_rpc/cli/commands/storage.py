"""`openclaw storage`: what keeps everything, and moving it to another engine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import anyio
import click

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import CommandGroup, offline_command, shared
from openclaw_rpc.cli.output import aside, is_terminal, print_json, print_table
from openclaw_rpc.cli.target import find_paths, storage_settings

if TYPE_CHECKING:
    from openclaw_rpc.config.storage import StorageSettings


@click.group(cls=CommandGroup)
def storage() -> None:
    """Show where everything is kept, vacuum it, or move it from SQLite to PostgreSQL or back."""


@storage.command()
@offline_command
@click.pass_context
def status(ctx: click.Context) -> None:
    """Which database it is, which processes use it, and how many rows its tables have."""
    from openclaw_rpc.app.migration import looked_at
    from openclaw_rpc.domain.kept import StorageUnusable

    paths = find_paths(shared(ctx))
    chosen = storage_settings(paths)
    try:
        found = anyio.run(looked_at, chosen, paths)
    except StorageUnusable as error:
        raise CliError(str(error)) from None
    if shared(ctx).json:
        print_json(found._asdict())
        return
    aside(f"{found.storage}, tables of version {found.version}")
    if found.nodes:
        aside(f"Processes: {', '.join(found.nodes)}")
    print_table(["TABLE", "ROWS"], found.rows.items(), empty="Nothing is kept.")


@storage.command()
@offline_command
@click.pass_context
def vacuum(ctx: click.Context) -> None:
    """Give the disk back what the database does not need any more, after much was deleted.

    A SQLite file is written anew: no gateway may run, and the disk needs room for twice the file. PostgreSQL
    vacuums its tables while gateways run.
    """
    from openclaw_rpc.app.migration import vacuum as sweep
    from openclaw_rpc.domain.kept import StorageUnusable

    paths = find_paths(shared(ctx))
    try:
        sizes = anyio.run(sweep, storage_settings(paths), paths)
    except StorageUnusable as error:
        raise CliError(str(error)) from None
    if shared(ctx).json:
        print_json({"before": sizes[0], "after": sizes[1]} if sizes is not None else {})
        return
    aside(f"{sizes[0]:,} bytes became {sizes[1]:,}." if sizes is not None else "The tables were vacuumed.")


@storage.command()
@click.option("--to", "target", required=True, metavar="URL", help="`postgresql://…`, or `sqlite:///PATH`.")
@click.option("--from", "source", metavar="URL", help="Where to copy from; else what `storage` in `gateway.yaml` says.")
@click.option("--verify", is_flag=True, help="Copy nothing: check that every row is the same on both sides.")
@offline_command
@click.pass_context
def migrate(ctx: click.Context, target: str, source: str | None, verify: bool) -> None:
    """Copy all that is kept to another database, and compare every row.

    No gateway may run meanwhile. The target is empty, or was being filled from the same source when that was
    interrupted: then it goes on where it stopped. Afterwards, name the target in `storage.url`.
    """
    from openclaw_rpc.app.migration import migrate as move
    from openclaw_rpc.domain.kept import StorageUnusable

    paths = find_paths(shared(ctx))
    old = _storage(source) if source is not None else storage_settings(paths)
    lively = is_terminal(sys.stderr) and not shared(ctx).json
    # Its length is known once it begins.
    bar = click.progressbar(length=1, file=sys.stderr, hidden=not lively, show_pos=True)

    def told(what: str, rows: int, of: int) -> None:
        bar.label, bar.length = f"{what:27}", of
        bar.update(rows - bar.pos)

    async def run() -> list[dict[str, object]]:
        moved = await move(old, _storage(target), paths, told, only_compare=verify)
        return [{"table": one.table, "rows": one.rows, "checksum": one.checksum} for one in moved]

    try:
        with bar:
            moved = anyio.run(run)
    except StorageUnusable as error:
        raise CliError(str(error)) from None
    if shared(ctx).json:
        print_json({"tables": moved})
        return
    print_table(["TABLE", "ROWS", "CHECKSUM"], [tuple(one.values()) for one in moved], empty="")
    aside("Every row is the same on both sides." + ("" if verify else " Name the target in `storage.url` to use it."))


def _storage(url: str) -> StorageSettings:
    """The settings that a URL stands for.

    Raises:
        CliError: it is not one that is known.
    """
    import msgspec

    from openclaw_rpc.config.storage import StorageSettings

    try:
        return msgspec.convert({"url": url}, StorageSettings)
    except msgspec.ValidationError:
        raise CliError("A URL begins with postgresql:// or sqlite:///.") from None
