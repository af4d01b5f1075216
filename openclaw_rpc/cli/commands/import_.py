"""`openclaw import`: bring over what another gateway keeps."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import click

from openclaw_rpc.cli.options import CommandGroup, offline_command, shared
from openclaw_rpc.cli.output import aside, print_json, print_table
from openclaw_rpc.cli.target import find_paths


@click.group("import", cls=CommandGroup)
def import_() -> None:
    """Bring over what another gateway keeps."""


@import_.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Write nothing: show what would be done.")
@click.option("--with-secrets", is_flag=True, help="Copy keys that stand in openclaw.json into gateway.yaml.")
@offline_command
@click.pass_context
def openclaw(ctx: click.Context, path: Path | None, dry_run: bool, with_secrets: bool) -> None:
    """Bring over an OpenClaw home: PATH, else OPENCLAW_STATE_DIR, else ~/.openclaw.

    Model providers, agents and channels become settings, cron jobs tasks, transcripts sessions; skills and the files
    that agents have before them are copied. What is here already is left as it is, so that a second time does nothing
    more. Channels and tasks are switched off until you switch them on. Their home is only read.
    """
    from openclaw_rpc.app.importing.home import find_home
    from openclaw_rpc.app.importing.openclaw import import_openclaw
    from openclaw_rpc.config.file import GatewayFile

    paths = find_paths(shared(ctx))
    home = find_home(path, os.environ)

    async def run():
        return await import_openclaw(
            home,
            GatewayFile(paths.config, os.environ, home=paths.home),
            paths,
            dry_run=dry_run,
            with_secrets=with_secrets,
        )

    report = anyio.run(run)
    if shared(ctx).json:
        print_json(report)
        return
    named = {"imported": "would be imported"} if dry_run else {}
    print_table(
        ["KIND", "NAME", "OUTCOME", "DETAIL"],
        [(item.kind, item.name, named.get(item.outcome, item.outcome), item.detail) for item in report.items],
        empty="There is nothing to import.",
    )
    aside(f"{home} was only read." + (" Nothing was written." if dry_run else ""))
