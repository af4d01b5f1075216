"""`openclaw doctor`: is everything there that the gateway needs?"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import click

from openclaw_rpc import __version__
from openclaw_rpc.cli.checks.check import Check
from openclaw_rpc.cli.checks.gateway import gateway
from openclaw_rpc.cli.checks.machine import machine
from openclaw_rpc.cli.options import Shared, gateway_command, shared
from openclaw_rpc.cli.output import print_json
from openclaw_rpc.cli.program import typed
from openclaw_rpc.cli.target import find_paths

LEVELS: Mapping[str, int] = MappingProxyType({"ok": 0, "warn": 3, "fail": 1})
"""The exit code for the gravest thing that was found; 2 is wrong usage, as everywhere."""
MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command()
@gateway_command
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check this machine, the configuration and the gateway.

    Exit codes with --json: 0 all is well, 3 something needs attention, 1 something fails. Without it a warning is 0.
    """
    options = shared(ctx)
    found: list[Check] = []
    for check in _checks(options):
        found.append(check)
        if not options.json:
            _show(check)
    failed = [check for check in found if check.status == "fail"]
    warned = sum(check.status == "warn" for check in found)
    level = "fail" if failed else "warn" if warned else "ok"
    if options.json:
        print_json({"ok": not failed, "level": level, "version": __version__, "checks": found})
        ctx.exit(LEVELS[level])
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
