"""`openclaw devices`: programs that came in with a key of their own, and the tokens that they were given for it."""

import click

from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_name
from openclaw_rpc.cli.options import CommandGroup, gateway_command, shared
from openclaw_rpc.cli.output import print_json, print_table
from openclaw_rpc.protocol import device


@click.group(cls=CommandGroup)
def devices() -> None:
    """List the programs that signed in with a key of their own, and revoke or remove them."""


@devices.command("list")
@gateway_command
@click.pass_context
def list_(ctx: click.Context) -> None:
    """All devices; who was seen last comes first."""
    found = ask(ctx, device.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["DEVICE", "NAME", "PLATFORM", "USER", "TOKEN", "SEEN", "STATE"],
        [
            (
                one["deviceId"],
                one.get("name"),
                one.get("platform"),
                one["user"],
                one["token"],
                one["lastSeenAt"],
                "revoked" if one.get("revoked") else "valid",
            )
            for one in found["devices"]
        ],
        empty="No device has signed in yet. OpenClaw's terminal and its Control UI are devices.",
    )


@devices.command()
@click.argument("device_id", metavar="DEVICE", shell_complete=complete_name("device", "deviceId"))
@gateway_command
@click.pass_context
def revoke(ctx: click.Context, device_id: str) -> None:
    """Revoke the token that a device was given, and close its connections."""
    found = ask(ctx, device.revoke, {"deviceId": device_id})
    if shared(ctx).json:
        print_json(found)
    else:
        click.echo(f"The token of {found['deviceId']} is revoked.")


@devices.command()
@click.argument("device_id", metavar="DEVICE", shell_complete=complete_name("device", "deviceId"))
@gateway_command
@click.pass_context
def remove(ctx: click.Context, device_id: str) -> None:
    """Forget a device, and close its connections."""
    found = ask(ctx, device.remove, {"deviceId": device_id})
    if shared(ctx).json:
        print_json(found)
    else:
        click.echo(f"{found['deviceId']} is removed.")
