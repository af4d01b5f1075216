"""`openclaw channels`: chat platforms."""

from pathlib import Path
from typing import Any

import click

from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.completing import complete_file, complete_name
from openclaw_rpc.cli.options import CommandGroup, gateway_command, shared
from openclaw_rpc.cli.output import print_json, print_table
from openclaw_rpc.protocol import channel


@click.group(cls=CommandGroup)
def channels() -> None:
    """Chat platforms: see them, switch them, send over them."""


@channels.command("list")
@gateway_command
@click.pass_context
def list_(ctx: click.Context) -> None:
    """All channels and their state."""
    found = ask(ctx, channel.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["CHANNEL", "STATUS", "AS", "TODAY", "WAITING", "ERROR"],
        [
            (
                one["id"],
                one["status"],
                one.get("botUsername") or one.get("account"),
                one.get("messagesToday"),
                _outbox(one).get("waiting"),
                one.get("lastError"),
            )
            for one in found["channels"]
        ],
        empty="There are no channels.",
    )


@channels.command()
@click.argument("channel_id", metavar="ID", shell_complete=complete_name("channel", "channelId"))
@gateway_command
@click.pass_context
def status(ctx: click.Context, channel_id: str) -> None:
    """The state of one."""
    _show(ctx, ask(ctx, channel.status, {"channelId": channel_id}))


@channels.command()
@click.argument("channel_id", metavar="ID", shell_complete=complete_name("channel", "channelId"))
@gateway_command
@click.pass_context
def enable(ctx: click.Context, channel_id: str) -> None:
    """Switch one on; it stays on after a restart."""
    _show(ctx, ask(ctx, channel.enable, {"channelId": channel_id}))


@channels.command()
@click.argument("channel_id", metavar="ID", shell_complete=complete_name("channel", "channelId"))
@gateway_command
@click.pass_context
def disable(ctx: click.Context, channel_id: str) -> None:
    """Switch one off; it stays off after a restart."""
    _show(ctx, ask(ctx, channel.disable, {"channelId": channel_id}))


@channels.command()
@click.argument("path", metavar="FILE|FOLDER|PACKAGE", shell_complete=complete_file)
@gateway_command
@click.pass_context
def install(ctx: click.Context, path: str) -> None:
    """Install a channel that somebody wrote: its code runs in the gateway from then on.

    A PACKAGE must be installed already where the gateway runs (pip install PACKAGE).
    """
    file = Path(path).expanduser()
    _show(ctx, ask(ctx, channel.install, {"path": str(file.resolve()) if file.exists() else path}))


@channels.command()
@click.argument("channel_id", metavar="ID", shell_complete=complete_name("channel", "channelId"))
@gateway_command
@click.pass_context
def remove(ctx: click.Context, channel_id: str) -> None:
    """Remove an installed one."""
    found = ask(ctx, channel.remove, {"channelId": channel_id})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']} is removed.")


@channels.command()
@click.argument("channel_id", metavar="ID", shell_complete=complete_name("channel", "channelId"))
@click.argument("to", metavar="CHAT")
@click.argument("text")
@click.option(
    "--file",
    "files",
    metavar="PATH",
    multiple=True,
    help="A file of the workspace; may be repeated.",
    shell_complete=complete_name("file", "path"),
)
@gateway_command
@click.pass_context
def send(ctx: click.Context, channel_id: str, to: str, text: str, files: tuple[str, ...]) -> None:
    """Send a message to a chat."""
    attachments = [{"type": "file", "path": path} for path in files]
    params: dict[str, Any] = {"channelId": channel_id, "to": to, "text": text, "attachments": attachments}
    found = ask(ctx, channel.send, params)
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"queued: {', '.join(found['deliveryIds'])}")


@channels.command()
@click.argument("channel_id", metavar="ID", shell_complete=complete_name("channel", "channelId"))
@click.argument("code")
@gateway_command
@click.pass_context
def pair(ctx: click.Context, channel_id: str, code: str) -> None:
    """Let a stranger in who was given this code."""
    found = ask(ctx, channel.pair, {"channelId": channel_id, "code": code})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['sender']} may write to the gateway on {found['channelId']} now.")


def _show(ctx: click.Context, found: dict[str, Any]) -> None:
    """One channel, a line for each thing that is known of it."""
    if shared(ctx).json:
        print_json(found)
        return
    for name, value in (
        ("channel", f"{found['id']} ({found['name']})"),
        ("status", found["status"]),
        ("as", found.get("botUsername") or found.get("account")),
        ("since", found.get("connectedSince")),
        ("today", found.get("messagesToday")),
        ("outbox", ", ".join(f"{count} {state}" for state, count in _outbox(found).items() if count)),
        ("error", found.get("lastError")),
    ):
        if value not in (None, ""):
            click.echo(f"{name:<8} {value}")


def _outbox(found: dict[str, Any]) -> dict[str, int]:
    """How many messages wait, failed, are unknown; nothing where the channel has no section."""
    return found.get("outbox") or {}
