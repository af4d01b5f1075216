"""`openclaw service`: have the system start the gateway, watch it, and start it again."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.options import CommandGroup, offline_command, shared
from openclaw_rpc.cli.output import aside, print_json
from openclaw_rpc.cli.target import find_paths, gateway_settings, storage_settings

if TYPE_CHECKING:
    from openclaw_rpc.app.service import Service

system_option = click.option("--system", is_flag=True, help="The whole system's service, instead of your own user's.")
user_option = click.option("--user", metavar="NAME", help="With --system: the user it runs as; else you.")


@click.group(cls=CommandGroup)
def service() -> None:
    """Have the system start the gateway with the machine, and again where it fails: systemd or launchd."""


@service.command()
@system_option
@user_option
@click.option("--dry-run", is_flag=True, help="Show the file and the commands; do nothing.")
@offline_command
@click.pass_context
def install(ctx: click.Context, system: bool, user: str | None, dry_run: bool) -> None:
    """Write the service's file, and have it started now and with the machine.

    A user's own service starts with the first sign-in, and with the machine after `loginctl enable-linger`.
    """
    from openclaw_rpc.app import service as app

    described = _described(ctx, system, user)
    found = app.check(described)
    if dry_run:
        if shared(ctx).json:
            print_json(
                {"file": str(described.file), "text": described.text, "commands": described.start, "found": found}
            )
            return
        click.echo(f"# {described.file}\n{described.text}")
        for command in described.start:
            click.echo(f"# {shlex.join(command)}")
        aside(f"systemd-analyze says: {found}" if found else "Nothing was done.")
        return
    try:
        app.install(described, find_paths(shared(ctx)))
    except app.ServiceFailed as error:
        raise CliError(
            str(error), hint=f"{described.file} was written; `openclaw service uninstall` removes it."
        ) from None
    if shared(ctx).json:
        print_json({"file": str(described.file), "installed": True})
        return
    aside(f"{described.file} was written, and the gateway is started.")


@service.command()
@system_option
@offline_command
@click.pass_context
def status(ctx: click.Context, system: bool) -> None:
    """What the system says of the service; exit code 1 where it does not run."""
    from openclaw_rpc.app import service as app

    described = _described(ctx, system, None)
    installed = described.file.exists()
    try:
        runs, said = app.status(described) if installed else (False, "")
    except app.ServiceFailed as error:
        raise CliError(str(error)) from None
    if shared(ctx).json:
        print_json({"file": str(described.file), "installed": installed, "running": runs, "said": said})
    else:
        click.echo(said if installed else "The service is not installed: `openclaw service install`.")
    ctx.exit(0 if runs else 1)


@service.command()
@system_option
@click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")
@offline_command
@click.pass_context
def uninstall(ctx: click.Context, system: bool, dry_run: bool) -> None:
    """Stop the service and remove its file. What the gateway keeps stays."""
    from openclaw_rpc.app import service as app

    described = _described(ctx, system, None)
    if dry_run:
        for command in (*described.stop, ("rm", str(described.file)), *described.reload):
            click.echo(f"# {shlex.join(command)}")
        return
    try:
        removed = app.uninstall(described)
    except app.ServiceFailed as error:
        raise CliError(str(error)) from None
    if shared(ctx).json:
        print_json({"file": str(described.file), "removed": removed})
        return
    aside(f"{described.file} was removed." if removed else "The service is not installed.")


def _described(ctx: click.Context, system: bool, user: str | None) -> Service:
    from openclaw_rpc.app import service as app

    if user is not None and not system:
        raise CliError("--user goes with --system: your own service runs under your name.", exit_code=2)
    paths = find_paths(shared(ctx))
    gateway, storage = gateway_settings(paths), storage_settings(paths)
    try:
        return app.described(paths, _program(), gateway, storage, system=system, user=user)
    except app.ServiceFailed as error:
        raise CliError(str(error)) from None


def _program() -> list[str]:
    """How this program is called wherever one stands: the script beside this Python, else the module."""
    script = Path(sys.executable).with_name("openclaw")
    return [str(script)] if script.exists() else [sys.executable, "-m", "openclaw_rpc"]
