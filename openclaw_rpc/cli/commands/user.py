"""`openclaw user`: everything of one user."""

from __future__ import annotations

import anyio
import click

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import offline_command, shared
from openclaw_rpc.cli.output import aside, print_json, print_table
from openclaw_rpc.cli.target import find_paths, some_settings


@click.group()
def user() -> None:
    """Delete all that is kept of a user."""


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@offline_command
@click.pass_context
def delete(ctx: click.Context, name: str, yes: bool) -> None:
    """Delete a user and the people below: sessions, runs, memories, files, tokens, tasks, webhooks, usage, log lines.

    Stop the gateway first. The audit log keeps what was done, by a random id. Backups are not touched; those that may
    hold the user are named.
    """
    from openclaw_rpc.app.users import delete_user
    from openclaw_rpc.domain.kept import StorageUnusable

    paths = find_paths(shared(ctx))
    if not yes:
        click.confirm(f"Delete all that is kept of {name!r} in {paths.home}?", abort=True, err=True)
    try:
        deleted = anyio.run(delete_user, name, some_settings(paths, "storage").storage, paths)
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
