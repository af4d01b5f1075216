"""`openclaw doctor`: is everything there that the gateway needs?"""

from collections.abc import Iterator

import click

from openclaw_rpc import __version__
from openclaw_rpc.cli.checks.check import Check
from openclaw_rpc.cli.checks.gateway import gateway
from openclaw_rpc.cli.checks.machine import machine
from openclaw_rpc.cli.options import Shared, gateway_command, shared
from openclaw_rpc.cli.output import print_json
from openclaw_rpc.cli.program import typed
from openclaw_rpc.cli.target import find_paths

MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command()
@gateway_command
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check this machine, the configuration and the gateway; exit code 1 when something fails."""
    options = shared(ctx)
    found: list[Check] = []
    for check in _checks(options):
        found.append(check)
        if not options.json:
            _show(check)
    failed = [check for check in found if check.status == "fail"]
    if options.json:
        print_json({"ok": not failed, "version": __version__, "checks": found})
    else:
        warned = sum(check.status == "warn" for check in found)
        click.echo(f"\n{len(found)} checks: {len(failed)} failed, {warned} to look at.")
    ctx.exit(1 if failed else 0)


def _checks(options: Shared) -> Iterator[Check]:
    yield from machine(find_paths(options))
    yield from gateway(options)


def _show(check: Check) -> None:
    mark, colour = MARKS[check.status]
    click.echo(f"{click.style(mark, fg=colour, bold=check.status != 'ok')}  {check.name:<16} {check.message}")
    if check.hint:
        click.echo(click.style(f"{'':<23}{typed(check.hint)}", dim=check.status == "ok"))
