"""`openclaw user`: everything of one user."""

from __future__ import annotations

from pathlib import Path

import anyio
import click

from openclaw_rpc.cli.completing import complete_user
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import CommandGroup, offline_command, shared
from openclaw_rpc.cli.output import aside, print_json, print_table
from openclaw_rpc.cli.target import find_paths, storage_settings


@click.group(cls=CommandGroup)
def user() -> None:
    """Export all that is kept of a user, or delete it."""


@user.command()
@click.argument("name", shell_complete=complete_user)
@click.argument("folder", type=click.Path(path_type=Path))
@offline_command
@click.pass_context
def export(ctx: click.Context, name: str, folder: Path) -> None:
    """Write all that is kept of a user and the people below to a new FOLDER; the gateway may run.

    Sessions as Markdown and JSON, memories, usage, responses, webhooks and tasks as JSON, and the files. No secrets.
    """
    from openclaw_rpc.app.users import export_user
    from openclaw_rpc.domain.kept import StorageUnusable

    paths = find_paths(shared(ctx))
    if folder.exists():
        raise CliError(f"{folder} is there already.", exit_code=2)
    try:
        counts = anyio.run(export_user, name, storage_settings(paths), paths, folder.absolute())
    except StorageUnusable as error:
        raise CliError(str(error)) from None
    if shared(ctx).json:
        print_json({"folder": str(folder.absolute()), "counts": counts})
        return
    print_table(["KIND", "HOW MANY"], counts.items(), empty="")
    aside(f"It is in {folder}.")


@user.command()
@click.argument("name", shell_complete=complete_user)
@click.option("--yes", is_flag=True, help="Do not ask.")
@offline_command
@click.pass_context
def delete(ctx: click.Context, name: str, yes: bool) -> None:
    """Delete a user and the people below: sessions, runs, memories, files, tokens, tasks, webhooks, usage, log lines.

    Stop the gateway first. The audit log keeps what was done, by a random id. Backups are not touched; those that may
    hold the user are named.
    """
    from openclaw_rpc.app.migration import gateway_runs
    from openclaw_rpc.app.users import delete_user
    from openclaw_rpc.domain.kept import StorageUnusable

    paths = find_paths(shared(ctx))
    if gateway_runs(paths):
        raise CliError(
            f"A gateway runs in {paths.home}, and would store data of {name!r} again.",
            hint="`openclaw stop` stops it; delete the user, then start it again.",
        )
    if not yes:
        click.confirm(f"Delete all that is kept of {name!r} in {paths.home}?", abort=True, err=True)
    try:
        deleted = anyio.run(delete_user, name, storage_settings(paths), paths)
    except StorageUnusable as error:
        raise CliError(str(error)) from None
    if shared(ctx).json:
        print_json(deleted)
        return
    print_table(["TABLE", "ROWS"], deleted.rows.items(), empty="")
    aside(f"Deleted: {', '.join(deleted.users)}; {deleted.folders} folders, {deleted.log_lines} lines of the log.")
    if deleted.named_in_audit:
        aside(f"{deleted.named_in_audit} records of the audit log are older than its random ids, and name the user.")
    for one in deleted.backups:
        aside(f"Still holds what was kept at {one.created_at}: {one.path}")
