"""`openclaw version`: of this program, and of the gateway that runs."""

import asyncio
import platform

import click

from openclaw_rpc import __version__
from openclaw_rpc.cli.connecting import connect
from openclaw_rpc.cli.errors import CliError
from openclaw_rpc.cli.local import listens
from openclaw_rpc.cli.options import Shared, gateway_command, shared
from openclaw_rpc.cli.output import aside, print_json
from openclaw_rpc.cli.target import find_target


@click.command()
@gateway_command
@click.pass_context
def version(ctx: click.Context) -> None:
    """The version of this program, and of the gateway that runs."""
    running = _running(shared(ctx))
    if shared(ctx).json:
        found = {"version": __version__, "python": platform.python_version(), "gateway": running}
        print_json({name: value for name, value in found.items() if value is not None})
        return
    click.echo(f"openclaw {__version__}, Python {platform.python_version()}")
    if running is None:
        aside("No gateway answers.")
    elif running == __version__:
        click.echo("The gateway that runs is the same.")
    else:
        click.echo(f"The gateway that runs is {running}.")
        aside("openclaw stop, and start it again, to have it run this version.")


def _running(options: Shared) -> str | None:
    """The gateway's version; None where none answers, or it does not let us in."""

    async def ask() -> str:
        async with connect(target) as client:
            return str(client.connection.hello.get("gatewayVersion"))

    try:
        target = find_target(options)
        return asyncio.run(ask()) if listens(target.url) else None
    except CliError:
        return None
