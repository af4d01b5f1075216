"""`openclaw dashboard`: a link that signs a browser in, once, and the browser that opens it."""

import asyncio
import webbrowser

import click

from openclaw_rpc.cli.connecting import connect
from openclaw_rpc.cli.options import gateway_command, shared
from openclaw_rpc.cli.output import print_json
from openclaw_rpc.cli.target import GatewayTarget, find_target
from openclaw_rpc.protocol.dashboard import link as row


@click.command()
@click.option("--open/--no-open", "opened", default=True, help="Open a browser, or print the link alone.")
@gateway_command
@click.pass_context
def dashboard(ctx: click.Context, opened: bool) -> None:
    """Open the dashboard in a browser, signed in.

    The link that it prints works once, for ten minutes, and holds no token.
    """
    options = shared(ctx)
    target = find_target(options)
    link = asyncio.run(_link(target))
    if options.json:
        print_json({"url": link})
    else:
        click.echo(link)
    if opened and not webbrowser.open(link):
        click.echo("No browser could be opened: open the link yourself.", err=True)


async def _link(target: GatewayTarget) -> str:
    async with connect(target) as client:
        found = await client.call(row.name)
    return f"{target.shown}{found['path']}"
