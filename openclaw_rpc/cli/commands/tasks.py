"""`openclaw tasks`: what is done by the clock."""

from typing import Any

import click

from openclaw_rpc.cli.commands.lists import ask
from openclaw_rpc.cli.options import gateway_command, shared
from openclaw_rpc.cli.output import print_json, print_table
from openclaw_rpc.protocol import task


@click.group()
def tasks() -> None:
    """What is done by the clock."""


@tasks.command("list")
@gateway_command
@click.pass_context
def list_(ctx: click.Context) -> None:
    """All tasks."""
    found = ask(ctx, task.list_)
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["TASK", "NAME", "WHEN", "ZONE", "NEXT", "LAST", "ON"],
        [
            (
                one["id"],
                one["name"],
                one.get("schedule") or one.get("every") or one.get("at"),
                one.get("timezone", "UTC"),
                one.get("nextRunAt"),
                one.get("lastStatus"),
                "yes" if one["enabled"] else "no",
            )
            for one in found["tasks"]
        ],
        empty="There are no tasks: openclaw tasks create NAME --cron '0 9 * * *' --message TEXT makes one.",
    )


@tasks.command()
@click.argument("name")
@click.option("--cron", "schedule", metavar="CRON", help="Five fields, or six with seconds first; @daily and its kin.")
@click.option("--every", metavar="INTERVAL", help="30s, 5m, 2h, 1d.")
@click.option("--at", metavar="TIME", help="Once, ISO 8601.")
@click.option("--timezone", metavar="ZONE", help="IANA's name, Europe/Berlin; else UTC.")
@click.option("--message", metavar="TEXT", help="Ask the agent this.")
@click.option("--command", metavar="LINE", help="Run this in the workspace.")
@click.option("--to", metavar="CHANNEL:CHAT", help="Send what comes of it to a chat.")
@gateway_command
@click.pass_context
def create(
    ctx: click.Context, name: str, message: str | None, command: str | None, to: str | None, **when: Any
) -> None:
    """Do something by the clock."""
    if (message is None) == (command is None):
        raise click.UsageError("Give one of --message and --command.", ctx)
    kind, key, value = ("message", "content", message) if message is not None else ("command", "command", command)
    params: dict[str, Any] = {"name": name, "action": {"type": kind, "params": {key: value}}}
    params |= {field: given for field, given in when.items() if given is not None}
    if to is not None:
        channel_id, colon, chat = to.partition(":")
        if not colon or not chat:
            raise click.UsageError("--to is CHANNEL:CHAT, telegram:12345.", ctx)
        params["deliver"] = {"channelId": channel_id, "to": chat}
    found = ask(ctx, task.create, params)
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']}, next {found.get('nextRunAt', 'never')}")


@tasks.command()
@click.argument("task_id", metavar="ID")
@gateway_command
@click.pass_context
def delete(ctx: click.Context, task_id: str) -> None:
    """Remove one and its history."""
    found = ask(ctx, task.delete, {"taskId": task_id})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']} is removed.")


@tasks.command()
@click.argument("task_id", metavar="ID")
@gateway_command
@click.pass_context
def run(ctx: click.Context, task_id: str) -> None:
    """Do it now, besides its times."""
    found = ask(ctx, task.run, {"taskId": task_id})
    if shared(ctx).json:
        print_json(found)
        return
    click.echo(f"{found['id']} is {found['status']}.")


@tasks.command()
@click.argument("task_id", metavar="ID")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@gateway_command
@click.pass_context
def runs(ctx: click.Context, task_id: str, limit: int) -> None:
    """Its times, the newest first, and what came of them."""
    found = ask(ctx, task.runs, {"taskId": task_id, "limit": limit})
    if shared(ctx).json:
        print_json(found)
        return
    print_table(
        ["DUE", "STATUS", "BEGAN", "ENDED", "ERROR"],
        [
            (one["scheduledAt"], one["status"], one.get("startedAt"), one.get("finishedAt"), one.get("error"))
            for one in found["runs"]
        ],
        empty="It was not due yet.",
    )


@tasks.command()
@click.option("--cron", "schedule", metavar="CRON", help="Five fields, or six with seconds first.")
@click.option("--every", metavar="INTERVAL", help="30s, 5m, 2h, 1d.")
@click.option("--timezone", metavar="ZONE", help="IANA's name; else UTC.")
@click.option("--count", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@gateway_command
@click.pass_context
def preview(ctx: click.Context, **given: Any) -> None:
    """The next times of a schedule."""
    found = ask(ctx, task.preview, {name: value for name, value in given.items() if value is not None})
    if shared(ctx).json:
        print_json(found)
        return
    for time in found["times"]:
        click.echo(time)
